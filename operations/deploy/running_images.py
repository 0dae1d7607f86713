"""What the services of an environment run now.

It comes from ECS and EventBridge Scheduler: the state does not know what a pipeline, a release or a rollback has
changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.deploy.task_revisions import Definition, find_definition
from operations.health.environment import none_if_missing
from operations.health.jobs import follows_family
from operations.health.services import EcsService
from operations.health.status import ecs_services
from operations.health.stopped_tasks import describe_tasks
from operations.images.registry import Registry
from stacks.errors import ImageError
from stacks.image_reference import ImageReference

if TYPE_CHECKING:
    from operations.health.environment import Environment

_NO_CLUSTER = ("ClusterNotFoundException",)
_NO_SCHEDULE = ("ResourceNotFoundException",)


@dataclass(frozen=True)
class Running:
    """What a service runs.

    Attributes:
        service: The service.
        definition: The task definition of its current deployment, or that its schedule runs.
        image: The image of its container, as the definition names it; empty if it has no such container.
        digests: The digests of that image in its running tasks; none where ECS does not report them.
        settled: Whether its deployment is complete; always true for a job.
        follows_family: Whether its schedule names no revision, and so runs the newest one.
    """

    service: str
    definition: Definition
    image: str
    digests: tuple[str, ...] = ()
    settled: bool = True
    follows_family: bool = False


def running_services(environment: Environment) -> dict[str, Running]:
    """What the selected services of an environment run, by service, without those that are not deployed.

    Raises:
        AwsError: AWS refused a request.
    """
    with aws.errors(f"what {environment.names.stack} runs"):
        return dict(_services(environment, environment.client("ecs"))) | dict(_jobs(environment))


def image_by_digest(environment: Environment, running: Running) -> str:
    """The image that a service runs, by its digest.

    That is the digest of the definition, else that of the running tasks, else the one that the tag has in ECR.

    Raises:
        ImageError: The digest is not known.
        AwsError: ECR refused a request.
    """
    reference, where = ImageReference.parse(running.image), f"{running.service} in {environment.project.env}"
    if reference.digest is not None:
        return running.image
    if len(running.digests) == 1:
        return str(reference.with_digest(running.digests[0]))
    if len(running.digests) > 1:
        fix = f"the tag was moved: deploy one of them to {environment.project.env} by its digest"
        raise ImageError.of(where, "its tasks run different images", got=", ".join(running.digests), fix=fix)
    if reference.ecr is None:
        fix = f"deploy it to {environment.project.env} by its digest, NAME@sha256:..., or start a task of it"
        raise ImageError.of(where, "the digest of its image is not known", got=running.image, fix=fix)
    registry = Registry(environment.session, region=reference.ecr.region, account_id=reference.ecr.account_id)
    return str(reference.with_digest(registry.require(reference.ecr.name, reference.tag or "latest").digest))


def _services(environment: Environment, ecs: Any) -> dict[str, Running]:
    names, services = environment.names, environment.services
    listed = none_if_missing(_NO_CLUSTER, lambda: ecs_services(ecs, names, services)) or {}
    found = {}
    for name, service in listed.items():
        primary = service.primary if service.status == "ACTIVE" else None
        definition = find_definition(ecs, primary.task_definition) if primary else None
        if definition is not None:
            container = definition.container_of(name)
            image = definition.image_of(container)
            digests = () if "@" in image else _digests(ecs, names.cluster, service, definition, container)
            settled = primary is not None and primary.state == "COMPLETED"
            found[name] = Running(name, definition, image, digests, settled)
    return found


def _digests(
    ecs: Any, cluster: str, service: EcsService, definition: Definition, container: str | None
) -> tuple[str, ...]:
    """The digests of the image of a container in the running tasks of a definition, sorted."""
    tasks = describe_tasks(ecs, cluster, "RUNNING", serviceName=service.name)
    return tuple(
        sorted(
            {
                each["imageDigest"]
                for task in tasks
                if task["taskDefinitionArn"] == definition.arn
                for each in task["containers"]
                if each["name"] == container and each.get("imageDigest")
            }
        )
    )


def _jobs(environment: Environment) -> dict[str, Running]:
    jobs = [name for name, service in environment.services.items() if service.type == "job"]
    if not jobs:
        return {}
    ecs, scheduler = environment.client("ecs"), environment.client("scheduler")
    found = {}
    for name in jobs:
        schedule = find_schedule(scheduler, environment.names.schedule(name))
        arn = schedule and schedule["Target"].get("EcsParameters", {}).get("TaskDefinitionArn")
        definition = find_definition(ecs, arn) if arn else None
        if schedule is not None and definition is not None:
            image = definition.image_of(definition.container_of(name))
            found[name] = Running(name, definition, image, follows_family=follows_family(schedule))
    return found


def find_schedule(scheduler: Any, name: str) -> dict[str, Any] | None:
    """The schedule with this name as GetSchedule returns it; None if there is none."""
    return none_if_missing(_NO_SCHEDULE, lambda: dict(scheduler.get_schedule(Name=name)))
