"""`ecsforge stop` and `ecsforge start` against an environment in the emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.commands.conftest import ROOT, Operate
from tests.support.deployed import Deployed, write_project
from tests.support.faults import Fault, faulty


def test_each_ends_with_the_next_command(operate: Operate, deployed: Deployed) -> None:
    stopped, again, status, started, nothing = (
        operate(*arguments) for arguments in (("stop",), ("stop",), ("status",), ("start",), ("start",))
    )

    assert [each.exit_code for each in (stopped, again, status, started, nothing)] == [0, 0, 0, 0, 0]
    assert stopped.stderr.splitlines()[1:] == [
        "  service `web`: 2 tasks -> 0",
        "  service `mailer`: 1 task -> 0",
        "  service `cleanup`: schedule disabled",
        "Waiting for the tasks to stop",
        "Stopped shop-dev. Next: ecsforge start --env dev to start it again",
    ]
    assert again.stderr.splitlines()[1:4] == [
        "  service `web`: already stopped",
        "  service `mailer`: already stopped",
        "  service `cleanup`: its schedule is already disabled",
    ]
    assert started.stderr.splitlines()[1:4] == [
        "  service `web`: 0 -> 2 tasks",
        "  service `mailer`: 0 -> 1 task",
        "  service `cleanup`: schedule enabled",
    ]
    assert started.stderr.splitlines()[-1] == "Next: ecsforge status --env dev to see its health"
    assert nothing.stderr.splitlines()[1] == "shop-dev is not stopped: nothing to start"


def test_a_change_of_a_stopped_environment_names_the_command_that_starts_it(operate: Operate) -> None:
    operate("stop", "--no-wait")

    for arguments in (("scale", "web", "3"), ("restart", "web"), ("rollback", "web")):
        result = operate(*arguments)
        assert result.exit_code == 1
        assert result.stderr.splitlines()[-1].endswith("; start it first: `ecsforge start --env dev`")


def test_only_what_was_done_is_reported_when_a_request_fails(
    operate: Operate, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty(deployed.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail("PUT /schedules/shop-dev-cleanup", fault=Fault(400, "ExpiredTokenException", "expired"))
        result = operate("stop")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "  service `web`: 2 tasks -> 0",
        "  service `mailer`: 1 task -> 0",
        "error: service `cleanup`: AWS refused UpdateSchedule; got ExpiredTokenException: expired; the credentials "
        "have expired: sign in again with `aws sso login`, then run the same command again; completed changes are kept",
    ]


@pytest.mark.parametrize(
    ("operation", "last"),
    [
        ("DescribeScalableTargets", "Interrupted: nothing was changed. To continue: ecsforge stop --env dev"),
        ("TagResource", "Interrupted: completed changes are kept. To continue: ecsforge stop --env dev"),
        ("UpdateService", "Interrupted: completed changes are kept. To continue: ecsforge stop --env dev"),
    ],
)
def test_an_interrupted_stop_ends_with_the_command_that_continues(
    deployed: Deployed, folder: Path, operation: str, last: str
) -> None:
    write_project(folder)
    with faulty(deployed.emulator.endpoint) as faults:
        faults.fail(operation, fault=Fault(hang=True))
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "stop", "--env", "dev"],
            cwd=folder,
            env={**deployed.emulator.env_vars(), "PYTHONPATH": str(ROOT), "AWS_ENDPOINT_URL": faults.endpoint},
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
