"""The health of services and what is wrong with them. Plain data: nothing here calls AWS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from operations.health.problems import problems_of
from operations.health.services import Deployment, EcsService
from operations.health.stopped import Stopped
from operations.health.stopped_tasks import StoppedTask
from stacks.errors import Position, Problem

Kind = Literal["web", "worker", "job"]
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html, `status`
_CLUSTER_STATUS = {
    "PROVISIONING": "ECS is creating the resources of its capacity providers",
    "DEPROVISIONING": "ECS is deleting the resources of its capacity providers",
    "FAILED": "ECS could not create the resources of its capacity providers",
}


@dataclass(frozen=True)
class Revision:
    """A task definition that tasks run.

    Attributes:
        task_definition: Its family and revision: `web-shop-dev:7`.
        running: How many tasks run it.
        images: The image of each container, by its name, with the digest where ECS reports one.
    """

    task_definition: str
    running: int
    images: dict[str, str]


@dataclass(frozen=True)
class LoadBalancerTarget:
    """A target of a load balancer.

    Attributes:
        address: The task's IP address and port.
        state: Its health: healthy, unhealthy, initial, draining, unhealthy.draining, unused or unavailable.
        reason: Why it is not healthy; empty if the load balancer does not report a reason.
    """

    address: str
    state: str
    reason: str


@dataclass(frozen=True)
class Queue:
    """The SQS queue of a worker. SQS's counts are approximate.

    Attributes:
        name: Its name in SQS.
        waiting: How many messages wait in it.
        in_flight: How many messages its consumers have received and not yet deleted.
        oldest_seconds: The age of the oldest message, in seconds; None if CloudWatch does not report it.
    """

    name: str
    waiting: int
    in_flight: int
    oldest_seconds: int | None = None


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm of a service.

    Attributes:
        name: Its name.
        state: OK, ALARM or INSUFFICIENT_DATA.
        reason: Why it is in this state, in CloudWatch's words.
        since: When the state last changed; None if CloudWatch does not report it.
    """

    name: str
    state: str
    reason: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class NewerRevision:
    """A revision that is newer than the one that a service runs, as after a rollback.

    Attributes:
        runs: The family and revision that the service runs.
        newest: The newest family and revision.
        deployed_next: Whether the next deploy brings it back; not with `image_owner: external`.
    """

    runs: str
    newest: str
    deployed_next: bool


@dataclass(frozen=True)
class Run:
    """A run of a job.

    Attributes:
        state: `unknown` when ECS no longer lists the task, an hour after its end.
        task: The task ID.
        started_at: When it started; None where AWS does not say.
        stopped_at: When it stopped; None while it runs.
        reason: Why it stopped; empty while it runs.
    """

    state: Literal["running", "succeeded", "failed", "unknown"]
    task: str
    started_at: datetime | None
    stopped_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Job:
    """The schedule of a job, and its last run.

    Attributes:
        schedule: The schedule expression: `cron(0 3 * * ? *)`.
        timezone: The time zone of the expression.
        enabled: Whether the schedule is enabled.
        next_run: None for `rate()`, for a disabled schedule and for one without a future run.
        last_run: None when the job has not run.
        follows_family: Whether it runs the newest revision of its family, also one that a deploy registers with the
            image of the project file.
        task_definition: What the schedule runs: the family and revision, or the family.
    """

    schedule: str
    timezone: str
    enabled: bool
    next_run: datetime | None
    last_run: Run | None
    follows_family: bool = False
    task_definition: str = ""


@dataclass(frozen=True)
class ServiceHealth:
    """The health of a service. A field that does not apply to its type is None.

    Attributes:
        name: Its name in the project file.
        type: Its type in the project file.
        missing: The parts that do not exist in AWS: `the ECS service`, `the target group`, ...
        ecs: The service in ECS; None for a job, or if it is missing.
        revisions: The task definitions that its tasks run; more than one during a deployment.
        targets: The targets of its target group; web services only.
        queue: Its queue; workers with a queue only.
        dead_letters: How many messages are in its dead-letter queue; jobs and workers with a queue only.
        job: Its schedule and last run; jobs only.
        stopped: Its last stopped tasks, latest first.
        crashes: How many tasks of the current deployment crashed, of those that ECS still lists.
        unhealthy_tasks: How many of its running tasks fail the health check of a container.
        alarms: Its CloudWatch alarms.
        newer: A newer revision than the one that it runs, while no deployment is in progress; None without one.
        is_stopped: Whether it is stopped with its environment.
    """

    name: str
    type: Kind
    missing: tuple[str, ...] = ()
    ecs: EcsService | None = None
    revisions: tuple[Revision, ...] = ()
    targets: tuple[LoadBalancerTarget, ...] | None = None
    queue: Queue | None = None
    dead_letters: int | None = None
    job: Job | None = None
    stopped: tuple[StoppedTask, ...] = ()
    crashes: int = 0
    unhealthy_tasks: int = 0
    alarms: tuple[Alarm, ...] = ()
    newer: NewerRevision | None = None
    is_stopped: bool = False

    @property
    def deployment(self) -> Deployment | None:
        """The current deployment."""
        return self.ecs.primary if self.ecs else None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong with it; empty when it is healthy."""
        where = Position(f"service `{self.name}`")
        return tuple(Problem(where, what) for what in problems_of(self))


_BROKEN = (
    *("failed", "incompatible", "inaccessible", "insufficient-capacity", "restore-error", "stopped", "storage-full"),
)
"""How the states of databases begin that need somebody (RDS User Guide, "Viewing Amazon RDS DB instance status")."""


@dataclass(frozen=True)
class ResourceHealth:
    """A resource of an environment.

    Attributes:
        name: Its name in the project file.
        type: Its type there: `bucket`, `postgres`.
        state: `available`, `missing`, `unknown` without the permission to read it, or the state of AWS, in lower case.
        detail: Its name in AWS, and what is in it; may be empty.
    """

    name: str
    type: str
    state: str
    detail: str = ""

    @property
    def problem(self) -> Problem | None:
        """What is wrong with it; None while it is available, changes, or is not known."""
        where = Position(f"resource {self.name}")
        kind = {"postgres": "database", "mysql": "database", "valkey": "cache"}.get(self.type, self.type)
        if self.state == "missing":
            return Problem(where, f"the {kind} does not exist", fix="deploy it")
        is_broken = self.state.startswith(_BROKEN) or self.state.endswith("failed")
        return Problem(where, f"the state of the {kind} is {self.state}") if is_broken else None


@dataclass(frozen=True)
class StackHealth:
    """The health of an environment.

    Attributes:
        stack: The name of the stack: `shop-prod`.
        env: The environment.
        region: Its AWS region.
        account_id: Its AWS account, 12 digits.
        cluster: The name of its ECS cluster.
        services: The selected services, in the order of the project file.
        cluster_status: The status of the cluster in ECS: ACTIVE, PROVISIONING, DEPROVISIONING or FAILED.
        stopped: The record of `ecsforge stop`; None while the environment is not stopped.
        unread: What could not be read for lack of a permission.
        options: The options that select the environment, for the commands that messages suggest.
        resources: The resources; none when only some services are selected.
    """

    stack: str
    env: str
    region: str
    account_id: str
    cluster: str
    services: tuple[ServiceHealth, ...]
    cluster_status: str = "ACTIVE"
    stopped: Stopped | None = None
    unread: tuple[Problem, ...] = ()
    options: str = ""
    resources: tuple[ResourceHealth, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the cluster and with resources; empty while all of them are available."""
        resources = tuple(each.problem for each in self.resources if each.problem is not None)
        meaning = _CLUSTER_STATUS.get(self.cluster_status, "")
        if self.cluster_status == "ACTIVE":
            return resources
        what = f"its status is {self.cluster_status}" + (f": {meaning}" if meaning else "")
        return (Problem(Position(f"cluster {self.cluster}"), what), *resources)

    @property
    def healthy(self) -> bool:
        """Whether nothing has a problem: the cluster, the services, the databases and the caches."""
        return not self.problems and not self.unhealthy

    @property
    def unsettled(self) -> tuple[Problem, ...]:
        """What is neither a problem nor the state to stay in: a deployment in progress, a stopped environment."""
        stopped = f"the environment has been stopped since {self.stopped.moment}" if self.stopped else ""
        found = [Problem(Position(self.stack), stopped)] if stopped else []
        for service in self.services:
            if service.deployment is not None and service.deployment.state == "IN_PROGRESS":
                what = f"the deployment of {service.deployment.revision} is in progress"
                found.append(Problem(Position(f"service `{service.name}`"), what))
        return tuple(found)

    @property
    def unhealthy(self) -> tuple[ServiceHealth, ...]:
        """The services that have problems."""
        return tuple(service for service in self.services if service.problems)
