"""The findings of rules, and helpers that rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from stacks.errors import Severity
from stacks.project.models import ContainerHealthCheck, Project, Service, Sidecar
from stacks.project.nodes import Path, dotted


@dataclass(frozen=True)
class Finding:
    """A rule that the project breaks.

    `paths` are the values it is about. `at` sets its position: the value that was written last, its key, the first
    place of a key with an invalid name, or for something missing the key of the map `paths[0]`, where the other paths
    are the values that require it. Without `got` the message has no "got" part.
    """

    paths: tuple[Path, ...]
    what: str
    got: str | None
    fix: str
    at: Literal["value", "key", "name", "missing"] = "value"
    severity: Severity = "error"


Rule: TypeAlias = Callable[[Project], Iterator[Finding]]


@dataclass(frozen=True)
class Container:
    """A container of a task: the service's own, or a sidecar."""

    name: str
    path: Path
    config: Service | Sidecar

    @property
    def image(self) -> str | None:
        """The image; None where it is only known when it is deployed."""
        own = self.config
        return None if isinstance(own, Service) and own.image_is_deployed else own.image

    @property
    def essential(self) -> bool:
        """Whether the task stops when this container stops; always true for a service's own container."""
        return self.config.essential if isinstance(self.config, Sidecar) else True

    @property
    def health_check(self) -> ContainerHealthCheck | None:
        """The container health check, if any."""
        return self.config.health_check if isinstance(self.config, Sidecar) else self.config.container_health_check

    @property
    def health_check_path(self) -> Path:
        """The path of its container health check."""
        return (*self.path, "health_check" if isinstance(self.config, Sidecar) else "container_health_check")


def service_path(name: str, *below: str | int) -> Path:
    """The path of a service, or of a value in it."""
    return ("services", name, *below)


def containers_of(name: str, service: Service) -> tuple[Container, ...]:
    """The containers of a service's task, the service's own container first."""
    path = service_path(name)
    own = Container(name, path, service)
    return own, *(Container(key, (*path, "sidecars", key), sidecar) for key, sidecar in service.sidecars.items())


def containers(project: Project) -> Iterator[Container]:
    """The containers of every task."""
    for name, service in project.services.items():
        yield from containers_of(name, service)


def duplicates(values: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """The first index, the second index and the value, for each value that is in the list twice."""
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in seen:
            yield seen[value], index, value
        else:
            seen[value] = index


def repeated(path: Path, values: tuple[str, ...]) -> Iterator[Finding]:
    """A finding for each item that is in the list at `path` twice."""
    for first, again, value in duplicates(values):
        what = f"{dotted((*path, again))} duplicates {dotted((*path, first))}"
        yield Finding(((*path, again), (*path, first)), what, value, "remove one of them")
