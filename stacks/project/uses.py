"""What a service can use: the kinds of targets, their properties, and the environment variables that result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stacks.project.models import Project, Queue, Service, Topic, Use

QUEUE = "queue"
"""The kind of a worker with a queue, beside the types of resources."""

_DATABASE = ("url", "host", "port", "username", "password", "database", "secret_arn")
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "postgres": _DATABASE,
    "mysql": _DATABASE,
    "valkey": ("url", "host", "port"),
    "bucket": ("name", "arn", "access"),
    "table": ("name", "arn", "access"),
    "topic": ("arn",),
    QUEUE: ("url", "arn"),
}
"""The keys of `uses.NAME` by the kind of the target."""

NOUNS: Mapping[str, str] = {
    "postgres": "a PostgreSQL database",
    "mysql": "a MySQL database",
    "valkey": "a cache",
    "bucket": "a bucket",
    "table": "a table",
    "topic": "a topic",
    QUEUE: "a queue",
}
"""The kinds in messages."""

DATABASES = frozenset({"postgres", "mysql"})
STORES = DATABASES | {"valkey"}
"""The types that services reach over the network, by a rule of a security group and not by IAM."""

SECRET = frozenset({"url", "password"})
"""The properties of a database that are secrets of the task; other kinds have none."""


@dataclass(frozen=True)
class Used:
    """Something that a service uses.

    Attributes:
        name: Its name in the project file.
        kind: The type of the resource, or `queue`.
        use: The variables and the access.
        fifo: Whether it is a FIFO topic or queue.
    """

    name: str
    kind: str
    use: Use
    fifo: bool = False

    @property
    def may_read(self) -> bool:
        """Whether the service may read the objects of a bucket or the items of a table."""
        return self.use.access in ("read", "read_write")

    @property
    def may_write(self) -> bool:
        """Whether the service may write them."""
        return self.use.access in ("write", "read_write")


def kind_of(project: Project, name: str) -> str | None:
    """The kind of what has this name; None when it can't be used."""
    if name in project.resources:
        return project.resources[name].type
    service = project.services.get(name)
    return QUEUE if service is not None and service.queue is not None else None


def used_by(project: Project, service: Service) -> Iterator[Used]:
    """What a service uses, in the order of the file; without names that are invalid."""
    for name, use in service.uses.items():
        kind = kind_of(project, name)
        if kind is not None:
            yield Used(name, kind, use, _is_fifo(project, name))


def _is_fifo(project: Project, name: str) -> bool:
    target = project.resources.get(name) or project.services[name].queue
    return isinstance(target, Topic | Queue) and target.fifo


def read_by_ecs(used: Iterable[Used]) -> tuple[str, ...]:
    """The databases whose secrets ECS reads for the tasks."""
    return tuple(each.name for each in used if each.kind in DATABASES and SECRET & each.use.variables.keys())


def read_by_containers(used: Iterable[Used]) -> tuple[str, ...]:
    """The databases whose secrets the containers may read."""
    return tuple(each.name for each in used if each.kind in DATABASES and each.use.secret_arn is not None)


def usable(project: Project) -> tuple[str, ...]:
    """The names that can be used."""
    return (*project.resources, *(name for name, service in project.services.items() if service.queue is not None))
