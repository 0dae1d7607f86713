"""Whether AWS offers the versions, classes and capacities of the databases in the region.

Sources: RDS API reference, DescribeDBEngineVersions (a major version lists all of its minor versions),
ServerlessV2FeaturesSupport (256 or 128 ACUs at most; at least 0 if the version can pause, else 0.5) and
DescribeOrderableDBInstanceOptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from operations.checks.model import CheckResult
from operations.checks.target import Target
from operations.clients import Requests
from stacks.database_engines import engine_of
from stacks.errors import Position, Problem
from stacks.project.models import DatabaseCapacity, Mysql, Postgres

_CHECK = "databases"
_SERVERLESS = "db.serverless"


def databases(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The check of each database; none without databases."""
    for name, resource in target.project.resources.items():
        if isinstance(resource, Postgres | Mysql):
            yield _database(name, resource, target.region, requests)


def _database(name: str, database: Postgres | Mysql, region: str, requests: Requests) -> CheckResult:
    engine = engine_of(database.type, serverless=database.capacity is not None)
    version = database.version or engine.default
    asked = {"Engine": engine.name, "EngineVersion": version}
    offered = requests.call("rds", "describe_db_engine_versions", **asked)["DBEngineVersions"]
    if not offered:
        what = f"AWS does not offer this version of {engine.title} in {region}"
        major = engine.major(version)
        known = major if major in engine.majors and major != version else engine.default
        fix = f'write a major version, for example version: "{known}"'
        return _missing(f"resources.{name}.version", what, version, fix, requests)
    newest = offered[-1]
    if database.capacity is not None and (beyond := _beyond(database.capacity, newest)) is not None:
        key, value, limit = beyond
        what = f"AWS does not offer this capacity for {engine.title} {newest['EngineVersion']} in {region}"
        fix = f"write {limit:g} or {'less' if key == 'max' else 'more'}, or a newer version"
        return _missing(f"resources.{name}.capacity.{key}", what, f"{value:g}", fix, requests)
    kind = database.instance or _SERVERLESS
    asked["EngineVersion"] = newest["EngineVersion"]
    options = requests.call("rds", "describe_orderable_db_instance_options", DBInstanceClass=kind, **asked)
    if not options["OrderableDBInstanceOptions"]:
        key = "instance" if database.instance else "capacity"
        what = f"AWS does not offer it for {engine.title} {version} in {region}"
        fix = "use another class, version or region"
        return _missing(f"resources.{name}.{key}", what, kind, fix, requests)
    return CheckResult(_CHECK, "ok", f"{name}: {engine.title} {version}, {kind}", calls=tuple(requests.calls))


def _beyond(capacity: DatabaseCapacity, version: Mapping[str, Any]) -> tuple[str, float, float] | None:
    """The setting of a capacity that a version does not support, its value and the limit; None if it supports both."""
    limits = version.get("ServerlessV2FeaturesSupport") or {}
    if capacity.max > limits.get("MaxCapacity", capacity.max):
        return "max", capacity.max, limits["MaxCapacity"]
    if capacity.min < limits.get("MinCapacity", capacity.min):
        return "min", capacity.min, limits["MinCapacity"]
    return None


def _missing(where: str, what: str, got: str, fix: str, requests: Requests) -> CheckResult:
    return CheckResult.of(_CHECK, Problem(Position(where), what, got, fix), calls=requests.calls)
