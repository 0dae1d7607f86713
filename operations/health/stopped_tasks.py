"""Why the tasks of a service stopped. ECS keeps stopped tasks for an hour."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

TASKS_PER_CALL = 100  # ListTasks returns, and DescribeTasks takes, no more
# Stop codes of tasks that were told to stop, by a deployment, by scaling or by hand.
_WANTED = {"UserInitiated", "ServiceSchedulerInitiated", "SpotInterruption", "TerminationNotice"}
_EXIT_CODES = {
    1: "the program failed",
    126: "the command can't be executed",
    127: "the command was not found in the image",
    134: "the program aborted",
    137: "killed: out of memory, or it did not stop within stop_timeout",
    139: "the program crashed",
    143: "ended by SIGTERM",
}
_ADVICE = tuple(
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        (
            r"exec format error|image Manifest does not contain descriptor matching platform",
            "the image is built for another CPU: build it for the service's `architecture`, or change that",
        ),
        (
            r"CannotPull.*(?:not found|does not exist|manifest unknown|repository .* access)",
            "check the name and tag of the image, and that the registry lets the execution role read it",
        ),
        (
            r"CannotPull.*(?:toomanyrequests|rate limit)",
            "Docker Hub limits anonymous pulls: use public.ecr.aws or a registry of your own",
        ),
        (
            r"CannotPull.*(?:i/o timeout|dial tcp|context deadline|request canceled|Client.Timeout)",
            "the tasks can't reach the registry: check `nat`, `endpoints` and the service's `egress`",
        ),
        (r"CannotPull", "check the image's name and tag, and the tasks' way to its registry"),
        (
            r"ResourceInitializationError.*(?:secret|ssm|parameter)",
            "check that each secret exists in this region, and that the tasks reach Secrets Manager and SSM: `nat`, "
            "`endpoints`",
        ),
        (
            r"ResourceInitializationError.*(?:efs|mount|volume)",
            "check the file system's mount targets and that the tasks may reach port 2049",
        ),
        (r"OutOfMemory", "give the service more `memory`"),
        (
            r"failed (?:ELB|container) health checks",
            "the container must answer its health check in time: check `port`, `health_check` and `grace_period`",
        ),
    )
)


@dataclass(frozen=True)
class StoppedTask:
    """A task that has stopped: why, and how each of its containers ended."""

    id: str
    code: str
    reason: str
    containers: tuple[str, ...] = ()
    stopped_at: float = 0.0

    @property
    def crashed(self) -> bool:
        """Whether it stopped because something is wrong with it. Failed health checks make the scheduler stop it."""
        return self.code not in _WANTED or "health check" in self.reason

    @property
    def advice(self) -> str | None:
        """What to try; None when only the container's own log can tell."""
        return next((advice for pattern, advice in _ADVICE if pattern.search(str(self))), None)

    def __str__(self) -> str:
        return " ".join([self.reason.rstrip("."), *([f"({', '.join(self.containers)})"] if self.containers else [])])


def stopped_tasks(
    ecs: Any, cluster: str, service: str, task_definition: str, since: float = 0.0
) -> tuple[StoppedTask, ...]:
    """The tasks of `service` with this task definition that stopped after `since`, latest first."""
    tasks = described_tasks(ecs, cluster, "STOPPED", serviceName=service)
    stopped = [stopped_task(task) for task in tasks if task.get("taskDefinitionArn") == task_definition]
    return tuple(
        sorted((task for task in stopped if task.stopped_at >= since), key=lambda task: task.stopped_at, reverse=True)
    )


def described_tasks(
    ecs: Any, cluster: str, status: Literal["RUNNING", "STOPPED"], **chosen: str
) -> list[dict[str, Any]]:
    """Up to a hundred tasks that should be in this status, as DescribeTasks tells them.

    `chosen` are parameters of ListTasks: `serviceName` or `family`.
    """
    arns = ecs.list_tasks(cluster=cluster, **chosen, desiredStatus=status, maxResults=TASKS_PER_CALL)["taskArns"]
    tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return tasks


def stopped_task(task: dict[str, Any]) -> StoppedTask:
    """A task of DescribeTasks that has stopped, or is about to."""
    moment = task.get("stoppedAt") or task.get("stoppingAt")
    return StoppedTask(
        task["taskArn"].rpartition("/")[2],
        task.get("stopCode", ""),
        task.get("stoppedReason", "it stopped"),
        tuple(filter(None, map(_container, task.get("containers", [])))),
        moment.timestamp() if moment else 0.0,
    )


def _container(container: dict[str, Any]) -> str | None:
    """How a container ended, None when there is nothing to tell: `web exit code 137: killed ...`."""
    parts = []
    code = container.get("exitCode")
    if code is not None:
        meaning = _EXIT_CODES.get(code)
        parts.append(f"exit code {code}" + (f": {meaning}" if meaning else ""))
    if container.get("reason"):
        parts.append(str(container["reason"]).rstrip("."))
    return f"container `{container['name']}` {', '.join(parts)}" if parts else None
