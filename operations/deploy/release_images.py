"""The images that `release` names with `--image` or `--tag`, by digest, for services with `image_owner: external`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from operations.images.registry import Registry
from operations.images.resolve import read_reference, resolve
from operations.images.services import platform_of, registry_of
from stacks.errors import ImageError, Position, Problem, UsageError
from stacks.image_reference import ImageReference, InvalidImageError, check_tag, ecr_repository
from stacks.naming import shared_repository
from stacks.role_policies import needs_repository

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from stacks.project.models import Project


@dataclass(frozen=True)
class WantedImage:
    """The image of the options: a reference, or a tag in the repository of each service."""

    reference: ImageReference | None
    tag: str | None = None

    @classmethod
    def parse(cls, image: str | None, tag: str | None) -> WantedImage:
        """The options as typed. Raises UsageError."""
        if (image is None) == (tag is None):
            what = "no image is named" if image is None else "--image and --tag can't be combined"
            raise UsageError.of("", what, fix="pass --image IMAGE or --tag TAG")
        if image is not None:
            return cls(read_reference(image, "--image"))
        try:
            check_tag(tag or "")
        except InvalidImageError as error:
            raise UsageError.of("--tag", error.what, got=error.got, fix=error.fix) from error
        return cls(None, tag)

    @property
    def options(self) -> tuple[str, ...]:
        """The options, for a command that a message suggests."""
        return ("--image", str(self.reference)) if self.reference is not None else ("--tag", str(self.tag))


def require_external(project: Project, names: Sequence[str], wanted: WantedImage) -> None:
    """Raise UsageError for a service whose image Terraform deploys, with the command that does it."""
    known = [name for name in names if name in project.services]
    owned = [name for name in known if project.services[name].deployment.image_owner != "external"]
    if owned:
        raise UsageError(*(_owned(project, name, wanted) for name in owned))


def images_by_digest(environment: Environment, names: Sequence[str], wanted: WantedImage) -> dict[str, str]:
    """The image of each service. One in ECR is by its digest, and for the architecture of the service.

    Raises:
        ImageError: An image or a tag does not exist, or not for the architecture.
        AwsError: ECR refused a request.
    """
    images: dict[str, str] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            images[name] = str(_image(environment, name, wanted))
        except ImageError as error:
            problems += error.problems
    if problems:
        raise ImageError(*dict.fromkeys(problems))
    return images


def _owned(project: Project, name: str, wanted: WantedImage) -> Problem:
    option = f"{name}={wanted.reference or 'IMAGE'}"
    options: tuple[str, ...] = ("--image", option)
    if wanted.tag is not None and project.services[name].image_is_deployed:
        options = ("--tag", wanted.tag)
    what = "its image is deployed by Terraform, because it has no `image_owner: external`"
    return Problem(
        Position(f"services.{name}"), what, None, f"run `ecsforge deploy --env {project.env} {' '.join(options)}`"
    )


def _image(environment: Environment, name: str, wanted: WantedImage) -> ImageReference:
    project = environment.project
    platform = platform_of(project, name)
    if wanted.reference is not None:
        return resolve(environment.session, name, wanted.reference, platform=platform)
    registry, repository = _repository(environment, name)
    found = registry.require(repository, str(wanted.tag))
    registry.check_platform(name, repository, found.digest, platform)
    return found.reference


def _repository(environment: Environment, name: str) -> tuple[Registry, str]:
    """The repository of a service: shared, in the environment's stack, or that of its `image`."""
    project = environment.project
    service = project.services[name]
    if service.has_shared_repository:
        return registry_of(project), shared_repository(project.project_id, name)
    if needs_repository(service):
        registry, repository = Registry(environment.session), environment.names.repository(name)
        try:
            registry.uri(repository)
        except ImageError as error:
            fix = "deploy the environment, which creates it:"
            raise ImageError(*(replace(each, fix=fix, command=("deploy",)) for each in error.problems)) from error
        return registry, repository
    place = ecr_repository(service.image)
    assert place is not None  # otherwise it needs a repository
    return Registry(environment.session, region=place.region, account_id=place.account_id), place.name
