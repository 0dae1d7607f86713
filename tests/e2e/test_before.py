"""Tasks before and after a deployment, with the real Terraform and tasks whose lives are scripted in the emulator."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.e2e.conftest import create_network
from tests.support.emulator_with_tasks import EmulatorWithTasks
from tests.support.workplace import WEB, WORKER, Workplace

MIGRATE = ["emulated", "print=migrating|done"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """The account of these tests."""
    with EmulatorWithTasks() as running:
        create_network(running)
        yield running


def mailer(image: str, *command: str, after: tuple[str, ...] = (), **task: Any) -> dict[str, Any]:
    """A worker with a task before its deployment."""
    tasks = {"before": [{"command": list(command), **task}]} if command else {}
    last = {"after": [{"command": list(after)}]} if after else {}
    return {"mailer": {**WORKER, "image": f"public.ecr.aws/nginx/nginx:{image}", "deployment": {**tasks, **last}}}


def image_of(workplace: Workplace, project_id: str) -> str | None:
    """The image that the service runs; None if there is no service."""
    ecs = workplace.aws("ecs")
    cluster = next((arn for arn in ecs.list_clusters()["clusterArns"] if f"-{project_id}-" in arn), None)
    services = ecs.list_services(cluster=cluster)["serviceArns"] if cluster else []
    if not services:
        return None
    (service,) = ecs.describe_services(cluster=cluster, services=services)["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return str(definition["containerDefinitions"][0]["image"]).rpartition(":")[2]


def tasks_of(workplace: Workplace, project_id: str) -> list[dict[str, Any]]:
    """All tasks that were run."""
    ecs = workplace.aws("ecs")
    (cluster,) = (arn for arn in ecs.list_clusters()["clusterArns"] if f"-{project_id}-" in arn)
    arns = ecs.list_tasks(cluster=cluster)["taskArns"]
    found: list[dict[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return found


def lines(stderr: str) -> list[str]:
    """The lines about one-off tasks, with `TASK` for their IDs."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "TASK", stderr)
    return [line for line in text.splitlines() if re.search(r"TASK|^  mailer \||succeeded$|^First|^error", line)]


def test_a_first_deploy_runs_the_tasks_once_everything_but_the_service_exists(workplace: Workplace) -> None:
    workplace.write("first", mailer("1", *MIGRATE, after=("emulated", "print=warm")))
    planned = json.loads(workplace.ecsforge("plan", "--env", "dev", "--json").stdout)
    shown = workplace.ecsforge("plan", "--env", "dev").stdout

    deployed = workplace.deploy()

    assert [task["when"] for task in planned["tasks"]] == ["before", "after"]
    assert "  mailer runs before: emulated 'print=migrating|done'" in shown
    assert lines(deployed.stderr) == [
        "First 10 to create; then `deployment.before` of mailer; then the rest",
        "mailer: running `emulated 'print=migrating|done'` as task TASK",
        "  mailer | migrating",
        "  mailer | done",
        "mailer: `emulated 'print=migrating|done'` succeeded",
        "mailer: running `emulated print=warm` as task TASK",
        "  mailer | warm",
        "mailer: `emulated print=warm` succeeded",
    ]
    assert "Resource targeting" not in deployed.stderr
    assert image_of(workplace, "first") == "1"
    assert workplace.planned() == {}
    assert lines(workplace.deploy().stderr) == []
    (before, _) = tasks_of(workplace, "first")
    assert before["startedBy"].startswith("ecsforge/")
    workplace.destroy("first-dev")


def test_a_failed_task_leaves_the_service_as_it_is_and_runs_again(workplace: Workplace) -> None:
    workplace.write("again", mailer("1", *MIGRATE))
    workplace.deploy()
    failing = mailer("2", "emulated", "exit=1", "print=one|boom")
    workplace.write("again", failing)

    failed = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1).stderr

    assert re.sub(r"task [0-9a-f-]{36}", "task TASK", failed).splitlines()[-4:] == [
        "error: services.mailer.deployment.before[0]: `emulated exit=1 'print=one|boom'` failed; got Essential "
        "container in task exited (container `mailer` exit code 1: the program failed); mailer is unchanged: fix the "
        "cause, then continue with `ecsforge deploy --env dev`",
        "  task TASK, its last 2 lines:",
        "  one",
        "  boom",
    ]
    assert image_of(workplace, "again") == "1"
    assert workplace.planned() == {"aws_ecs_service.mailer": "update"}

    again = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1).stderr

    assert "  mailer | boom" in lines(again)
    assert not any(line.startswith("First") for line in lines(again))
    assert image_of(workplace, "again") == "1"

    workplace.write("again", mailer("2", *MIGRATE))
    assert "  mailer | migrating" in lines(workplace.deploy().stderr)
    assert image_of(workplace, "again") == "2"
    a_saved_plan_can_not_run_tasks(workplace)
    without_before_nothing_runs(workplace)
    a_change_of_the_count_runs_nothing(workplace)
    workplace.destroy("again-dev")


def a_saved_plan_can_not_run_tasks(workplace: Workplace) -> None:
    workplace.write("again", mailer("3", *MIGRATE))
    workplace.ecsforge("plan", "--env", "dev", "--out", "saved")

    refused = workplace.ecsforge("deploy", "--env", "dev", "--plan", "saved", "--auto-approve", exit_code=2)

    assert refused.stderr.splitlines()[-2] == (
        "error: --plan: a saved plan is applied in one step, so it can't run `deployment.before` of mailer; deploy "
        "without --plan, or pass --no-before"
    )
    assert image_of(workplace, "again") == "2"


def without_before_nothing_runs(workplace: Workplace) -> None:
    deployed = workplace.ecsforge("deploy", "--env", "dev", "--plan", "saved", "--no-before", "--auto-approve")

    assert lines(deployed.stderr) == []
    assert image_of(workplace, "again") == "3"
    workplace.write("again", mailer("4", *MIGRATE))
    assert lines(workplace.ecsforge("deploy", "--env", "dev", "--no-before", "--auto-approve").stderr) == []
    assert image_of(workplace, "again") == "4"


def a_change_of_the_count_runs_nothing(workplace: Workplace) -> None:
    services = mailer("4", *MIGRATE)
    workplace.write("again", {"mailer": {**services["mailer"], "count": 2}})

    assert lines(workplace.deploy().stderr) == []


def test_a_task_that_takes_too_long_is_stopped(workplace: Workplace) -> None:
    workplace.write("late", mailer("1", "emulated", "polls=1000", timeout="10s"))

    failed = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1).stderr

    assert "did not end within 10 s and was stopped; set a longer `timeout`" in failed
    assert image_of(workplace, "late") is None
    assert [task["lastStatus"] for task in tasks_of(workplace, "late")] == ["STOPPED"]
    workplace.write("late", mailer("1", *MIGRATE))
    workplace.deploy()
    assert image_of(workplace, "late") == "1"
    workplace.destroy("late-dev")


def test_a_task_that_ecs_does_not_start_stops_the_deploy(workplace: Workplace) -> None:
    workplace.write("full", mailer("1", "emulated", "fails=RESOURCE:ENI"))

    failed = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1).stderr

    assert failed.splitlines()[-1].startswith(
        "error: services.mailer.deployment.before[0]: ECS did not start the task; got RESOURCE:ENI; the subnets have "
        "no free address"
    )
    assert image_of(workplace, "full") is None
    workplace.destroy("full-dev")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_the_task(workplace: Workplace, number: signal.Signals) -> None:
    project_id = f"stop{int(number)}"
    workplace.write(project_id, mailer("1", "emulated", "polls=1000", "print=working"))
    deploying = workplace.start("deploy", "--env", "dev", "--auto-approve")
    assert deploying.stderr is not None
    printed = []
    for line in deploying.stderr:
        printed.append(line)
        if line == "  mailer | working\n":
            break
    deploying.send_signal(number)

    rest = deploying.communicate(timeout=60)[1]

    assert deploying.returncode == 130, printed
    assert re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "TASK", rest).splitlines()[-3:] == [
        "warning: stopped task TASK, which ran `emulated polls=1000 print=working`; mailer is unchanged",
        "",
        "Interrupted. To continue: ecsforge deploy --env dev --auto-approve",
    ]
    assert [task["lastStatus"] for task in tasks_of(workplace, project_id)] == ["STOPPED"]
    assert image_of(workplace, project_id) is None
    workplace.destroy(f"{project_id}-dev")


def test_services_that_call_the_one_with_tasks_wait_too(workplace: Workplace) -> None:
    """A service is created after those that it calls, so it waits with them; others do not."""
    services = {
        "web": {**WEB, "connect": True, "deployment": {"before": [{"command": MIGRATE}]}},
        "api": {**WEB, "connect": True, "environment": {"WEB": "http://web:80"}, "http": {"paths": ["/api/*"]}},
        "mailer": WORKER,
    }
    workplace.write("calls", services)

    deployed = workplace.deploy().stderr

    lines_of = {name: deployed.index(f"created service `{name}`") for name in services}
    assert lines_of["mailer"] < deployed.index("web: running") < deployed.index("web: `emulated")
    assert deployed.index("web: `emulated") < min(lines_of["web"], lines_of["api"])
    assert workplace.planned() == {}
    workplace.destroy("calls-dev")
