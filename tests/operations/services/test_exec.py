"""A command runs in a container of a running task, through AWS's plugin; see `tests.support.emulator_with_sessions`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.services.exec import Command, exec_command
from operations.services.stop import stop
from operations.tasks.exec_target import AGENT
from operations.tasks.plugin import OLDEST, VARIABLE, Plugin
from operations.tasks.session import keys_for_the_session
from stacks.errors import AwsError, EcsforgeError, UsageError
from tests.operations.services.conftest import Open
from tests.support.deployed import Deployed
from tests.support.emulator_with_sessions import REASON, RUNTIME, TOKEN, EmulatorWithSessions
from tests.support.faults import Fault, faulty, without_pauses
from tests.support.reporter import Recorder
from tests.support.roles import create_role
from tests.support.session_plugin import FakePlugin


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorWithSessions]:
    with EmulatorWithSessions() as running:
        yield running


@pytest.fixture
def plugin(tmp_path: Path) -> FakePlugin:
    return FakePlugin.write(tmp_path / "bin")


def run(
    opened: Open, plugin: FakePlugin, service: str = "web", reporter: Recorder | None = None, **options: Any
) -> int | None:
    consent, settings = options.pop("consent", Consent()), options.pop("settings", {})
    environment = opened(service, **settings)
    found = Plugin(str(plugin.path), OLDEST)
    return exec_command(environment, service, Command(**options), found, reporter or Recorder(), consent)


def refused(
    opened: Open, plugin: FakePlugin, error: type[EcsforgeError] = AwsError, service: str = "web", **options: Any
) -> str:
    with pytest.raises(error) as raised:
        run(opened, plugin, service, **options)
    assert not plugin.was_started
    return sentences(raised.value)


def test_the_plugin_gets_the_session_in_a_variable(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task()
    reporter = Recorder()

    assert run(opened, plugin, reporter=reporter) == 0

    given, cluster = plugin.given, deployed.names.cluster
    assert given["argv"] == [
        VARIABLE,
        "eu-west-1",
        "StartSession",
        "",
        json.dumps({"Target": f"ecs:{cluster}_{task}_{RUNTIME}"}),
        deployed.emulator.endpoint,
    ]
    assert json.loads(given["env"][VARIABLE]) == {
        "sessionId": f"ecs-execute-command-{task}",
        "streamUrl": "wss://x",
        "tokenValue": TOKEN,
    }
    assert reporter.messages == [f"Connecting to container `web` of task {task}"]
    assert VARIABLE not in os.environ


def test_the_plugin_gets_the_credentials_of_a_role(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    deployed.start_task()
    role = create_role(deployed.aws("iam"), "operator", "ecs-tasks.amazonaws.com")

    assert run(opened, plugin, settings={"assume_role": role}) == 0

    env_vars = plugin.given["env"]
    assert env_vars["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert env_vars["AWS_SESSION_TOKEN"]
    assert not any(env_vars["AWS_SESSION_TOKEN"] in argument for argument in plugin.given["argv"])


@pytest.mark.parametrize(("code", "ended"), [("3", 3), ("255", 255)])
def test_the_exit_code_is_that_of_the_plugin(
    deployed: Deployed, opened: Open, plugin: FakePlugin, monkeypatch: pytest.MonkeyPatch, code: str, ended: int
) -> None:
    deployed.start_task()
    monkeypatch.setenv("FAKE_EXIT", code)

    assert run(opened, plugin) == ended


def test_a_plugin_that_was_killed_has_the_exit_code_of_a_shell(
    deployed: Deployed, opened: Open, plugin: FakePlugin
) -> None:
    deployed.start_task()
    plugin.path.write_text("#!/bin/sh\nkill -KILL $$\n")

    assert run(opened, plugin) == 128 + signal.SIGKILL


def test_the_newest_task_that_is_ready_is_used(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    deployed.start_task(state="off")
    ready = deployed.start_task()
    deployed.start_task(state="PENDING")

    run(opened, plugin)

    assert f"_{ready}_" in plugin.given["argv"][4]


def test_a_task_can_be_named_by_its_beginning(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    first, second = deployed.start_task(), deployed.start_task()

    for task in (first, second):
        run(opened, plugin, task=task[:13])
        assert f"_{task}_" in plugin.given["argv"][4]


def test_a_running_job_has_a_session_too(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task("cleanup")

    assert run(opened, plugin, "cleanup") == 0
    assert f"_{task}_" in plugin.given["argv"][4]


def test_one_off_tasks_of_a_service_are_not_picked(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    deployed.run_task("web")

    assert refused(opened, plugin) == "service `web`: no task of it is running; see why: `ecsforge status web`"


def test_a_job_that_does_not_run(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    assert refused(opened, plugin, service="cleanup") == (
        "service `cleanup`: no task of it is running; a job has tasks only while it runs; to start one: "
        "`ecsforge run cleanup`"
    )


def test_an_unknown_task(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task()

    assert refused(opened, plugin, UsageError, task="zz") == (
        f"--task: not a running task; got zz; the running tasks of web are {task[:8]}"
    )


def test_an_ambiguous_task(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    deployed.start_task()
    deployed.start_task()

    assert refused(opened, plugin, UsageError, task="").startswith(
        "--task: more than one running task of web begins with this; got ; the running tasks of web are "
    )


def test_an_unknown_container(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    deployed.start_task()

    assert refused(opened, plugin, UsageError, container="wbe") == (
        "--container: not a container of web; got wbe; did you mean web?"
    )


def test_a_task_without_exec(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task(state="off")

    assert refused(opened, plugin) == (
        f"service `web`: task {task} was started without ECS Exec; set `exec: true` on the service, then replace its "
        "tasks: `ecsforge deploy`"
    )


def test_an_agent_that_starts(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task(state="PENDING")

    assert refused(opened, plugin) == (
        f"service `web`: ECS Exec is not ready in container `web` of task {task}; got {AGENT} PENDING; try again in "
        "some seconds"
    )


def test_an_agent_that_has_stopped(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task(state="STOPPED")

    assert refused(opened, plugin) == (
        f"service `web`: ECS Exec is not ready in container `web` of task {task}; got {AGENT} STOPPED: {REASON}; check "
        "that the tasks can reach Systems Manager (`nat`, `endpoints`, `egress`) and that the container does not set "
        "`readonly_root`; then replace the task: `ecsforge restart web`"
    )


def test_an_agent_that_is_not_connected(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task(state="lost")

    assert refused(opened, plugin) == (
        f"task {task}: the agent of ECS Exec in container `web` is not connected; got TargetNotConnectedException: the "
        "agent is not connected; try again in some seconds; if it lasts, check that the tasks can reach Systems "
        "Manager: `nat`, `endpoints`, `egress`"
    )


def test_a_task_that_stops_before_the_session(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task(state="gone")

    assert refused(opened, plugin) == (
        f"task {task}: the task has stopped; run the same command again: it picks another task"
    )


def test_a_plugin_that_can_not_be_started_ends_the_session(
    deployed: Deployed, opened: Open, plugin: FakePlugin
) -> None:
    deployed.start_task()
    plugin.path.chmod(0o644)
    before = deployed.calls("TerminateSession")

    assert refused(opened, plugin) == (
        f"session-manager-plugin: the plugin could not be started; got Permission denied; check that {plugin.path} "
        f"runs: `{plugin.path} --version`"
    )
    assert deployed.calls("TerminateSession") == before + 1


def test_a_protected_environment_asks_before_a_session(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    deployed.start_task()
    reporter = Recorder(answer="no")

    assert run(opened, plugin, reporter=reporter, settings={"protected": True}) is None

    assert reporter.asked == ["dev is protected. To open a session in container web of web, type shop-dev"]
    assert not plugin.was_started
    assert run(opened, plugin, settings={"protected": True}, consent=Consent(stack="shop-dev")) == 0


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(400, "ThrottlingException", "Rate exceeded"), "got ThrottlingException: Rate exceeded"),
        (Fault(500, "ServerException", "Service is unavailable"), "got ServerException: Service is unavailable"),
        (Fault(400, "ExpiredTokenException", "expired"), "got ExpiredTokenException: expired"),
    ],
)
def test_a_fault_of_ecs_opens_nothing(
    deployed: Deployed,
    opened: Open,
    plugin: FakePlugin,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    text: str,
) -> None:
    task = deployed.start_task()
    without_pauses(monkeypatch)
    with faulty(deployed.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail("ExecuteCommand", fault=fault)

        message = refused(opened, plugin)

    assert message.startswith(f"task {task}: AWS refused ExecuteCommand; {text}")


def test_an_environment_that_is_stopped(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    stop(opened(), Recorder(), Consent(), timeout=None)

    message = refused(opened, plugin)

    assert message.startswith("shop-dev: the environment has been stopped since ")
    assert message.endswith("; start it first: `ecsforge start`")


def test_keys_go_to_the_program_in_the_container() -> None:
    before = signal.getsignal(signal.SIGINT)

    with keys_for_the_session():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTSTP)
        child = "import signal; print(signal.getsignal(signal.SIGTSTP) == signal.SIG_DFL)"
        printed = subprocess.run(["python3", "-c", child], capture_output=True, text=True, check=True).stdout

    assert printed == "True\n"
    assert signal.getsignal(signal.SIGINT) is before
