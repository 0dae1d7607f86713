"""What a promotion deploys: the images that another environment runs now, by digest.

    source, target ─> promoted_services ─> promotions ─┬─> images of a deploy (Terraform)
                                                       └─> releases (`image_owner: external`)

Everything is checked before anything changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.deploy.running_images import Running, image_by_digest, running_services
from operations.images.registry import Registry
from operations.images.resolve import resolve
from operations.images.services import platform_of
from operations.service_names import require_services
from stacks.errors import AwsError, EcsforgeError, ImageError, Position, Problem, UsageError
from stacks.image_reference import ImageReference
from stacks.project.suggest import did_you_mean

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter
    from stacks.project.models import Project


@dataclass(frozen=True)
class Promotion:
    """A service that gets the image of another environment.

    Attributes:
        service: The service.
        image: The image, by digest.
        before: The image that it runs now, by digest where that is known; empty if it is not deployed.
        settled: Whether its current deployment is complete.
    """

    service: str
    image: str
    before: str
    settled: bool

    @property
    def is_done(self) -> bool:
        """Whether the service runs the image already."""
        return self.settled and self.before == self.image


@dataclass(frozen=True)
class Ways:
    """The images of promotions, by the way in which they are deployed.

    Attributes:
        variables: Those of services with `build` or `repository`, which a deploy passes to Terraform.
        written: Those of services with `image`, as assignments to the project file: `services.web.image=...`.
        released: Those of services with `image_owner: external`.
    """

    variables: dict[str, str]
    written: tuple[str, ...]
    released: dict[str, str]

    @classmethod
    def of(cls, project: Project, promotions: Sequence[Promotion]) -> Ways:
        """The ways of the promotions that are not done, in the project that they are deployed to."""
        images = {each.service: each.image for each in promotions if not each.is_done}
        services = project.services
        released = {n: image for n, image in images.items() if services[n].deployment.image_owner == "external"}
        owned = {name: image for name, image in images.items() if name not in released}
        return cls(
            {name: image for name, image in owned.items() if services[name].image_is_deployed},
            tuple(f"services.{n}.image={image}" for n, image in owned.items() if not services[n].image_is_deployed),
            released,
        )

    @property
    def needs_terraform(self) -> bool:
        """Whether a deploy is needed."""
        return bool(self.variables or self.written)


def require_environments(source: str, target: str, known: Sequence[str]) -> None:
    """Raise UsageError unless `source` is another environment of the file than `target`."""
    if source not in known:
        fix = did_you_mean(source, known, "the environments are")
        raise UsageError.of("--from", "unknown environment", got=source, fix=fix)
    if source == target:
        others = [env for env in known if env != target]
        fix = f"name another one: {', '.join(others)}" if others else "the project file has no other environment"
        raise UsageError.of("--from", f"the images of {target} can't be promoted to {target} itself", fix=fix)


def promoted_services(source: Project, target: Project, names: Sequence[str]) -> tuple[str, ...]:
    """The services to promote: these, or all with `build` or `repository`.

    Raises:
        UsageError: A service does not exist, or in one environment only; or there is none.
    """
    every = {**target.services, **source.services}
    require_services(every, names)
    images = [name for name, service in every.items() if service.has_shared_repository]
    selected = tuple(dict.fromkeys(names)) or tuple(images)
    if not selected:
        what = "no service has build or repository"
        raise UsageError.of("services", what, fix="name the services to promote")
    both = [name for name in selected if name in source.services and name in target.services]
    others = tuple(name for name in selected if name not in both)
    if others:
        raise UsageError(*(_only_in_one(source, target, name, both) for name in others))
    return selected


def promotions(source: Environment, target: Environment, reporter: Reporter) -> tuple[Promotion, ...]:
    """The images that the services selected in both environments run in `source`, for `target`.

    Raises:
        AwsError: A service does not run in `source`, its image is not known by digest, does not exist, or is not for
            the architecture of the service in `target`; or AWS refused a request.
    """
    running, current = running_services(source), running_services(target)
    found: list[Promotion] = []
    problems: list[Problem] = []
    for name in target.services:
        if name not in running:
            where, env = Position(f"services.{name}"), source.project.env
            problems.append(
                Problem(where, f"{name} does not run in {env}", None, f"deploy it: `ecsforge deploy --env {env}`")
            )
            continue
        try:
            image = _image_for(source, target, running[name])
        except EcsforgeError as error:
            problems += error.problems
            continue
        if not running[name].settled:
            reporter.warn(f"{name} in {source.project.env} is not in a steady state: its deployment is not complete")
        now = current.get(name)
        found.append(Promotion(name, image, _current_image(target, now), now is None or now.settled))
    if problems:
        raise AwsError(*problems)
    return tuple(found)


def _only_in_one(source: Project, target: Project, name: str, both: Sequence[str]) -> Problem:
    here, missing = (source, target) if name in source.services else (target, source)
    fix = f"add it to {missing.env}"
    if both:
        fix += f", or promote the others: `ecsforge promote {' '.join(both)} --from {source.env} --env {target.env}`"
    return Problem(Position(f"services.{name}"), f"{name} is in {here.env}, but not in {missing.env}", None, fix)


def _image_for(source: Environment, target: Environment, running: Running) -> str:
    """The image of a service by digest, which exists for the other environment and its architecture."""
    if not running.image:
        raise ImageError.of(
            f"{running.service} in {source.project.env}",
            f"its task definition has no container {running.service}",
            got=", ".join(running.definition.containers),
            fix="name the container of the image like the service in its `task_definition_template`",
        )
    reference = ImageReference.parse(image_by_digest(source, running))
    own = source.names.repository(running.service)
    if reference.ecr is not None and (reference.ecr.name, reference.ecr.account_id) == (own, source.account_id):
        return _own_copy(target, running.service, reference)
    platform = platform_of(target.project, running.service)
    return str(resolve(target.session, running.service, reference, platform=platform))


def _own_copy(target: Environment, name: str, image: ImageReference) -> str:
    """The same image in the repository of the other environment: the one that it is in belongs to its environment."""
    registry, repository = Registry(target.session), target.names.repository(name)
    try:
        found = registry.find(repository, digest=image.digest)
    except ImageError:
        found = None
    if found is None:
        copy = f"skopeo copy --all --preserve-digests docker://{image} docker://REGISTRY/{repository}:TAG"
        raise ImageError.of(
            name,
            f"the image is in the repository of another environment, and not in {repository}",
            got=str(image),
            fix=f"let the pipeline push it to both, set `repository: true`, or copy it: {copy}",
        )
    registry.check_platform(name, repository, found.digest, platform_of(target.project, name))
    return str(found.reference)


def _current_image(target: Environment, running: Running | None) -> str:
    """What a service runs now, by digest where that is known."""
    if running is None or not running.image:
        return ""
    try:
        return image_by_digest(target, running)
    except EcsforgeError:
        return running.image
