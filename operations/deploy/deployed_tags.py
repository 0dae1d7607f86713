"""The tags of images that environments run: `deployed-<env>-<digest>`.

They keep an image from expiring. A deploy sets them, and the destroy of an environment removes its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from operations.images.registry import Registry, deployed_tag
from operations.images.services import registry_of
from operations.text import counted
from stacks.errors import EcsforgeError, ImageError
from stacks.image_reference import EcrRepository, ImageReference, ecr_repository
from stacks.naming import DEPLOYED_TAG, shared_repository

if TYPE_CHECKING:
    from operations.reporter import Reporter
    from stacks.project.models import Project


@dataclass(frozen=True)
class DeployedImage:
    """A tag of an image that an environment runs or ran."""

    repository: str
    tag: str
    env: str


def deployed_tags(registry: Registry, repositories: Iterable[str]) -> tuple[DeployedImage, ...]:
    """The tags of what environments run, in these repositories; those that do not exist have none.

    Raises:
        AwsError: ECR refused a request.
    """
    found: list[DeployedImage] = []
    for repository in repositories:
        try:
            found += (DeployedImage(repository, each.tag, each.env) for each in registry.deployed(repository))
        except ImageError:  # the repository does not exist
            continue
    return tuple(found)


def mark_deployed(project: Project, images: Mapping[str, str], reporter: Reporter) -> None:
    """Tag the images in the shared repositories that an environment runs now.

    The `KEPT_DEPLOYED` images before each keep their tag. When ECR refuses it, there is a warning: the environment runs
    all the same.

    Args:
        project: The project, resolved for the environment.
        images: What its services run, by service.
        reporter: Receives the warnings.
    """
    own = {name: reference for name, image in images.items() if (reference := _own_image(project, name, image))}
    if not own:
        return
    try:
        registry = registry_of(project)
        for name, reference in own.items():
            _mark(registry, project, name, reference)
    except EcsforgeError as error:
        for problem in error.problems:
            tag = f"{DEPLOYED_TAG}{project.env}-*"
            fix = f"run the command again: without a tag {tag} ECR may remove the image that runs"
            reporter.warn(replace(problem, fix=fix, severity="warning"))


def in_own_repositories(project: Project, images: Mapping[str, str]) -> set[str]:
    """The services whose image is in their shared repository, also those that the project no longer has."""
    found = {name: ecr_repository(image) for name, image in images.items()}
    return {name for name, each in found.items() if each and each.name == shared_repository(project.project_id, name)}


def unmark_deployed(project: Project, services: Iterable[str], reporter: Reporter) -> None:
    """Remove the tags of an environment from the repositories of services that it no longer runs.

    An image whose last tag it is goes too. When ECR refuses it, there is a warning.
    """
    repositories = [shared_repository(project.project_id, name) for name in services]
    if not repositories:
        return
    try:
        registry = registry_of(project)
        found = [each for each in deployed_tags(registry, repositories) if each.env == project.env]
        for repository in dict.fromkeys(each.repository for each in found):
            registry.untag(repository, [each.tag for each in found if each.repository == repository])
    except EcsforgeError as error:
        for problem in error.problems:
            reporter.warn(problem)
        return
    if found:
        reporter.detail(f"Removed {counted(len(found), 'tag')} {DEPLOYED_TAG}{project.env}-*")


def _own_image(project: Project, name: str, image: str) -> ImageReference | None:
    """The image, if it is in the service's repository of the shared registry."""
    service = project.services.get(name)
    if service is None or not service.has_shared_repository or not image:
        return None
    reference = ImageReference.parse(image)
    ecr, account = reference.ecr, project.registry_account
    if ecr is None or account not in (None, ecr.account_id):
        return None
    expected = EcrRepository(ecr.account_id, project.registry_region, shared_repository(project.project_id, name))
    return reference if ecr == expected else None


def _mark(registry: Registry, project: Project, name: str, reference: ImageReference) -> None:
    repository = shared_repository(project.project_id, name)
    found = None
    if reference.digest is None:
        found = registry.require(repository, reference.tag or "latest")
    digest = found.digest if found else str(reference.digest)
    found = found or registry.find(repository, digest=digest)
    if found is None or deployed_tag(project.env, digest) not in found.tags:
        registry.mark_deployed(repository, project.env, digest)
