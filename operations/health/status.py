"""The health of an environment, from ECS, the load balancer, SQS and EventBridge Scheduler.

    Environment ─> cluster ─> each service, in parallel ─> StackHealth

It only reads, and does not run Terraform: names come from `stacks.naming`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.health.cluster import cluster_of
from operations.health.environment import Environment, none_if_missing
from operations.health.jobs import job_of
from operations.health.model import (
    Job,
    LoadBalancerTarget,
    NewerRevision,
    Queue,
    Revision,
    ServiceHealth,
    StackHealth,
)
from operations.health.monitoring import Monitoring, is_monitored
from operations.health.resources import resources_of
from operations.health.services import Deployment, EcsService, describe_services, revision_of
from operations.health.stopped_tasks import crashes_of, describe_tasks, latest_first, stopped_task
from stacks.image_reference import has_digest
from stacks.project.targets import target_group_names

if TYPE_CHECKING:
    from stacks.naming import Names
    from stacks.project.models import Service

PARALLEL_SERVICES = 6
"""How many services are read in parallel."""
STOPPED_TASKS = 5
"""How many stopped tasks of a service are returned."""
_WAITING, _IN_FLIGHT = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
_NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")

Clients = Mapping[str, Any]


def status(environment: Environment) -> StackHealth:
    """The health of the selected services of an environment.

    Raises AwsError when the environment is not deployed, or AWS refuses a request.
    """
    services, names = environment.services, environment.names
    with aws.errors(f"status of {names.stack}"):
        clients = {name: environment.client(name) for name in _aws_services(services.values())}
        cluster = cluster_of(environment, clients["ecs"])
        found = ecs_services(clients["ecs"], names, services)

        monitor = Monitoring(clients.get("cloudwatch"), names)
        alarms = monitor.alarms(services)

        def read(name: str) -> ServiceHealth:
            health = health_of(clients, names, name, services[name], found.get(name))
            queue = monitor.with_age(health.queue) if health.queue else None
            is_stopped = cluster.stopped is not None
            return replace(health, queue=queue, alarms=alarms.get(name, ()), is_stopped=is_stopped)

        with ThreadPoolExecutor(max_workers=PARALLEL_SERVICES) as pool:
            healths = tuple(pool.map(read, services))
        resources = resources_of(environment) if environment.project.resources else ()
    project = environment.project
    return StackHealth(
        names.stack,
        project.env,
        project.region,
        environment.account_id,
        names.cluster,
        healths,
        cluster.status,
        cluster.stopped,
        tuple(monitor.denied),
        environment.options,
        resources,
    )


def ecs_services(ecs: Any, names: Names, services: Mapping[str, Service]) -> dict[str, EcsService]:
    """The ECS services of the web services and workers, by name in the project file, without those that do not exist.

    Raises botocore.exceptions.ClientError when AWS refuses a request.
    """
    wanted = {names.service(name): name for name, service in services.items() if service.type != "job"}
    return {wanted[each]: service for each, service in describe_services(ecs, names.cluster, wanted).items()}


def health_of(clients: Clients, names: Names, name: str, service: Service, ecs: EcsService | None) -> ServiceHealth:
    """The health of one service.

    Arguments:
        clients: boto3 clients, by AWS service; those that the type of the service needs.
        names: The AWS names of the environment.
        name: The service's name in the project file.
        service: The service in the project file.
        ecs: The service in ECS; None for a job, or when it does not exist.

    Raises botocore.exceptions.ClientError when AWS refuses a request.
    """
    parts = list(_parts(clients, names, name, service))
    fields = {field: value for field, _, value in parts}
    missing = [label for _, label, value in parts if value is None]
    runs = ""
    if ecs is not None:
        fields |= _tasks(clients["ecs"], names, name, ecs)
        runs = ecs.primary.revision if ecs.primary and ecs.primary.state == "COMPLETED" else ""
    elif service.type != "job":
        missing.insert(0, "the ECS service")
    job: Job | None = fields.get("job")
    if job is not None and not job.follows_family:
        runs = job.task_definition
    newer = _newer(clients["ecs"], names.task_definition(name), runs, service) if runs else None
    return ServiceHealth(name, service.type, tuple(missing), ecs, newer=newer, **fields)


def _aws_services(services: Iterable[Service]) -> set[str]:
    """The AWS services to call. A client takes 0.1 s to create, and clients can't be created in parallel."""
    needed = {"ecs"}
    for service in services:
        needed |= {"elbv2"} if service.type == "web" else set()
        needed |= {"scheduler", "sqs", "logs"} if service.type == "job" else set()
        needed |= {"sqs"} if service.queue else set()
        needed |= {"cloudwatch"} if is_monitored(service) else set()
    return needed


def _parts(clients: Clients, names: Names, name: str, service: Service) -> Iterator[tuple[str, str, Any]]:
    """The parts of a service besides the ECS service: field of `ServiceHealth`, label, value; None if it is missing."""
    if service.type == "job":
        yield "job", "the schedule", job_of(clients, names, name)
        yield "dead_letters", "the dead-letter queue", _waiting(clients["sqs"], names.queue(name, dead=True))
    if groups := target_group_names(names, name, service):
        found = [_targets(clients["elbv2"], group) for group in groups]
        whole = None if None in found else tuple(each for group in found for each in group or ())
        yield "targets", "the target group" if len(found) == 1 else "a target group", whole
    if service.queue:
        fifo = service.queue.fifo
        yield "queue", "the queue", _queue(clients["sqs"], names.queue(name, fifo=fifo))
        dead = names.queue(name, dead=True, fifo=fifo)
        yield "dead_letters", "the dead-letter queue", _waiting(clients["sqs"], dead)


def _tasks(ecs: Any, names: Names, name: str, service: EcsService) -> dict[str, Any]:
    """The fields of `ServiceHealth` that come from the tasks of an ECS service."""
    family, group = names.task_definition(name), f"service:{service.name}"
    running = [each for each in describe_tasks(ecs, names.cluster, "RUNNING", family=family) if _in(group, each)]
    ended = [each for each in describe_tasks(ecs, names.cluster, "STOPPED", family=family) if _in(group, each)]
    stopped = latest_first(map(stopped_task, ended))
    return {
        "revisions": tuple(_revision(ecs, each, running) for each in service.deployments if each.running),
        "stopped": stopped[:STOPPED_TASKS],
        "unhealthy_tasks": sum(each.get("healthStatus") == "UNHEALTHY" for each in running),
        "crashes": len(crashes_of(service.primary, stopped)) if service.primary else 0,
    }


def _newer(ecs: Any, family: str, runs: str, service: Service) -> NewerRevision | None:
    """The newest revision of a family; None if it is the one that runs, or all revisions are deregistered."""
    answer = none_if_missing(("ClientException",), lambda: ecs.describe_task_definition(taskDefinition=family))
    newest = revision_of(answer["taskDefinition"]["taskDefinitionArn"]) if answer else runs
    if newest == runs:
        return None
    return NewerRevision(runs, newest, service.deployment.image_owner != "external")


def _in(group: str, task: dict[str, Any]) -> bool:
    """Whether a task belongs to a task group: tasks of the same family may have been started without the service."""
    return task.get("group") == group


def _revision(ecs: Any, deployment: Deployment, tasks: Iterable[dict[str, Any]]) -> Revision:
    arn = deployment.task_definition
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
    return Revision(deployment.revision, deployment.running, images)


def _with_digest(image: str, digest: str | None) -> str:
    """The digest is the image that the task pulled; the tag may have been moved since."""
    return image if digest is None or has_digest(image) else f"{image}@{digest}"


def _targets(elb: Any, name: str) -> tuple[LoadBalancerTarget, ...] | None:
    answer = none_if_missing(("TargetGroupNotFound",), lambda: elb.describe_target_groups(Names=[name]))
    if answer is None:
        return None
    health = elb.describe_target_health(TargetGroupArn=answer["TargetGroups"][0]["TargetGroupArn"])
    return tuple(map(_target, health["TargetHealthDescriptions"]))


def _target(description: dict[str, Any]) -> LoadBalancerTarget:
    target, health = description["Target"], description["TargetHealth"]
    reason = ": ".join(filter(None, [health.get("Reason"), health.get("Description")]))
    address = f"{target['Id']}:{target['Port']}" if "Port" in target else target["Id"]
    return LoadBalancerTarget(address, health["State"], reason)


def _queue(sqs: Any, name: str) -> Queue | None:
    counts = _counts(sqs, name)
    return None if counts is None else Queue(name, counts[_WAITING], counts[_IN_FLIGHT])


def _waiting(sqs: Any, name: str) -> int | None:
    counts = _counts(sqs, name)
    return None if counts is None else counts[_WAITING]


def _counts(sqs: Any, name: str) -> dict[str, int] | None:
    found = none_if_missing(_NO_QUEUE, lambda: sqs.get_queue_url(QueueName=name))
    if found is None:
        return None
    answer = sqs.get_queue_attributes(QueueUrl=found["QueueUrl"], AttributeNames=[_WAITING, _IN_FLIGHT])
    return {attribute: int(value) for attribute, value in answer["Attributes"].items()}
