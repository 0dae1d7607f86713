"""The container of a running task that a session connects to.

ECS Exec works in a task that was started with it, while the agent that it adds to each container runs. See
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from operations import aws
from operations.health.stopped_tasks import TASKS_PER_CALL
from stacks.errors import AwsError, Position, Problem, UsageError
from stacks.project.suggest import did_you_mean

AGENT = "ExecuteCommandAgent"
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_SHORT = 8
"""Characters of a task ID in a list of tasks, as `status` and `logs` show it."""


@dataclass(frozen=True)
class ExecTarget:
    """A container that a session can connect to.

    Attributes:
        cluster: The name of its cluster.
        task: The ID of its task.
        container: Its name.
        runtime_id: Its ID in the container runtime.
    """

    cluster: str
    task: str
    container: str
    runtime_id: str

    @property
    def session_target(self) -> str:
        """What Systems Manager calls it."""
        return f"ecs:{self.cluster}_{self.task}_{self.runtime_id}"


@dataclass(frozen=True)
class Wanted:
    """What to connect to.

    Attributes:
        service: The service in the project file.
        family: The family of its task definitions.
        group: The group of the tasks that its ECS service starts; None for a job.
        task: What the ID of the task begins with; any task by default.
        container: The container; that of the service by default.
    """

    service: str
    family: str
    group: str | None = None
    task: str | None = None
    container: str | None = None


def exec_target(ecs: Any, cluster: str, wanted: Wanted) -> ExecTarget:
    """The container to connect to: of the newest task that is ready for it.

    Raises:
        AwsError: No task runs, none is ready, or AWS refused a request.
        UsageError: The task or the container does not exist.
    """
    where = f"service `{wanted.service}`"
    with aws.errors(f"the running tasks of {wanted.service}"):
        tasks = _running(ecs, cluster, wanted)
    if not tasks:
        raise AwsError(_no_task(where, wanted))
    problems = []
    for task in sorted(tasks, key=_started, reverse=True):
        container = _container(task, wanted)
        problem = _not_ready(wanted.service, task, container)
        if problem is None:
            return ExecTarget(cluster, task_id(task), container["name"], container["runtimeId"])
        problems.append(problem)
    raise AwsError(problems[0])


def task_id(task: Mapping[str, Any]) -> str:
    """The ID of a task of DescribeTasks."""
    return str(task["taskArn"]).rpartition("/")[2]


def _running(ecs: Any, cluster: str, wanted: Wanted) -> list[dict[str, Any]]:
    """The running tasks: of the ECS service, of a job, or with `task` any of the family, also a one-off task."""
    pages = ecs.get_paginator("list_tasks").paginate(cluster=cluster, family=wanted.family, desiredStatus="RUNNING")
    arns = [arn for page in pages for arn in page["taskArns"]]
    if wanted.task is not None:
        arns = _named(wanted, arns)
    described: list[dict[str, Any]] = []
    for start in range(0, len(arns), TASKS_PER_CALL):
        described += ecs.describe_tasks(cluster=cluster, tasks=arns[start : start + TASKS_PER_CALL])["tasks"]
    running = [task for task in described if task["lastStatus"] == "RUNNING"]
    if wanted.task is not None or wanted.group is None:
        return running
    return [task for task in running if task.get("group") == wanted.group]


def _named(wanted: Wanted, arns: Sequence[str]) -> list[str]:
    """The one task whose ID begins with `wanted.task`. Raises UsageError if there is not exactly one."""
    ids = {arn.rpartition("/")[2]: arn for arn in arns}
    found = [arn for name, arn in ids.items() if name.startswith(wanted.task or "")]
    if len(found) == 1:
        return found
    known = ", ".join(name[:_SHORT] for name in ids) or "none"
    what = f"more than one running task of {wanted.service} begins with this" if found else "not a running task"
    raise UsageError.of("--task", what, got=wanted.task, fix=f"the running tasks of {wanted.service} are {known}")


def _no_task(where: str, wanted: Wanted) -> Problem:
    what = "no task of it is running"
    if wanted.group is None:
        fix = "a job has tasks only while it runs; to start one:"
        return Problem(Position(where), what, fix=fix, command=("run", wanted.service))
    return Problem(Position(where), what, fix="see why:", command=("status", wanted.service))


def _started(task: Mapping[str, Any]) -> datetime:
    found = task.get("startedAt") or task.get("createdAt")
    return found if isinstance(found, datetime) else _EARLIEST


def _container(task: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """The container of a task. Raises UsageError for one that it does not have."""
    found: dict[str, dict[str, Any]] = {each["name"]: each for each in task["containers"]}
    if wanted.container is not None and wanted.container not in found:
        fix = did_you_mean(wanted.container, found, "its containers are")
        raise UsageError.of("--container", f"not a container of {wanted.service}", got=wanted.container, fix=fix)
    default = wanted.service if wanted.service in found else next(iter(found))
    return found[wanted.container or default]


def _not_ready(service: str, task: Mapping[str, Any], container: Mapping[str, Any]) -> Problem | None:
    """Why no session can connect to a container; None if one can."""
    where, name = Position(f"service `{service}`"), f"task {task_id(task)}"
    if not task.get("enableExecuteCommand"):
        what = f"{name} was started without ECS Exec"
        fix = "set `exec: true` on the service, then replace its tasks:"
        return Problem(where, what, fix=fix, command=("deploy",))
    agents: Sequence[Mapping[str, Any]] = container.get("managedAgents", ())
    agent = next((each for each in agents if each.get("name") == AGENT), {})
    status = agent.get("lastStatus", "PENDING")
    if status == "RUNNING" and container.get("runtimeId"):
        return None
    got = f"{AGENT} {status}" + (f": {agent['reason']}" if agent.get("reason") else "")
    what = f"ECS Exec is not ready in container `{container['name']}` of {name}"
    fix = "try again in some seconds"
    if status == "STOPPED":
        fix = (
            "check that the tasks can reach Systems Manager (`nat`, `endpoints`, `egress`) and that the container does "
            "not set `readonly_root`; then replace the task:"
        )
        return Problem(where, what, got, fix, command=("restart", service))
    return Problem(where, what, got, fix)
