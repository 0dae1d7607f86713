"""The images that the options of a deploy name: `--image SERVICE=IMAGE`, `--tag TAG`, `--build`.

    options ─> ImageOptions ─┬─> written_images: services with `image`, as values of the project file, before synthesis
                             ├─> resolved_images: services with `build` or `repository`, by digest
                             └─> built_images: services with `build`, built and pushed

An image in ECR is always deployed by its digest, so that all tasks run the same one and a plan shows no change later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from operations import aws
from operations.images.build import build_service
from operations.images.resolve import read_reference, resolve
from operations.images.services import platform_of, registry_of, service_builds
from operations.images.unchanged import Since
from operations.plan.variables import deployed_images
from operations.service_names import require_services
from stacks.errors import UsageError
from stacks.image_reference import ImageReference, InvalidImageError, check_tag
from stacks.naming import identifier, shared_repository

if TYPE_CHECKING:
    from operations.images.engine import Engine
    from operations.reporter import Reporter
    from operations.stack import Stack
    from stacks.project.models import Project

_STARTERS = ("aws_ecs_service", "aws_scheduler_schedule")


@dataclass(frozen=True)
class ImageOptions:
    """The images to deploy, as options name them.

    Attributes:
        images: The image of each service that `--image` names.
        tag: The tag of `--tag`, for every other service with `build` or `repository`.
        build: Whether to build and push the services with `build`, with `tag` if there is one.
        since: The commit of `--changed-since`: services that did not change since then are not built.
    """

    images: Mapping[str, ImageReference] = field(default_factory=dict)
    tag: str | None = None
    build: bool = False
    since: Since | None = None

    @classmethod
    def parse(
        cls, images: Sequence[str] = (), tag: str | None = None, *, build: bool = False, since: Since | None = None
    ) -> ImageOptions:
        """The options as typed: `images` are texts such as `web=nginx:1.27`. Raises UsageError."""
        found: dict[str, ImageReference] = {}
        for text in images:
            service, equals, image = text.partition("=")
            if not equals or not service:
                fix = "write SERVICE=IMAGE, for example web=registry.example.com/web:1.2"
                raise UsageError.of("--image", "no service is named", got=text, fix=fix)
            if service in found:
                raise UsageError.of("--image", f"two images for {service}", fix="pass one of them")
            found[service] = read_reference(image, f"--image {service}")
        if tag is not None:
            try:
                check_tag(tag)
            except InvalidImageError as error:
                raise UsageError.of("--tag", error.what, got=error.got, fix=error.fix) from error
        return cls(found, tag, build, since)

    def check(self, project: Project) -> None:
        """Raise UsageError if an option has no service in the project that it applies to."""
        require_services(project.services, self.images, "--image")
        services = project.services.values()
        if self.build and all(service.build is None for service in services):
            raise UsageError.of("--build", "no service has build", fix="add build: . to a service with a Dockerfile")
        if self.tag is not None and not any(service.image_is_deployed for service in services):
            what = "it is for services with build or repository, and there are none"
            raise UsageError.of("--tag", what, fix="pass --image SERVICE=IMAGE")

    def builds(self, stack: Stack) -> tuple[str, ...]:
        """The services that are built now.

        A pipeline builds the image of a service with `image_owner: external`; without any image it is built too.
        """
        every = stack.project.services.items() if self.build else ()
        return tuple(
            name
            for name, service in every
            if service.build is not None and name not in self.images and not _is_released(stack, name)
        )


def written_images(project: Project, options: ImageOptions) -> tuple[str, ...]:
    """The images of services with `image`, as assignments to the project file: `services.web.image=nginx@sha256:...`.

    They are those of `--image` for services without `build` or `repository`, and last until the next deploy.

    Raises:
        ImageError: An image does not exist, or is not for the service's architecture.
        AwsError: ECR refused a request.
    """
    named = {name: image for name, image in options.images.items() if not project.services[name].image_is_deployed}
    if any(image.ecr for image in named.values()):
        session = aws.session(project)
        named = {
            name: resolve(session, name, image, platform=platform_of(project, name)) for name, image in named.items()
        }
    return tuple(f"services.{name}.image={image}" for name, image in named.items())


def resolved_images(stack: Stack, options: ImageOptions, reporter: Reporter) -> dict[str, str]:
    """The images of `--image` and `--tag` for services with `build` or `repository`, by service and digest.

    Args:
        stack: The stack, before anything changes.
        options: The options.
        reporter: Receives a warning about services whose pipeline deploys their images.

    Raises:
        UsageError: An image is for a service whose pipeline deploys it.
        ImageError: An image or a tag does not exist, or is not for the service's architecture.
        AwsError: ECR refused a request.
    """
    project = stack.project
    for name in options.images:
        if _is_released(stack, name):
            what = f"its pipeline deploys the image of {name} (image_owner: external)"
            fix = f"run `ecsforge release {name} --env {project.env} --image {options.images[name]}`"
            raise UsageError.of(f"--image {name}", what, fix=fix)
    images = {}
    for name, image in options.images.items():
        if project.services[name].image_is_deployed:
            images[name] = str(resolve(stack.session, name, image, platform=platform_of(project, name)))
    if options.tag is not None:
        images |= _tagged(stack, options, options.tag, reporter)
    return images


def built_images(stack: Stack, root: Path, options: ImageOptions, engine: Engine, reporter: Reporter) -> dict[str, str]:
    """Build and push the services of `options.builds`; return their images by service and digest.

    Args:
        stack: The stack of the environment; the repositories exist.
        root: The folder that paths in the project file are relative to.
        options: The options.
        engine: What builds; see `operations.images.engine.find_engine`.
        reporter: Receives the engine's output as messages.

    Raises:
        ImageError: A Dockerfile does not build, a push fails, or the tag exists with other content.
        AwsError: ECR refused a request.
    """
    names = options.builds(stack)
    if not names:
        return {}
    registry = registry_of(stack.project, on_slow=reporter.say)
    builds = service_builds(stack.project, root, names, tag=options.tag)
    made = [build_service(build, engine, registry, reporter, since=options.since) for build in builds]
    return {image.service: str(image.reference) for image in made}


def _tagged(stack: Stack, options: ImageOptions, tag: str, reporter: Reporter) -> dict[str, str]:
    """The image with this tag of each service that has a repository and no other option."""
    project, built = stack.project, options.builds(stack)
    registry = registry_of(project, on_slow=reporter.say)
    images = {}
    for name, service in project.services.items():
        if not service.image_is_deployed or name in options.images or name in built:
            continue
        if _is_released(stack, name):
            release = f"ecsforge release {name} --env {project.env} --tag {tag}"
            reporter.warn(f"{name} keeps its image, which its pipeline deploys (image_owner: external): {release}")
            continue
        repository = shared_repository(project.project_id, name)
        found = registry.require(repository, tag)
        registry.check_platform(name, repository, found.digest, platform_of(project, name))
        images[name] = str(found.reference)
    return images


def _is_released(stack: Stack, name: str) -> bool:
    """Whether a pipeline has taken over the image of a service: Terraform ignores it once the service exists."""
    service = stack.project.services[name]
    if service.deployment.image_owner != "external":
        return False
    if service.image_is_deployed and name not in deployed_images(stack.state_before):
        return False
    known = stack.state_before.attributes
    return any(f"{kind}.{identifier(name)}" in known for kind in _STARTERS)
