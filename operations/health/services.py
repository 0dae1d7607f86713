"""ECS services as DescribeServices returns them, for `status` and for the wait after a deploy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SERVICES_PER_CALL = 10
"""The most services that DescribeServices accepts."""
CRASH_LIMIT = 2
"""Crashed tasks that make a deployment unhealthy: one task may stop for reasons outside of the service."""
FAILED_TASK_LIMIT = 3
"""Tasks that fail to start and make a deployment unhealthy: the lowest threshold of ECS's own circuit breaker."""


@dataclass(frozen=True)
class ServiceEvent:
    """A service event of ECS.

    Attributes:
        at: When it happened.
        message: ECS's text.
    """

    at: datetime
    message: str


@dataclass(frozen=True)
class Deployment:
    """A deployment of an ECS service.

    Attributes:
        task_definition: The ARN of the task definition that it runs.
        state: ECS's rollout state: COMPLETED, IN_PROGRESS or FAILED.
        reason: Why it is in this state, in ECS's words; empty if ECS does not report a reason.
        running: How many of its tasks run.
        desired: How many of its tasks should run.
        failed_tasks: How many of its tasks failed to start.
        started_at: When it was created; None if ECS does not report it.
        updated_at: When it was last updated; None if ECS does not report it.
        primary: Whether it is the current deployment, which replaces the others.
        id: Its ID: `ecs-svc/1234`; empty if ECS does not report it. A rollback makes an earlier deployment current
            again, with its ID.
    """

    task_definition: str
    state: str
    reason: str = ""
    running: int = 0
    desired: int = 0
    failed_tasks: int = 0
    started_at: datetime | None = None
    updated_at: datetime | None = None
    primary: bool = True
    id: str = ""

    @property
    def key(self) -> str:
        """What distinguishes it from the other deployments of its service."""
        return self.id or self.task_definition

    @property
    def rolls_back(self) -> bool:
        """Whether it is the rollback of another deployment that failed.

        ECS says so only in the reason: `ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1234`, see
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html.
        """
        return "rolling back" in self.reason

    @property
    def revision(self) -> str:
        """The family and revision of its task definition: `web-shop-dev:7`."""
        return revision_of(self.task_definition)

    @property
    def percent(self) -> int:
        """The share of the desired tasks that run, at most 100."""
        return min(100, 100 * self.running // self.desired) if self.desired else 100

    @property
    def failure(self) -> str:
        """The message for a FAILED deployment."""
        return f"the deployment of {self.revision} failed{because(self.reason)}"


@dataclass(frozen=True)
class EcsService:
    """A service in ECS.

    Attributes:
        name: Its name in ECS.
        status: ACTIVE, or DRAINING while it is being deleted and tasks still run.
        running: How many tasks run, of all deployments.
        desired: How many tasks should run.
        pending: How many tasks are starting.
        deployments: Its deployments, in ECS's order.
        events: Its events, latest first.
        circuit_breaker: Whether the deployment circuit breaker is on.
    """

    name: str
    status: str = "ACTIVE"
    running: int = 0
    desired: int = 0
    pending: int = 0
    deployments: tuple[Deployment, ...] = ()
    events: tuple[ServiceEvent, ...] = ()
    circuit_breaker: bool = False

    @property
    def primary(self) -> Deployment | None:
        """The current deployment."""
        return next((each for each in self.deployments if each.primary), None)

    @property
    def rolled_back(self) -> Deployment | None:
        """A failed deployment that ECS is rolling back; ECS lists it until the rollback is complete."""
        return next((each for each in self.deployments if each.state == "FAILED" and not each.primary), None)


def describe_services(ecs: Any, cluster: str, names: Iterable[str]) -> dict[str, EcsService]:
    """The ECS services with these names, by name, without those that do not exist or are INACTIVE.

    `ecs` is a boto3 client. Raises botocore.exceptions.ClientError when AWS refuses the request.
    """
    wanted, found = list(names), {}
    for start in range(0, len(wanted), SERVICES_PER_CALL):
        batch = wanted[start : start + SERVICES_PER_CALL]
        for each in ecs.describe_services(cluster=cluster, services=batch)["services"]:
            if each["status"] != "INACTIVE":
                found[each["serviceName"]] = _service(each)
    return found


def revision_of(arn: str) -> str:
    """`web-shop-dev:7` for the ARN of a task definition."""
    return arn.rpartition("/")[2]


def because(reason: str) -> str:
    """A reason from ECS in parentheses; empty without one."""
    return f" ({reason.rstrip('.')})" if reason else ""


def _service(answer: dict[str, Any]) -> EcsService:
    breaker = answer.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker", {})
    return EcsService(
        answer["serviceName"],
        answer["status"],
        answer.get("runningCount", 0),
        answer.get("desiredCount", 0),
        answer.get("pendingCount", 0),
        tuple(map(_deployment, answer.get("deployments", ()))) or tuple(map(_task_set, answer.get("taskSets", ()))),
        tuple(ServiceEvent(each["createdAt"], each["message"]) for each in answer.get("events", ())),
        bool(breaker.get("enable")),
    )


def _deployment(answer: dict[str, Any]) -> Deployment:
    running, desired = answer.get("runningCount", 0), answer.get("desiredCount", 0)
    return Deployment(
        answer["taskDefinition"],
        # ECS reports a rollout state only for deployments of its own controller.
        answer.get("rolloutState") or ("COMPLETED" if running >= desired else "IN_PROGRESS"),
        answer.get("rolloutStateReason", ""),
        running,
        desired,
        answer.get("failedTasks", 0),
        answer.get("createdAt"),
        answer.get("updatedAt"),
        answer["status"] == "PRIMARY",
        answer.get("id", ""),
    )


def _task_set(answer: dict[str, Any]) -> Deployment:
    """The task set of a service with the deployment controller CODE_DEPLOY or EXTERNAL, which has no deployments."""
    return Deployment(
        answer["taskDefinition"],
        "COMPLETED" if answer.get("stabilityStatus") == "STEADY_STATE" else "IN_PROGRESS",
        "",
        answer.get("runningCount", 0),
        answer.get("computedDesiredCount", 0),
        started_at=answer.get("createdAt"),
        updated_at=answer.get("updatedAt"),
        primary=answer["status"] == "PRIMARY",
        id=answer.get("id", ""),
    )
