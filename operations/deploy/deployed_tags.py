"""The tags of images that environments run: `deployed-<env>-<digest>`.

They keep an image from expiring. A deploy sets them, and the destroy of an environment removes its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.text import counted
from stacks.errors import EcsforgeError
from stacks.naming import DEPLOYED_TAG, shared_repository

if TYPE_CHECKING:
    from operations.reporter import Reporter
    from stacks.project.models import Project

_TAG = re.compile(rf"{DEPLOYED_TAG}(?P<env>.+)-[0-9a-f]+")
_MOST = 100
"""The images in one request (ECR API reference, BatchDeleteImage)."""


@dataclass(frozen=True)
class DeployedTag:
    """A tag of an image that an environment runs."""

    repository: str
    tag: str
    env: str


def deployed_tags(ecr: Any, repositories: Iterable[str]) -> tuple[DeployedTag, ...]:
    """The tags of what environments run, in these repositories; those that do not exist have none.

    `ecr` is a boto3 client. Raises botocore's ClientError.
    """
    return tuple(
        DeployedTag(repository, tag, match["env"])
        for repository in repositories
        for tag in _tags(ecr, repository)
        if (match := _TAG.fullmatch(tag))
    )


def remove_deployed_tags(project: Project, reporter: Reporter) -> None:
    """Remove the tags of one environment after it was destroyed; a warning when the registry refuses it."""
    repositories = [
        shared_repository(project.project_id, name)
        for name, service in project.services.items()
        if service.has_shared_repository
    ]
    if not repositories:
        return
    where = f"removing the tags {DEPLOYED_TAG}{project.env}-*"
    try:
        with aws.errors(where):
            ecr = aws.client(aws.session(project.of_registry()), "ecr")
            found = [each for each in deployed_tags(ecr, repositories) if each.env == project.env]
            for repository in dict.fromkeys(each.repository for each in found):
                tags = [{"imageTag": each.tag} for each in found if each.repository == repository]
                for start in range(0, len(tags), _MOST):
                    ecr.batch_delete_image(repositoryName=repository, imageIds=tags[start : start + _MOST])
    except EcsforgeError as error:
        for problem in error.problems:
            reporter.warn(problem)
        return
    if found:
        reporter.detail(f"Removed {counted(len(found), 'tag')} {DEPLOYED_TAG}{project.env}-*")


def _tags(ecr: Any, repository: str) -> Iterator[str]:
    try:
        for page in ecr.get_paginator("describe_images").paginate(repositoryName=repository):
            for image in page["imageDetails"]:
                yield from image.get("imageTags", ())
    except ecr.exceptions.RepositoryNotFoundException:
        return
