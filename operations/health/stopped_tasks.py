"""Stopped tasks and why they stopped. ECS lists a stopped task for an hour."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from operations.health.services import Deployment

TASKS_PER_CALL = 100
"""The most tasks that ListTasks returns and DescribeTasks accepts."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)
# Stop codes of tasks that a deployment, scaling, a user or AWS stopped.
_REQUESTED = {
    "UserInitiated",
    "ServiceSchedulerInitiated",
    "SpotInterruption",
    "TerminationNotice",
    "InfrastructureHealth",
}
_EXIT_CODES = {
    1: "the program failed",
    126: "the command can't be executed",
    127: "the command was not found in the image",
    134: "the program aborted",
    137: "killed: out of memory, or not stopped within stop_timeout",
    139: "the program crashed",
    143: "terminated by SIGTERM",
}
_ADVICE = tuple(
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        (
            r"exec format error|image Manifest does not contain descriptor matching platform",
            "the image is for another CPU architecture: build it for the service's `architecture`, or change it",
        ),
        (
            r"CannotPull.*(?:not found|does not exist|manifest unknown|repository .* access)",
            "check the name and tag of the image, and that the execution role may pull it from the registry",
        ),
        (
            r"CannotPull.*(?:toomanyrequests|rate limit)",
            "Docker Hub limits anonymous pulls: use public.ecr.aws or your own registry",
        ),
        (
            r"CannotPull.*(?:i/o timeout|dial tcp|context deadline|request canceled|Client.Timeout)",
            "the tasks can't reach the registry: check `nat`, `endpoints` and the service's `egress`",
        ),
        (r"CannotPull", "check the image's name and tag, and that the tasks can reach its registry"),
        (
            r"ResourceInitializationError.*(?:KMS|ciphertext)",
            "the execution role can't decrypt: list the key in the service's `kms_keys`, and check that the key's "
            "policy allows the account to use it",
        ),
        (
            r"ResourceInitializationError.*env files.*(?:AccessDenied|Access Denied|Forbidden)",
            "check that each file of `env_files` exists and that the bucket's policy allows the execution role; a "
            "customer managed KMS key that encrypts them must be in `kms_keys`",
        ),
        (
            r"ResourceInitializationError.*env files",
            "check that each file of `env_files` exists, and that the tasks can reach S3: `nat`, `endpoints`, `egress`",
        ),
        (
            r"ResourceInitializationError.*(?:AccessDenied|not authorized)",
            "check the names in `secrets` and the resource policy of each secret; a customer managed KMS key that "
            "encrypts them must be in `kms_keys`",
        ),
        (
            r"ResourceInitializationError.*(?:secret|ssm|parameter)",
            "check that each secret exists in this region, and that the tasks can reach Secrets Manager and SSM: "
            "`nat`, `endpoints`",
        ),
        (
            r"ResourceInitializationError.*(?:efs|mount|volume)",
            "check the file system's mount targets, and that the tasks can reach port 2049",
        ),
        (r"OutOfMemory", "increase the service's `memory`"),
        (
            r"failed (?:ELB|container) health checks",
            "the container must pass its health check in time: check `port`, `health_check` and `grace_period`",
        ),
    )
)


@dataclass(frozen=True)
class StoppedTask:
    """A task that has stopped or is stopping.

    Attributes:
        id: The task ID.
        task_definition: The ARN of its task definition.
        code: ECS's stop code, such as `EssentialContainerExited`.
        reason: ECS's stopped reason.
        containers: How each container stopped; without those for which ECS reports neither exit code nor reason.
        stopped_at: When it stopped, or began to stop; None if ECS does not report it.
        deployment: The ID of the deployment that started it; empty if ECS does not report it.
    """

    id: str
    task_definition: str
    code: str
    reason: str
    containers: tuple[str, ...] = ()
    stopped_at: datetime | None = None
    deployment: str = ""

    @property
    def crashed(self) -> bool:
        """Whether it stopped because something is wrong with it. Failed health checks make the scheduler stop it."""
        return self.code not in _REQUESTED or "health check" in self.reason

    def belongs_to(self, deployment: str) -> bool:
        """Whether the deployment with this ID started it, as far as ECS reports it."""
        return self.deployment in ("", deployment) or not deployment

    @property
    def cause(self) -> str:
        """Why it stopped: ECS's reason, and how its containers stopped."""
        return " ".join([self.reason.rstrip("."), *([f"({', '.join(self.containers)})"] if self.containers else [])])

    @property
    def explanation(self) -> str:
        """Why it stopped, in plain words, with how its containers ended."""
        ended = f": {'; '.join(self.containers)}" if self.containers else ""
        match self.code:
            case "EssentialContainerExited":
                return f"a container of it ended{ended}"
            case "TaskFailedToStart":
                return f"it could not start: {self.cause}"
            case "SpotInterruption":
                return "AWS took back its Spot capacity"
            case "TerminationNotice" | "InfrastructureHealth":
                return f"AWS replaced the host that it ran on{ended}"
            case "UserInitiated":
                return f"somebody stopped it: {self.cause}"
            case "ServiceSchedulerInitiated" if not self.crashed:
                return "ECS stopped it for a deployment or to scale in"
            case _:
                return self.cause

    def next_step(self, logs: str) -> str | None:
        """What to do about it; None for a task that did not crash. `logs` is the command that shows its logs."""
        if self.code in ("SpotInterruption", "TerminationNotice", "InfrastructureHealth"):
            return "nothing: ECS starts another one"
        if not self.crashed:
            return None
        return self.advice or f"read its last lines: {logs}"

    @property
    def advice(self) -> str | None:
        """How to fix it; None when only the container's log shows the cause."""
        return next((advice for pattern, advice in _ADVICE if pattern.search(self.cause)), None)


def stopped_tasks(ecs: Any, cluster: str, service: str, task_definition: str) -> tuple[StoppedTask, ...]:
    """The stopped tasks of an ECS service that ran this task definition, latest first; at most 100.

    Raises botocore.exceptions.ClientError when AWS refuses a request.
    """
    tasks = describe_tasks(ecs, cluster, "STOPPED", serviceName=service)
    return latest_first(stopped_task(task) for task in tasks if task.get("taskDefinitionArn") == task_definition)


def latest_first(tasks: Iterable[StoppedTask]) -> tuple[StoppedTask, ...]:
    """The tasks by the time they stopped, latest first."""
    return tuple(sorted(tasks, key=lambda task: task.stopped_at or _EARLIEST, reverse=True))


def crashes_of(deployment: Deployment, tasks: Iterable[StoppedTask]) -> tuple[StoppedTask, ...]:
    """The tasks of the deployment that crashed."""
    since = deployment.started_at or _EARLIEST
    return tuple(
        task
        for task in tasks
        if task.crashed
        and task.task_definition == deployment.task_definition
        and task.belongs_to(deployment.id)
        and (task.stopped_at or _EARLIEST) >= since
    )


def describe_tasks(
    ecs: Any, cluster: str, status: Literal["RUNNING", "STOPPED"], **filters: str
) -> list[dict[str, Any]]:
    """Up to 100 tasks with this desired status, as DescribeTasks returns them.

    `filters` are parameters of ListTasks: `serviceName` or `family`.
    """
    # A page can be empty although more follow.
    limits = {"PageSize": TASKS_PER_CALL, "MaxItems": TASKS_PER_CALL}
    pages = ecs.get_paginator("list_tasks").paginate(
        cluster=cluster, **filters, desiredStatus=status, PaginationConfig=limits
    )
    arns = [arn for page in pages for arn in page["taskArns"]]
    tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return tasks


def stopped_task(task: dict[str, Any]) -> StoppedTask:
    """A task of DescribeTasks that has stopped or is stopping."""
    return StoppedTask(
        task["taskArn"].rpartition("/")[2],
        task.get("taskDefinitionArn", ""),
        task.get("stopCode", ""),
        task.get("stoppedReason", "the task stopped"),
        tuple(filter(None, map(_container, task.get("containers", [])))),
        task.get("stoppedAt") or task.get("stoppingAt"),
        _deployment(task.get("startedBy", "")),
    )


def _deployment(started_by: str) -> str:
    """The ID of the deployment among what may have started a task."""
    return started_by if started_by.startswith("ecs-svc/") else ""


def _container(container: dict[str, Any]) -> str | None:
    """How a container stopped: `container `web` exit code 137: killed ...`; None where ECS does not say."""
    parts = []
    code = container.get("exitCode")
    if code is not None:
        meaning = _EXIT_CODES.get(code)
        parts.append(f"exit code {code}" + (f": {meaning}" if meaning else ""))
    if container.get("reason"):
        parts.append(str(container["reason"]).rstrip("."))
    return f"container `{container['name']}` {', '.join(parts)}" if parts else None
