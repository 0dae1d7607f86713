"""Revisions of task definitions: the newest one of a family, and one that differs only in an image.

Sources: the ECS API reference. DescribeTaskDefinition: a family without a revision is its latest ACTIVE one.
RegisterTaskDefinition: which fields can be set; the others of DescribeTaskDefinition are ECS's own. Tags that begin
with `aws:` are AWS's own and can't be set (API_Tag).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from operations.health.environment import none_if_missing
from operations.health.services import revision_of

_NOT_FOUND = ("ClientException",)
_OWN_TAGS = "aws:"


@dataclass(frozen=True)
class Definition:
    """A revision of a task definition.

    Attributes:
        described: It as DescribeTaskDefinition returns it.
        tags: Its tags.
    """

    described: Mapping[str, Any]
    tags: tuple[Mapping[str, str], ...] = ()

    @property
    def arn(self) -> str:
        """Its ARN, with the revision."""
        return str(self.described["taskDefinitionArn"])

    @property
    def revision(self) -> str:
        """Its family and revision: `web-shop-dev:7`."""
        return revision_of(self.arn)

    @property
    def containers(self) -> tuple[str, ...]:
        """The names of its containers."""
        return tuple(each["name"] for each in self.described["containerDefinitions"])

    def container_of(self, service: str) -> str | None:
        """The container of a service: that of its name, or the only one, which a user's template may name differently.

        None if there are others only.
        """
        if service in self.containers:
            return service
        return self.containers[0] if len(self.containers) == 1 else None

    def image_of(self, container: str | None) -> str:
        """The image of a container; empty without the container."""
        images = {each["name"]: each["image"] for each in self.described["containerDefinitions"]}
        return str(images.get(container or "", ""))

    def with_image(self, container: str, image: str) -> Definition:
        """The same definition with another image of one container. It is not registered."""
        containers = [
            {**each, "image": image} if each["name"] == container else each
            for each in self.described["containerDefinitions"]
        ]
        return Definition({**self.described, "containerDefinitions": containers}, self.tags)


def find_definition(ecs: Any, name: str) -> Definition | None:
    """The task definition with this ARN, or the newest active one of a family; None if there is none.

    Raises botocore.exceptions.ClientError when AWS refuses the request.
    """

    def describe() -> Any:
        return ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])

    answer = none_if_missing(_NOT_FOUND, describe)
    return None if answer is None else Definition(answer["taskDefinition"], tuple(answer.get("tags", ())))


def arguments(ecs: Any, definition: Definition) -> dict[str, Any]:
    """The arguments of RegisterTaskDefinition that register a definition again, without its tags."""
    settable = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    return {key: value for key, value in definition.described.items() if key in settable}


def register(ecs: Any, definition: Definition) -> Definition:
    """Register a definition as a new revision of its family, with its tags, and return that.

    Raises botocore.exceptions.ClientError when AWS refuses the request.
    """
    tags = [dict(tag) for tag in definition.tags if not tag["key"].startswith(_OWN_TAGS)]
    answer = ecs.register_task_definition(**arguments(ecs, definition), **({"tags": tags} if tags else {}))
    return Definition(answer["taskDefinition"], tuple(tags))
