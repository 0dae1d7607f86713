"""The constructs of `resources`, and what services get that use them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from stacks.bindings import aws, terraform_type
from stacks.constructs.base import Scope
from stacks.constructs.bucket import Bucket
from stacks.constructs.environment import Environment
from stacks.constructs.queue import subscription_id
from stacks.constructs.table import Table
from stacks.constructs.topic import Topic
from stacks.errors import SynthError
from stacks.grants import Grant
from stacks.naming import identifier
from stacks.project import models
from stacks.project.models import Project, Queue
from stacks.project.uses import QUEUE, STORES, Used, used_by
from stacks.use_grants import use_grants


class DataResource(Protocol):
    """A construct of `resources`.

    Attributes:
        arn: Its ARN.
        properties: What `uses` and references from other Terraform offer, as Terraform expressions.
    """

    arn: str
    properties: dict[str, str]


@dataclass(frozen=True)
class Uses:
    """What a service gets for everything that it uses.

    Attributes:
        environment: The environment variables, as Terraform expressions.
        grants: The statements of its task role.
        depends_on: The addresses of what must exist before its first task: the subscriptions to its topics, because
            SNS drops a message that nobody is subscribed to.
        used: What it uses, to measure the statements.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    depends_on: tuple[str, ...] = ()
    used: tuple[Used, ...] = ()


NO_USES = Uses()


def resource_id(name: str) -> str:
    """The construct ID of the resource `name`."""
    return f"resource_{identifier(name)}"


def data_resources(scope: Scope, environment: Environment, project: Project) -> dict[str, DataResource]:
    """The constructs of `resources` but databases and caches (`stacks.constructs.stores`), by name."""
    return {
        name: _data_resource(scope, environment, name, config)
        for name, config in project.resources.items()
        if config.type not in STORES
    }


def _data_resource(scope: Scope, environment: Environment, name: str, config: models.Resource) -> DataResource:
    id = resource_id(name)
    if isinstance(config, models.Bucket):
        return Bucket(scope, id, environment, name, config)
    if isinstance(config, models.Table):
        return Table(scope, id, environment, name, config)
    if isinstance(config, models.Topic):
        return Topic(scope, id, environment, name, config)
    raise SynthError.of(f"resources.{name}", f"{config.type} is not supported yet")


def uses_of(project: Project, environment: Environment, resources: Mapping[str, DataResource], service: str) -> Uses:
    """What the service `service` gets for what it uses."""
    used = tuple(used_by(project, project.services[service]))
    if not used:
        return NO_USES
    targets = [(each, _properties(each, resources)) for each in used if each.kind not in STORES]
    grants = use_grants(
        [(each, properties["arn"]) for each, properties in targets], environment.account.region, environment.key_arn
    )
    variables = {
        variable: properties[key] for each, properties in targets for key, variable in each.use.variables.items()
    }
    return Uses(variables, tuple(grants), tuple(_subscriptions(project, used)), used)


def _properties(used: Used, resources: Mapping[str, DataResource]) -> Mapping[str, str]:
    """The properties of a target. A queue may be created after the services that use it, so it is named by address."""
    if used.kind != QUEUE:
        return resources[used.name].properties
    address = f"{terraform_type(aws.sqs_queue.SqsQueue)}.{identifier(used.name)}_queue"
    return {"url": f"${{{address}.url}}", "arn": f"${{{address}.arn}}"}


def _subscriptions(project: Project, used: tuple[Used, ...]) -> Iterator[str]:
    topics = {each.name for each in used if each.kind == "topic"}
    kind = terraform_type(aws.sns_topic_subscription.SnsTopicSubscription)
    for name, service in project.services.items():
        queue = service.queue or Queue()
        for each in queue.subscriptions:
            if each.topic in topics:
                yield f"{kind}.{subscription_id(name, each, queue)}"
