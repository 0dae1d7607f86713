"""How an environment is: what ECS, the load balancer, the queues and the scheduler say about its services.

    Live ─> cluster ─> a reader per service, side by side ─> StackHealth

Nothing is changed, and Terraform is not asked: names come from `stacks.naming`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from operations import aws
from operations.health.environment import Live, unless_missing
from operations.health.jobs import job_of
from operations.health.model import (
    Deployment,
    Event,
    LoadBalancerTarget,
    Queue,
    Revision,
    ServiceHealth,
    StackHealth,
    Stopped,
    Tasks,
)
from operations.health.stopped_tasks import StoppedTask, described_tasks, stopped_task
from operations.health.wait import SERVICES_PER_CALL
from stacks.errors import AwsError

if TYPE_CHECKING:
    from stacks.naming import Names
    from stacks.project.models import Service

AT_ONCE = 6
"""Services that are asked about at the same time."""
TOLD = 5
"""How many stopped tasks and events of a service are told."""
_STATES: tuple[Literal["RUNNING", "STOPPED"], ...] = ("RUNNING", "STOPPED")
_WAITING, _IN_FLIGHT = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
_NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")

Clients = Mapping[str, Any]


def status(live: Live) -> StackHealth:
    """How the chosen services of an environment are.

    Raises AwsError when the environment is not deployed, or AWS refuses to tell.
    """
    services = live.services
    with aws.errors(f"status of {live.names.stack}"):
        clients = {name: live.client(name) for name in _needed(services.values())}
        _require_cluster(live, clients["ecs"])
        found = described_services(clients["ecs"], live.names, services)

        def read(name: str) -> ServiceHealth:
            return health_of(clients, live.names, name, services[name], found.get(name))

        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            healths = tuple(pool.map(read, services))
    project = live.project
    return StackHealth(live.names.stack, project.env, project.region, live.account_id, live.names.cluster, healths)


def _needed(services: Iterable[Service]) -> set[str]:
    """The AWS services to ask. A client takes a tenth of a second to make, and can't be made side by side."""
    needed = {"ecs"}
    for service in services:
        needed |= {"elbv2"} if service.type == "web" else set()
        needed |= {"scheduler", "sqs", "logs"} if service.type == "job" else set()
        needed |= {"sqs"} if service.queue else set()
    return needed


def _require_cluster(live: Live, ecs: Any) -> None:
    name = live.names.cluster
    clusters = ecs.describe_clusters(clusters=[name])["clusters"]
    if not any(cluster["status"] == "ACTIVE" for cluster in clusters):
        raise AwsError(
            f"{live.names.stack}: this environment is not deployed; got no ECS cluster {name} in "
            f"{live.project.region} of account {live.account_id}; {live.how_to_deploy}"
        )


def described_services(ecs: Any, names: Names, services: Mapping[str, Service]) -> dict[str, dict[str, Any]]:
    """What DescribeServices says, by the name in the project file; jobs and what ECS does not have are left out."""
    wanted = {names.service(name): name for name, service in services.items() if service.type != "job"}
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(wanted), SERVICES_PER_CALL):
        batch = list(wanted)[start : start + SERVICES_PER_CALL]
        answer = ecs.describe_services(cluster=names.cluster, services=batch)
        found |= {wanted[each["serviceName"]]: each for each in answer["services"] if each["status"] != "INACTIVE"}
    return found


def health_of(
    clients: Clients, names: Names, name: str, spec: Service, described: dict[str, Any] | None
) -> ServiceHealth:
    """How one service is. `described` is what DescribeServices says about it; None for a job, or when it is not there.

    Raises botocore's ClientError for what AWS refuses.
    """
    parts = list(_parts(clients, names, name, spec))
    fields = {field: value for field, _, value in parts}
    missing = [what for _, what, value in parts if value is None]
    if described is not None:
        fields |= _of_ecs(clients["ecs"], names, name, described)
    elif spec.type != "job":
        missing.insert(0, "the ECS service")
    return ServiceHealth(name, spec.type, tuple(missing), **fields)


def _parts(clients: Clients, names: Names, name: str, spec: Service) -> Iterator[tuple[str, str, Any]]:
    """What stands beside the ECS service: field of `ServiceHealth`, words, value; None when AWS does not have it."""
    if spec.type == "job":
        yield "job", "the schedule", job_of(clients, names, name)
        yield "dead_letters", "the dead-letter queue", _waiting(clients["sqs"], names.queue(name, dead=True))
    if spec.type == "web":
        group = names.target_group(name, spec.port, spec.http.protocol)
        yield "targets", "the target group", _targets(clients["elbv2"], group)
    if spec.queue:
        fifo = spec.queue.fifo
        yield "queue", "the queue", _queue(clients["sqs"], names.queue(name, fifo=fifo))
        dead = names.queue(name, dead=True, fifo=fifo)
        yield "dead_letters", "the dead-letter queue", _waiting(clients["sqs"], dead)


def _of_ecs(ecs: Any, names: Names, name: str, service: dict[str, Any]) -> dict[str, Any]:
    """The fields of `ServiceHealth` that come from an ECS service, its deployments and its tasks."""
    family, group = names.task_definition(name), f"service:{names.service(name)}"
    running, stopped = (
        [task for task in described_tasks(ecs, names.cluster, state, family=family) if task.get("group") == group]
        for state in _STATES
    )
    deployments = service["deployments"]
    primary = next((each for each in deployments if each["status"] == "PRIMARY"), None)
    failed = (each for each in deployments if each is not primary and each.get("rolloutState") == "FAILED")
    told = sorted(map(stopped_task, stopped), key=lambda task: task.stopped_at, reverse=True)
    return {
        "tasks": Tasks(service["runningCount"], service["desiredCount"], service["pendingCount"]),
        "revisions": tuple(_revision(ecs, each, running) for each in deployments if each["runningCount"]),
        "deployment": _deployment(primary) if primary else None,
        "rolled_back": next(map(_deployment, failed), None),
        "stopped": tuple(map(_stopped, told[:TOLD])),
        "events": tuple(Event(each["createdAt"], each["message"]) for each in service.get("events", [])[:TOLD]),
        "crashes": sum(_crashed(task, primary) for task in stopped) if primary else 0,
    }


def _revision(ecs: Any, deployment: dict[str, Any], tasks: Iterable[dict[str, Any]]) -> Revision:
    arn = deployment["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    digests = {
        container["name"]: container["imageDigest"]
        for task in tasks
        if task["taskDefinitionArn"] == arn
        for container in task["containers"]
        if container.get("imageDigest")
    }
    images = {
        each["name"]: _with_digest(each["image"], digests.get(each["name"]))
        for each in definition["containerDefinitions"]
    }
    return Revision(_short(arn), deployment["runningCount"], images)


def _with_digest(image: str, digest: str | None) -> str:
    """A tag can be moved; the digest tells which image it stood for when the task started."""
    return image if digest is None or "@" in image else f"{image}@{digest}"


def _deployment(primary: dict[str, Any]) -> Deployment:
    running, desired = primary["runningCount"], primary["desiredCount"]
    return Deployment(
        # ECS leaves the state out where the deployment is another controller's.
        primary.get("rolloutState", "COMPLETED" if running >= desired else "IN_PROGRESS"),
        primary.get("rolloutStateReason", ""),
        min(100, 100 * running // desired) if desired else 100,
        _short(primary["taskDefinition"]),
        primary.get("failedTasks", 0),
        primary.get("createdAt"),
        primary.get("updatedAt"),
    )


def _stopped(task: StoppedTask) -> Stopped:
    moment = datetime.fromtimestamp(task.stopped_at, UTC) if task.stopped_at else None
    return Stopped(task.id, moment, str(task), task.crashed, task.advice)


def _crashed(task: dict[str, Any], primary: dict[str, Any]) -> bool:
    """Whether the task is one that the last deployment has started, and crashed."""
    told = stopped_task(task)
    since = primary["createdAt"].timestamp() if "createdAt" in primary else 0.0
    return task["taskDefinitionArn"] == primary["taskDefinition"] and told.stopped_at >= since and told.crashed


def _targets(elb: Any, name: str) -> tuple[LoadBalancerTarget, ...] | None:
    answer = unless_missing(("TargetGroupNotFound",), lambda: elb.describe_target_groups(Names=[name]))
    if answer is None:
        return None
    health = elb.describe_target_health(TargetGroupArn=answer["TargetGroups"][0]["TargetGroupArn"])
    return tuple(map(_target, health["TargetHealthDescriptions"]))


def _target(described: dict[str, Any]) -> LoadBalancerTarget:
    target, health = described["Target"], described["TargetHealth"]
    reason = ": ".join(filter(None, [health.get("Reason"), health.get("Description")]))
    return LoadBalancerTarget(f"{target['Id']}:{target['Port']}", health["State"], reason)


def _queue(sqs: Any, name: str) -> Queue | None:
    counts = _counts(sqs, name)
    return None if counts is None else Queue(name, counts[_WAITING], counts[_IN_FLIGHT])


def _waiting(sqs: Any, name: str) -> int | None:
    counts = _counts(sqs, name)
    return None if counts is None else counts[_WAITING]


def _counts(sqs: Any, name: str) -> dict[str, int] | None:
    found = unless_missing(_NO_QUEUE, lambda: sqs.get_queue_url(QueueName=name))
    if found is None:
        return None
    answer = sqs.get_queue_attributes(QueueUrl=found["QueueUrl"], AttributeNames=[_WAITING, _IN_FLIGHT])
    return {attribute: int(value) for attribute, value in answer["Attributes"].items()}


def _short(arn: str) -> str:
    """`web-shop-dev:7` of a task definition's ARN."""
    return arn.rpartition("/")[2]
