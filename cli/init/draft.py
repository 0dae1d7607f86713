"""The content of a new project file, and the names that are valid in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from stacks.naming import RESERVED_SERVICE_NAMES
from stacks.project.data.images import INIT_PLACEHOLDER, INIT_PLACEHOLDER_PORT

# For services whose image only the user knows.
PLACEHOLDER_IMAGE = INIT_PLACEHOLDER
PLACEHOLDER_PORT = INIT_PLACEHOLDER_PORT
_SERVICE_NAME_LENGTH = 20
_PROJECT_ID_LENGTH = 24


@dataclass(frozen=True)
class BuildDraft:
    """How an image is built. `context` is relative to the project file, `dockerfile` to the context, as in Docker."""

    context: str = "."
    dockerfile: str | None = None
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceDraft:
    """A service of a new project file.

    A service without a `port` is a worker. Empty `paths` match every path. `notes` become comments.

    Attributes:
        build: How the image is built; `image` is then the placeholder, and is not written.
        secrets: The names of variables whose values are not in the file, each with the last part of its SSM parameter.
        connect: Whether the service is in Service Connect; `connect_port` and `alias` are its endpoint, where they are
            not the service's port and name.
        before: The commands of the tasks to run before a deployment.
        settings: Keys of the project file whose values need no further conversion, such as `cpu` and `user`.
        heavy: Whether the base image, such as one with Java, needs more memory than the smallest task has.
    """

    name: str
    image: str
    port: int | None
    paths: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    build: BuildDraft | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    connect: bool = False
    connect_port: int | None = None
    alias: str | None = None
    before: tuple[tuple[str, ...], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    heavy: bool = False

    @property
    def is_placeholder(self) -> bool:
        """Whether the service runs the placeholder, because its image is not known."""
        return self.image == PLACEHOLDER_IMAGE and self.build is None


@dataclass(frozen=True)
class Draft:
    """The content of a new project file."""

    project_id: str
    region: str
    environments: tuple[str, ...]
    services: tuple[ServiceDraft, ...]


def placeholder_command(port: int | None) -> tuple[str, ...]:
    """The command with which the placeholder also answers on `port`; empty for its own port."""
    return () if port in (None, PLACEHOLDER_PORT) else ("httpd-foreground", "-c", f"Listen {port}")


def with_paths(services: Iterable[ServiceDraft], catch_all: str | None = None) -> tuple[ServiceDraft, ...]:
    """The services with listener paths that do not overlap.

    `catch_all` gets the requests that no other path matches; by default the first web service.
    """
    services = tuple(services)
    web = [service.name for service in services if service.port is not None]
    default = catch_all if catch_all in web else next(iter(web), None)
    return tuple(
        service
        if service.port is None or service.name == default or service.paths
        else replace(service, paths=(f"/{service.name}", f"/{service.name}/*"))
        for service in services
    )


def service_name(text: str, taken: Collection[str] = ()) -> str:
    """`text` as a service name: lower-case letters, digits and dashes, at most 20 characters, not reserved or taken."""
    name = _name(text, _SERVICE_NAME_LENGTH) or "web"
    if name in RESERVED_SERVICE_NAMES:
        name = f"my-{name}"
    numbered = (f"{name[: _SERVICE_NAME_LENGTH - len(end)]}{end}" for end in map("-{}".format, count(2)))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def project_id(text: str) -> str:
    """`text` as a project ID: lower-case letters, digits and single dashes, 2 to 24 characters."""
    name = _name(text, _PROJECT_ID_LENGTH)
    return name if len(name) > 1 else "my-app"


def _name(text: str, length: int) -> str:
    dashed = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return dashed.lstrip("0123456789-")[:length].strip("-")
