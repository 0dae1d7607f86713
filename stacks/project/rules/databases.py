"""Rules of databases and caches.

Sources: the RDS API reference (CreateDBInstance, CreateDBCluster, ServerlessV2ScalingConfiguration), the Aurora User
Guide ("Requirements and limitations for Aurora Serverless v2", "Scaling to zero ACUs with automatic pause and resume"),
the ElastiCache API reference (CreateReplicationGroup).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from stacks.database_engines import engine_of
from stacks.project.models import DatabaseCapacity, Mysql, Postgres, Project, Valkey
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule
from stacks.project.rules.resources import resource_path
from stacks.project.suggest import listed

_CLASS = re.compile(r"db\.[a-z][a-z0-9-]*\.[a-z0-9]+")
_NODE = re.compile(r"cache\.[a-z][a-z0-9]*\.[a-z0-9]+")
_ONLY_INSTANCES = ("storage", "multi_az")
_FIRST_WITH_PAUSE: Mapping[str, tuple[int, ...]] = {
    "13": (13, 15),
    "14": (14, 12),
    "15": (15, 7),
    "16": (16, 3),
    "8.0": (3, 8, 0),
}
"""The first minor version of a major version of Aurora that can pause."""


def databases(project: Project) -> Iterator[Finding]:
    """A database is an instance or Aurora Serverless v2, with the settings and a version of that one."""
    for name, database in project.resources.items():
        if isinstance(database, Postgres | Mysql):
            yield from _kind(name, database)
            yield from _version(name, database)
            if database.capacity is not None:
                yield from _capacity(name, database, database.capacity)
            if database.instance is not None:
                yield from _class(resource_path(name, "instance"), database.instance, "db", _CLASS)


def caches(project: Project) -> Iterator[Finding]:
    """The node type of a cache is one of ElastiCache."""
    for name, cache in project.resources.items():
        if isinstance(cache, Valkey):
            yield from _class(resource_path(name, "node"), cache.node, "cache", _NODE)


def _kind(name: str, database: Postgres | Mysql) -> Iterator[Finding]:
    path = resource_path(name)
    capacity, instance = resource_path(name, "capacity"), resource_path(name, "instance")
    if database.capacity is None and database.instance is None:
        fix = "write capacity: {min: 0.5, max: 4} for Aurora Serverless v2, or instance: db.t4g.micro"
        yield Finding((path,), f"{dotted(path)} needs capacity or instance", None, fix, "missing")
        return
    if database.capacity is not None and database.instance is not None:
        what = f"{dotted(path)} can't have both capacity and instance"
        yield Finding((instance, capacity), what, database.instance, "remove one of them", "key")
        return
    for key in _ONLY_INSTANCES if database.capacity is not None else ():
        if key in database.model_fields_set:
            what = f"{dotted((*path, key))} is not a setting of Aurora Serverless v2"
            why = "its storage grows by itself" if key == "storage" else "its storage is in three zones"
            yield Finding(
                ((*path, key), capacity), what, str(getattr(database, key)).lower(), f"remove it: {why}", "key"
            )


def _version(name: str, database: Postgres | Mysql) -> Iterator[Finding]:
    engine = engine_of(database.type, serverless=database.capacity is not None)
    if database.version == "" or engine.major(database.version) is None:
        path = resource_path(name, "version")
        what = f"{dotted(path)} must be a version of {engine.title}"
        fix = f"write a major version: {listed(engine.majors)}"
        yield Finding((path,), what, database.version or '""', fix)


def _capacity(name: str, database: Postgres | Mysql, capacity: DatabaseCapacity) -> Iterator[Finding]:
    path = resource_path(name, "capacity")
    for key in ("min", "max"):
        value = getattr(capacity, key)
        if value * 2 != int(value * 2):
            what = f"{dotted((*path, key))} must be a multiple of 0.5"
            yield Finding(((*path, key),), what, repr(value), f"for example {int(value * 2 + 1) / 2:g}")
    if capacity.min > capacity.max:
        what = f"{dotted((*path, 'min'))} must not be larger than {dotted((*path, 'max'))}"
        got = f"{capacity.min:g} and {capacity.max:g}"
        yield Finding(((*path, "min"), (*path, "max")), what, got, f"write max: {capacity.min:g} or more")
    elif capacity.min == 0:
        yield from _pause(name, (*path, "min"), database)


def _pause(name: str, path: Path, database: Postgres | Mysql) -> Iterator[Finding]:
    """Only some minor versions can pause; AWS chooses a new one for a major version."""
    version = database.version or ""
    major = engine_of(database.type, serverless=True).major(database.version) or ""
    minor = version if major != "8.0" else version.partition(".mysql_aurora.")[2]
    numbers = tuple(int(each) for each in minor.split(".") if each.isdigit())
    first = _FIRST_WITH_PAUSE.get(major)
    if first and len(numbers) > 1 and numbers < first:
        named = ".".join(map(str, first)) if major != "8.0" else f"{first[0]}.{first[1]:02}.{first[2]}"
        what = f"{dotted(path)} can be 0 only with {named} or later"
        fix = f'write version: "{major}", or min: 0.5'
        yield Finding((path, resource_path(name, "version")), what, f"version {version}", fix)


def _class(path: Path, name: str, start: str, pattern: re.Pattern[str]) -> Iterator[Finding]:
    if start == "db" and name == "db.serverless":
        what = f"{dotted(path)} is not for Aurora Serverless v2"
        yield Finding((path,), what, name, "for example db.t4g.micro; Aurora Serverless v2 has capacity in its place")
    elif not pattern.fullmatch(name):
        kind = "an instance class" if start == "db" else "a node type"
        what = f"{dotted(path)} must be {kind} that starts with {start}."
        plain = re.sub(r"^(?:db|cache)\.", "", name)
        meant = f"{start}.{plain}"
        fix = f"write {meant}" if pattern.fullmatch(meant) else f"for example {start}.t4g.micro"
        yield Finding((path,), what, name or '""', fix)


RULES: tuple[Rule, ...] = (databases, caches)
