"""Faults in the middle of operating commands: one message, and nothing is claimed that did not happen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Operate
from tests.support.deployed import PROJECT, Deployed, write_project
from tests.support.emulator_of_a_day import EmulatorOfADay
from tests.support.faults import Fault, faulty, without_pauses
from tests.support.session_plugin import FakePlugin


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorOfADay]:
    with EmulatorOfADay() as running:
        yield running


@pytest.mark.parametrize(
    ("arguments", "operation", "exit_code"),
    [
        (["rollback", "web"], "UpdateService", 1),
        (["restart", "web"], "UpdateService", 1),
        (["scale", "web", "3"], "UpdateService", 1),
        (["stop"], "UpdateService", 1),
        (["start"], "DescribeClusters", 1),
        (["run", "web"], "RunTask", 125),
        (["exec", "web"], "ExecuteCommand", 125),
        (["tunnel", "db.internal:5432"], "StartSession", 1),
        (["status"], "DescribeServices", 1),
        (["logs"], "FilterLogEvents", 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_dropped_connection_is_one_message(
    operate: Operate,
    deployed: Deployed,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    operation: str,
    exit_code: int,
) -> None:
    write_project(folder, services=PROJECT["services"] | {"web": PROJECT["services"]["web"] | {"exec": True}})
    deployed.deploy("web", deployed.register_with_logs("web"))
    monkeypatch.setenv("PATH", str(FakePlugin.write(tmp_path / "bin").folder), prepend=os.pathsep)
    without_pauses(monkeypatch)
    with faulty(deployed.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail(operation, fault=Fault(drop=True))

        result = operate(*arguments)

    assert result.exit_code == exit_code, result.stderr
    assert {request.operation for request in faults.failed} == {operation}, result.stderr
    (message,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert "Connection was closed before we received a valid response" in message
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["rollback", "web"], ["restart", "web"], ["scale", "web", "3"], ["stop"]])
def test_a_service_that_is_deleted_in_the_middle(
    operate: Operate, deployed: Deployed, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    deployed.deploy("web", deployed.register_with_logs("web"))
    with faulty(deployed.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail("UpdateService", fault=Fault(400, "ServiceNotActiveException", "Service was not ACTIVE."))

        result = operate(*arguments)

    assert result.exit_code == 1
    (message,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert message == (
        "error: service `web`: the ECS service web-service-shop-dev does not exist in eu-west-1, account 123456789012; "
        "deploy it: ecsforge deploy --env dev"
    )
    assert not any("->" in line for line in result.stderr.splitlines()), result.stderr
