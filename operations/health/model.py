"""What `status` finds out about a service, and what of that is wrong. Plain data: nothing here asks AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from operations.health.wait import CRASHES, FAILED_TASKS
from operations.text import counted

Kind = Literal["web", "worker", "job"]


@dataclass(frozen=True)
class Tasks:
    """How many tasks ECS runs, should run, and is starting."""

    running: int
    desired: int
    pending: int


@dataclass(frozen=True)
class Revision:
    """A task definition that tasks run now, and the image of each container, with its digest where ECS tells it."""

    task_definition: str
    running: int
    images: dict[str, str]


@dataclass(frozen=True)
class Deployment:
    """The last deployment. `state` is ECS's rollout state: COMPLETED, IN_PROGRESS or FAILED.

    `percent` is the share of the desired tasks that it has brought up.
    """

    state: str
    reason: str
    percent: int
    task_definition: str
    failed_tasks: int
    started_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True)
class LoadBalancerTarget:
    """A task as the load balancer sees it: healthy, unhealthy, initial, draining, unused or unavailable, and why."""

    address: str
    state: str
    reason: str


@dataclass(frozen=True)
class Queue:
    """Roughly how many messages wait in a worker's queue, and how many its tasks work on."""

    name: str
    waiting: int
    in_flight: int


@dataclass(frozen=True)
class Stopped:
    """A task that has stopped, why, and what to try; `crashed` when nobody told it to."""

    task: str
    stopped_at: datetime | None
    reason: str
    crashed: bool
    advice: str | None


@dataclass(frozen=True)
class Event:
    """Something ECS has done with a service."""

    at: datetime
    message: str


@dataclass(frozen=True)
class Run:
    """One run of a job: running, succeeded or failed; unknown an hour after its end, when ECS has forgotten it."""

    state: Literal["running", "succeeded", "failed", "unknown"]
    task: str
    started_at: datetime | None
    stopped_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Job:
    """A job's schedule; `next_run` is None where it does not tell, as `rate()`, or where there is no run to come."""

    schedule: str
    timezone: str
    enabled: bool
    next_run: datetime | None
    last_run: Run | None


@dataclass(frozen=True)
class ServiceHealth:
    """One service. What does not belong to its kind is None.

    Attributes:
        missing: what of it AWS does not have: `the ECS service`, `the target group`, ...
        revisions: what its tasks run; more than one while a deployment goes on.
        rolled_back: a deployment that has failed and that ECS is rolling back.
        targets: its tasks as the load balancer sees them; web services only.
        dead_letters: messages in the dead-letter queue of a job or of a worker with a queue.
        stopped: its last stopped tasks, latest first; ECS keeps them for an hour.
        events: what ECS did last, latest first.
        crashes: how many tasks of the last deployment have crashed, among those that ECS remembers.
    """

    name: str
    type: Kind
    missing: tuple[str, ...] = ()
    tasks: Tasks | None = None
    revisions: tuple[Revision, ...] = ()
    deployment: Deployment | None = None
    rolled_back: Deployment | None = None
    targets: tuple[LoadBalancerTarget, ...] | None = None
    queue: Queue | None = None
    dead_letters: int | None = None
    job: Job | None = None
    stopped: tuple[Stopped, ...] = ()
    events: tuple[Event, ...] = ()
    crashes: int = 0

    @property
    def problems(self) -> tuple[str, ...]:
        """All that is wrong with it."""
        return tuple(_problems(self))


@dataclass(frozen=True)
class StackHealth:
    """An environment, as far as it was asked for."""

    stack: str
    env: str
    region: str
    account_id: str
    cluster: str
    services: tuple[ServiceHealth, ...]

    @property
    def unhealthy(self) -> tuple[ServiceHealth, ...]:
        """The services with problems."""
        return tuple(service for service in self.services if service.problems)

    def as_json(self) -> dict[str, Any]:
        """What `status --json` prints; docs/operate.md describes it. Times are ISO 8601 in UTC."""
        services = [
            {"name": each.name, "type": each.type, "healthy": not each.problems, "problems": each.problems}
            | asdict(each)
            for each in self.services
        ]
        told = {"stack": self.stack, "env": self.env, "healthy": not self.unhealthy}
        return told | asdict(self) | {"services": services}


def _problems(service: ServiceHealth) -> Iterator[str]:
    for what in service.missing:
        yield f"{what} is not there"
    if service.tasks:
        yield from _of_tasks(service, service.tasks)
    for deployment in filter(None, (service.deployment, service.rolled_back)):
        yield from _of_deployment(deployment)
    if service.targets is not None:
        yield from _of_targets(service, service.targets)
    if service.job:
        yield from _of_job(service.job)
    if service.dead_letters:
        yield f"{counted(service.dead_letters, 'message')} in the dead-letter queue"


def _of_tasks(service: ServiceHealth, tasks: Tasks) -> Iterator[str]:
    if tasks.running < tasks.desired:
        pending = f", {tasks.pending} pending" if tasks.pending else ""
        yield f"{tasks.running} of {tasks.desired} tasks running{pending}"
    if service.crashes >= CRASHES:
        yield f"its tasks keep stopping: {service.crashes} of this deployment in the last hour"


def _of_deployment(deployment: Deployment) -> Iterator[str]:
    because = f" ({deployment.reason.rstrip('.')})" if deployment.reason else ""
    if deployment.state == "FAILED":
        yield f"ECS gave up on {deployment.task_definition}{because}"
    elif deployment.failed_tasks >= FAILED_TASKS:
        yield f"{deployment.failed_tasks} tasks of {deployment.task_definition} failed to start"


def _of_targets(service: ServiceHealth, targets: tuple[LoadBalancerTarget, ...]) -> Iterator[str]:
    bad = [target for target in targets if target.state in ("unhealthy", "unavailable")]
    for target in bad:
        yield f"the load balancer finds {target.address} {target.state}" + (
            f": {target.reason}" if target.reason else ""
        )
    wanted = service.tasks is not None and service.tasks.desired > 0
    if wanted and not bad and not any(target.state == "healthy" for target in targets):
        yield "the load balancer has no healthy target"


def _of_job(job: Job) -> Iterator[str]:
    if not job.enabled:
        yield "its schedule is disabled"
    if job.last_run and job.last_run.state == "failed":
        yield f"its last run failed: {job.last_run.reason}"
