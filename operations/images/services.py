"""The images of a project: how each service is built, and the registry that it is pushed to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from operations import aws
from operations.images.registry import Registry
from operations.images.source import ServiceBuild
from operations.service_names import require_services
from stacks.errors import UsageError
from stacks.naming import shared_repository
from stacks.project.models.build import PLATFORMS
from stacks.project.suggest import listed

if TYPE_CHECKING:
    from stacks.project.models import Project


def service_builds(
    project: Project, root: Path, names: Sequence[str] = (), *, tag: str | None = None
) -> tuple[ServiceBuild, ...]:
    """How services are built, in the order of the project file.

    Args:
        project: The project, resolved for an environment.
        root: The folder that paths in the project file are relative to.
        names: The services; by default all that have `build`.
        tag: The tag of the images. Default: one that identifies what is built.

    Raises:
        UsageError: A service does not exist or has no `build`, or no service has.
    """
    require_services(project.services, names)
    built = [name for name, service in project.services.items() if service.build is not None]
    for name in names:
        if name not in built:
            fix = f"the services with build are {listed(built, 'and')}" if built else "add build to the service"
            raise UsageError.of(f"services.{name}", "the service has no build", fix=fix)
    if not built:
        raise UsageError.of("services", "no service has build", fix="add build: . to a service with a Dockerfile")
    return tuple(_build(project, root, name, tag) for name in built if not names or name in names)


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


def _build(project: Project, root: Path, name: str, tag: str | None) -> ServiceBuild:
    settings = project.services[name].build_settings
    assert settings is not None
    context = root / settings.context
    return ServiceBuild(
        name,
        shared_repository(project.project_id, name),
        context,
        context / settings.dockerfile,
        settings.platform or platform_of(project, name),
        settings.target,
        dict(settings.args),
        tag,
    )
