"""The revisions of a service's task definition, and how their deployments ended.

The history comes from the service deployments of ECS, which it keeps for 90 days. Without them, or without the
permission to list them, every revision counts as usable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from operations import aws
from operations.health.deployments import ROLLBACKS, ServiceDeployment, ServiceDeployments
from operations.health.services import revision_of
from stacks.errors import AwsError

LISTED = 20
"""How many revisions are listed, the newest ones."""
PARALLEL_CALLS = 6
REVISIONS_PER_CALL = 20
"""The most service revisions that DescribeServiceRevisions accepts."""

Ending = Literal["completed", "failed", "stopped", "in progress", ""]
"""How the last deployment of a revision ended; empty if it is not known."""


@dataclass(frozen=True)
class TaskRevision:
    """A revision of a task definition.

    Attributes:
        arn: Its ARN.
        images: The image of each container, by its name.
        registered_at: When it was registered; None if ECS does not report it.
        ending: How its last deployment ended.
        deployed_at: When its last deployment began, in seconds since 1970; 0 if it is not known.
        is_active: Whether ECS starts tasks from it: not if it is deregistered.
    """

    arn: str
    images: Mapping[str, str] = field(default_factory=dict)
    registered_at: datetime | None = None
    ending: Ending = ""
    deployed_at: float = 0.0
    is_active: bool = True

    @property
    def name(self) -> str:
        """Its family and revision: `web-shop-dev:7`."""
        return revision_of(self.arn)

    @property
    def number(self) -> int:
        """Its number in the family."""
        return number_of(self.arn)

    def image(self, service: str) -> str:
        """The image of the service's own container; of the first one if a template names it otherwise."""
        return self.images.get(service) or next(iter(self.images.values()), "")


@dataclass(frozen=True)
class Ended:
    """How the last deployment of a task definition ended, and when it began, in seconds since 1970."""

    ending: Ending
    at: float


def number_of(arn: str) -> int:
    """The number of a revision; 0 for the ARN of a family."""
    number = revision_of(arn).rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def active_revisions(ecs: Any, family: str, *, limit: int = LISTED) -> tuple[TaskRevision, ...]:
    """The newest active revisions of a family, newest first. Raises botocore.exceptions.ClientError."""
    pages = ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix=family, status="ACTIVE", sort="DESC", PaginationConfig={"PageSize": 100, "MaxItems": 100}
    )
    arns = sorted((arn for page in pages for arn in page["taskDefinitionArns"]), key=number_of, reverse=True)
    with ThreadPoolExecutor(max_workers=PARALLEL_CALLS) as pool:
        return tuple(pool.map(lambda arn: described(ecs, arn), arns[:limit]))


def described(ecs: Any, name: str) -> TaskRevision:
    """A revision by its ARN or `FAMILY:NUMBER`; the newest active one of a family."""
    found = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    images = {each["name"]: each.get("image", "") for each in found["containerDefinitions"]}
    is_active = found.get("status", "ACTIVE") == "ACTIVE"
    return TaskRevision(found["taskDefinitionArn"], images, found.get("registeredAt"), is_active=is_active)


def endings(ecs: Any, cluster: str, service: str) -> dict[str, Ended]:
    """How the last deployments of an ECS service ended, by the ARN of their task definition.

    Empty where ECS, an older boto3 or the permissions do not allow to know it.
    """
    listed = ServiceDeployments(ecs, cluster).since(service, None) or ()
    latest = sorted(listed, key=lambda each: each.created_at, reverse=True)[:REVISIONS_PER_CALL]
    arns = list(dict.fromkeys(each.revision_arn for each in latest if each.revision_arn))
    if not arns or not hasattr(ecs, "describe_service_revisions"):
        return {}
    try:
        with aws.errors("service revisions"):
            answer = ecs.describe_service_revisions(serviceRevisionArns=arns)
            definitions = {each["serviceRevisionArn"]: each["taskDefinition"] for each in answer["serviceRevisions"]}
    except AwsError:
        return {}
    return _by_definition(latest, definitions)


def _by_definition(latest: Iterable[ServiceDeployment], definitions: Mapping[str, str]) -> dict[str, Ended]:
    found: dict[str, Ended] = {}
    for each in latest:
        definition = definitions.get(each.revision_arn)
        if definition is not None:
            found.setdefault(definition, Ended(_ending(each.status), each.created_at))
    return found


def _ending(status: str) -> Ending:
    if status == "SUCCESSFUL":
        return "completed"
    if status in ROLLBACKS:
        return "failed"
    if status in ("STOPPED", "STOP_REQUESTED", "ROLLBACK_REQUESTED"):
        return "stopped"
    return "in progress" if status in ("PENDING", "IN_PROGRESS") else ""
