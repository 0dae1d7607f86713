"""`ecsforge rollback` against an environment in the emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands.conftest import ROOT, Operate
from tests.support.deployed import IMAGE, PROJECT, Deployed, write_project
from tests.support.faults import Fault, faulty, without_pauses

LOCATION = "shop-dev in eu-west-1, account 123456789012"
WEB = PROJECT["services"]["web"]


@pytest.fixture
def newer(deployed: Deployed) -> Deployed:
    """An environment whose web service runs a second revision."""
    deployed.deploy("web", deployed.register("web", "nginx:1.28"))
    return deployed


def test_it_says_what_runs_and_what_the_next_deploy_does(operate: Operate, newer: Deployed, folder: Path) -> None:
    write_project(folder, services=PROJECT["services"] | {"web": WEB | {"image": "nginx:1.28"}})

    result = operate("rollback", "web")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == [
        LOCATION,
        "  service `web`: web-shop-dev:2 -> web-shop-dev:1",
        "Waiting for web to reach a steady state",
        "  service `web`: 2 of 2 tasks running; steady state",
        f"web runs web-shop-dev:1 {IMAGE}",
        "The project file asks for web-shop-dev:2: the next `ecsforge deploy --env dev` brings it back",
        f"To keep web-shop-dev:1, set `services.web.image` to {IMAGE} in the project file",
    ]


def test_with_another_image_in_the_file_a_deploy_deploys_that(operate: Operate, newer: Deployed, folder: Path) -> None:
    write_project(folder, services=PROJECT["services"] | {"web": WEB | {"image": "nginx:1.29"}})

    assert operate("rollback", "web", "--no-wait").stderr.splitlines()[-1] == (
        "The project file asks for nginx:1.29: the next `ecsforge deploy --env dev` deploys that"
    )


def test_with_an_external_owner_nothing_undoes_it(operate: Operate, newer: Deployed, folder: Path) -> None:
    external = WEB | {"deployment": {"image_owner": "external"}}
    write_project(folder, services=PROJECT["services"] | {"web": external})

    assert operate("rollback", "web", "--no-wait").stderr.splitlines()[-1] == (
        "Deploys don't change it, because `image_owner` is `external`"
    )


def test_the_revisions_are_data_on_stdout(operate: Operate, newer: Deployed) -> None:
    result = operate("rollback", "web", "--list")

    assert (result.exit_code, result.stderr) == (0, f"{LOCATION}\n")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[:3] for row in rows] == [
        ["web-shop-dev:2", "running", "nginx:1.28"],
        ["web-shop-dev:1", "-", IMAGE],
    ]


def test_a_job_runs_it_from_its_next_run_on(operate: Operate, deployed: Deployed) -> None:
    deployed.register("cleanup", "python:3.13")

    assert operate("rollback", "cleanup", "--to", "2").stderr.splitlines()[1:3] == [
        "  service `cleanup`: cleanup-shop-dev:1 -> cleanup-shop-dev:2",
        "cleanup runs cleanup-shop-dev:2 from its next run on; a run that has started is not changed",
    ]


def test_a_protected_environment_needs_the_name_of_its_stack(operate: Operate, newer: Deployed, folder: Path) -> None:
    write_project(folder, environments={"dev": {"protected": True}})

    refused = operate("rollback", "web")
    wrong = operate("rollback", "web", "--yes-i-mean", "shop")
    right = operate("rollback", "web", "--yes-i-mean", "shop-dev")

    assert [each.exit_code for each in (refused, wrong, right)] == [2, 2, 0]
    assert refused.stderr.splitlines()[1] == (
        "error: cannot ask 'dev is protected. To roll web back to web-shop-dev:1, type shop-dev' because the input is "
        "not a terminal; pass --yes-i-mean shop-dev"
    )
    assert wrong.stderr.splitlines()[1] == (
        "error: --yes-i-mean: wrong stack name; got shop; the selected stack is shop-dev"
    )


@pytest.mark.parametrize(
    ("call", "fault", "message"),
    [
        (
            "UpdateService",
            Fault(400, "ThrottlingException", "Rate exceeded"),
            "service `web`: AWS refused UpdateService; got ThrottlingException: Rate exceeded; AWS is throttling "
            "requests: wait a minute, then run the same command again; completed changes are kept",
        ),
        (
            "DescribeServices",
            Fault(500, "ServerException", "Internal failure"),
            "ECS services: AWS refused DescribeServices; got ServerException: Internal failure; AWS had an internal "
            "error, and the state is intact: wait a minute, then run the same command again; completed changes are "
            "kept",
        ),
        (
            "UpdateService",
            Fault(400, "ExpiredTokenException", "expired"),
            "service `web`: AWS refused UpdateService; got ExpiredTokenException: expired; the credentials have "
            "expired: sign in again with `aws sso login`, then run the same command again; completed changes are kept",
        ),
        (
            "ListTaskDefinitions",
            Fault(400, "AccessDeniedException", "User: x is not authorized to perform: ecs:ListTaskDefinitions"),
            "revisions of web: AWS refused ListTaskDefinitions; got AccessDeniedException: User: x is not authorized "
            "to perform: ecs:ListTaskDefinitions; allow ecs:ListTaskDefinitions for the user or role that deploys, "
            "then run the same command again; completed changes are kept",
        ),
    ],
)
def test_a_fault_of_aws_is_one_message_and_nothing_is_claimed(
    operate: Operate, newer: Deployed, monkeypatch: pytest.MonkeyPatch, call: str, fault: Fault, message: str
) -> None:
    without_pauses(monkeypatch)
    with faulty(newer.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail(call, fault=fault)
        result = operate("rollback", "web")

    assert (result.exit_code, result.stderr.splitlines()[1:]) == (1, [f"error: {message}"])
    assert newer.service("web")["taskDefinition"].endswith(":2")


def test_an_environment_that_is_not_deployed(operate: Operate) -> None:
    result = operate("rollback", "web", env="staging")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "error: shop-staging: the environment is not deployed: ECS cluster web-cluster-shop-staging does not exist in "
        "eu-west-1, account 123456789012; deploy it first: ecsforge deploy --env staging"
    )


@pytest.mark.parametrize(
    ("hanging", "last"),
    [
        ("ListTaskDefinitions", "Interrupted: nothing was changed. To continue: ecsforge rollback --env dev web"),
        (
            "UpdateService",
            "Interrupted: AWS may have made the change. To see what runs: ecsforge status web --env dev. To continue: "
            "ecsforge rollback --env dev web",
        ),
        (
            "second DescribeServices after UpdateService",
            "Interrupted: ECS continues without this command. To see its health: ecsforge status web --env dev",
        ),
    ],
)
def test_an_interrupt_ends_with_the_command_that_continues(
    newer: Deployed, folder: Path, hanging: str, last: str
) -> None:
    write_project(folder)
    with faulty(newer.emulator.endpoint) as faults:
        operation = hanging.split()[-3] if " " in hanging else hanging

        def fault(request: Any) -> Fault | None:
            changed = any(each.operation == "UpdateService" for each in faults.seen)
            return Fault(hang=True) if request.operation == operation and (changed or " " not in hanging) else None

        faults.fault = fault
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "rollback", "web", "--env", "dev"],
            cwd=folder,
            env={**newer.emulator.env_vars(), "PYTHONPATH": str(ROOT), "AWS_ENDPOINT_URL": faults.endpoint},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not faults.failed:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 130
    assert errors.splitlines()[-1] == last


def test_it_loads_neither_cdktf_nor_rich(ecsforge: Any, newer: Deployed, folder: Path) -> None:
    write_project(folder)
    code = "import sys; from cli.main import main\ntry: main()\nfinally: print('LOADED', *sys.modules, file=sys.stderr)"

    for arguments in (("rollback", "web", "--no-wait"), ("stop", "--no-wait"), ("start", "--no-wait")):
        result = ecsforge(*arguments, "--env", "dev", code=code, **newer.emulator.settings())
        assert result.returncode == 0, result.stderr
        assert set(result.stderr.split()).isdisjoint(("cdktf", "jsii", "rich", "moto"))
