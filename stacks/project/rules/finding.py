"""What a rule finds, and the walks over a project that rules share."""

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

    `paths` are the values it is about. The finding is placed at the one that was written last, or, with `at`,
    at its key, or, for a wrong name, where the key was written first, or, for something missing, at the key of the map
    `paths[0]` that lacks it; the others then say what makes it needed. `got` None leaves that part of the message out.
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
    spec: Service | Sidecar

    @property
    def essential(self) -> bool:
        """Whether the task stops when it stops; a service's own container always is."""
        return self.spec.essential if isinstance(self.spec, Sidecar) else True

    @property
    def health_check(self) -> ContainerHealthCheck | None:
        """How ECS can tell that it is healthy; None where it can't."""
        return self.spec.health_check if isinstance(self.spec, Sidecar) else self.spec.container_health_check

    @property
    def health_check_path(self) -> Path:
        """Where its container health check is written."""
        return (*self.path, "health_check" if isinstance(self.spec, Sidecar) else "container_health_check")


def service_path(name: str, *below: str | int) -> Path:
    """The path of a service, or of a value in it."""
    return ("services", name, *below)


def containers_of(name: str, service: Service) -> tuple[Container, ...]:
    """The containers of a service's task, its own first."""
    path = service_path(name)
    own = Container(name, path, service)
    return own, *(Container(key, (*path, "sidecars", key), spec) for key, spec in service.sidecars.items())


def containers(project: Project) -> Iterator[Container]:
    """The containers of every task."""
    for name, service in project.services.items():
        yield from containers_of(name, service)


def served_port(service: Service) -> tuple[int, str] | None:
    """The port of a service's own container and the key it is written under; None when it listens on none."""
    if service.type == "web":
        return service.port, "port"
    if not isinstance(service.connect, bool) and service.connect.port is not None:
        return service.connect.port, "connect"
    return None


def duplicates(values: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Index of the first, index of the repeated and the value, for each value that stands twice."""
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in seen:
            yield seen[value], index, value
        else:
            seen[value] = index


def repeated(path: Path, values: tuple[str, ...]) -> Iterator[Finding]:
    """A finding for each item of the list at `path` that stands twice."""
    for first, again, value in duplicates(values):
        what = f"{dotted((*path, again))} duplicates {dotted((*path, first))}"
        yield Finding(((*path, again), (*path, first)), what, value, "remove one of them")
