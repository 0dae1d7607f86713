"""The content of a new project file, and the names that are valid in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from stacks.project.data.images import INIT_PLACEHOLDER, INIT_PLACEHOLDER_PORT

# For services whose image only the user knows.
PLACEHOLDER_IMAGE = INIT_PLACEHOLDER
PLACEHOLDER_PORT = INIT_PLACEHOLDER_PORT
_SERVICE_NAME_LENGTH = 20
_PROJECT_ID_LENGTH = 24


@dataclass(frozen=True)
class ServiceDraft:
    """A service of a new project file.

    A service without a `port` is a worker. Empty `paths` match every path. `notes` become comments.
    """

    name: str
    image: str
    port: int | None
    paths: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The content of a new project file."""

    project_id: str
    region: str
    environments: tuple[str, ...]
    services: tuple[ServiceDraft, ...]


def with_paths(services: Iterable[ServiceDraft]) -> tuple[ServiceDraft, ...]:
    """The services with listener paths that do not overlap: the first web service gets the default route."""
    result: list[ServiceDraft] = []
    for service in services:
        has_default = any(other.port is not None for other in result)
        if service.port is not None and has_default:
            service = replace(service, paths=(f"/{service.name}", f"/{service.name}/*"))
        result.append(service)
    return tuple(result)


def service_name(text: str) -> str:
    """`text` as a service name: lower-case letters, digits and dashes, at most 20 characters."""
    return _name(text, _SERVICE_NAME_LENGTH) or "web"


def project_id(text: str) -> str:
    """`text` as a project ID: lower-case letters, digits and single dashes, 2 to 24 characters."""
    name = _name(text, _PROJECT_ID_LENGTH)
    return name if len(name) > 1 else "my-app"


def _name(text: str, length: int) -> str:
    dashed = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return dashed.lstrip("0123456789-")[:length].strip("-")
