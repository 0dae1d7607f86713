"""`ecsforge run` against an environment in the emulator; see `tests.support.emulator_with_tasks`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Operate
from tests.support.deployed import Deployed, write_project
from tests.support.emulator_with_tasks import EmulatorWithTasks
from tests.support.faults import Fault, faulty


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorWithTasks]:
    with EmulatorWithTasks() as running:
        yield running


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator answers at once."""
    for name in ("FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(f"operations.tasks.run.{name}", 0.02)


@pytest.fixture
def deployed(deployed: Deployed) -> Deployed:
    deployed.deploy("web", deployed.register_with_logs("web"))
    return deployed


def test_the_logs_are_data_and_the_messages_are_not(operate: Operate, deployed: Deployed) -> None:
    result = operate("run", "web", "--", "emulated", "print=one|two")

    assert (result.exit_code, result.stdout) == (0, "one\ntwo\n")
    where, running, ended = result.stderr.splitlines()
    assert where == "shop-dev in eu-west-1, account 123456789012"
    assert running.startswith("Running `emulated 'print=one|two'` of web-shop-dev:2 as task ")
    assert ended == "`emulated 'print=one|two'` succeeded"


def test_it_ends_with_the_exit_code_of_the_container(operate: Operate, deployed: Deployed) -> None:
    result = operate(
        "run", "web", "--env-var", "LEVEL=debug", "--cpu", "512", "--memory", "1024", "--", "emulated", "exit=3"
    )

    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == (
        "error: service `web`: `emulated exit=3` ended with exit code 3; fix the cause, then run it again: "
        "ecsforge run --env dev web --cpu 512 --memory 1024 --env-var LEVEL=... -- emulated exit=3"
    )


def test_what_may_be_a_credential_is_not_repeated(operate: Operate, deployed: Deployed) -> None:
    url = "postgres://shop:hunter2hunter2@db/shop"

    result = operate("run", "web", "--env-var", "KEY=hunter3", "--", "emulated", "exit=1", url)

    assert "hunter" not in result.stderr
    assert result.stderr.splitlines()[-1].endswith("ecsforge run --env dev web --env-var KEY=... -- ...")


def test_failures_of_ecsforge_end_with_125(operate: Operate, deployed: Deployed) -> None:
    for arguments, env in (
        (("run", "web", "--", "emulated", "fails=RESOURCE:ENI"), "dev"),
        (("run", "web"), "staging"),
        (("run", "web", "--timeout", "1s", "--", "emulated", "polls=1000"), "dev"),
    ):
        result = operate(*arguments, env=env)
        assert (result.exit_code, result.stdout.count("error")) == (125, 0), result.stderr


def test_an_account_that_is_not_the_environments(operate: Operate, deployed: Deployed, folder: Path) -> None:
    write_project(folder, account_id="210987654321")

    result = operate("run", "web")

    assert result.exit_code == 125
    assert result.stderr.splitlines()[0].startswith(
        "error: account_id: the environment dev belongs to account 210987654321; got credentials for 123456789012"
    )


def test_credentials_that_have_expired(operate: Operate, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty(deployed.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail("DescribeServices", fault=Fault(400, "ExpiredTokenException", "expired"))

        result = operate("run", "web")

    assert result.exit_code == 125
    assert "got ExpiredTokenException: expired" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wbe"], "error: unknown service; got wbe; did you mean web?"),
        (
            ["web", "--cpu", "300"],
            "error: --cpu, --memory: not a size of Fargate tasks; got 300 CPU units with 512 MiB",
        ),
        (["web", "--env-var", "=x"], "error: Invalid value for '--env-var': invalid variable; write it as NAME=VALUE"),
        (
            ["web", "--env-var", "hunter2"],
            "error: Invalid value for '--env-var': invalid variable; write it as NAME=VALUE",
        ),
        (["web", "--image", "a b"], "error: --image: "),
    ],
)
def test_wrong_input_ends_with_2(operate: Operate, deployed: Deployed, arguments: list[str], message: str) -> None:
    result = operate("run", *arguments)

    assert result.exit_code == 2
    assert any(line.startswith(message) for line in result.stderr.splitlines()), result.stderr


def test_a_protected_environment_needs_the_name_of_the_stack(
    operate: Operate, deployed: Deployed, folder: Path
) -> None:
    write_project(folder, environments={"dev": {"protected": True}})

    for arguments, code in ((["--yes-i-mean", "shop-prod"], 2), ([], 2), (["--yes-i-mean", "shop-dev"], 0)):
        assert operate("run", "web", *arguments, "--", "emulated").exit_code == code
