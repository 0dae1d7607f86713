"""The registry of a project, and the tags of the images that an environment runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from operations import aws
from operations.images.registry import Registry
from stacks.errors import EcsforgeError
from stacks.image_reference import ImageReference
from stacks.naming import DEPLOYED_TAG, shared_repository
from stacks.project.models import PLATFORMS

if TYPE_CHECKING:
    from operations.reporter import Reporter
    from stacks.project.models import Project


def platform_of(project: Project, service: str) -> str:
    """The platform that a service's image has to be for, such as `linux/arm64`."""
    return PLATFORMS[project.services[service].architecture]


def registry_of(project: Project, *, on_slow: Callable[[str], None] | None = None) -> Registry:
    """The registry of the services with `build` or `repository`, in its own account and role.

    Raises:
        AwsError: There are no valid credentials, or they are for another account than the registry's.
    """
    place = project.of_registry()
    session = aws.session(place, on_slow=on_slow)
    if place.account_id is not None:
        aws.check_account(place, aws.identity(session))
    return Registry(session, account_id=place.account_id)


def mark(project: Project, images: Mapping[str, str], reporter: Reporter) -> None:
    """Tag the images in the shared repositories that an environment runs now, so that they do not expire.

    When ECR refuses it, there is a warning: the environment runs them all the same.

    Args:
        project: The project, resolved for the environment.
        images: What its services run, by service.
        reporter: Receives the warnings.
    """
    try:
        found = {name: digest for name, image in images.items() if (digest := _shared_digest(project, name, image))}
        registry = registry_of(project) if found else None
        for name, digest in found.items():
            assert registry is not None
            registry.mark_deployed(shared_repository(project.project_id, name), project.env, digest)
    except EcsforgeError as error:
        fix = f"run the command again: without a tag {DEPLOYED_TAG}{project.env}-* ECR may remove the image that runs"
        for problem in error.problems:
            reporter.warn(replace(problem, fix=fix, severity="warning"))


def _shared_digest(project: Project, name: str, image: str) -> str | None:
    """The digest of an image in the service's shared repository; None for any other image."""
    reference = ImageReference.parse(image)
    ecr, account = reference.ecr, project.registry_account
    if ecr is None or not project.services[name].has_shared_repository or account not in (None, ecr.account_id):
        return None
    is_own = (ecr.region, ecr.name) == (project.registry_region, shared_repository(project.project_id, name))
    return reference.digest if is_own else None
