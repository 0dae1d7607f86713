"""Whether AWS offers the versions and classes of the databases in the region.

Sources: RDS API reference, DescribeDBEngineVersions (a major version lists all of its minor versions) and
DescribeOrderableDBInstanceOptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from operations.checks.model import CheckResult
from operations.checks.target import Target
from operations.clients import Requests
from stacks.database_engines import engine_of
from stacks.errors import Position, Problem
from stacks.project.models import Mysql, Postgres

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
    kind = database.instance or _SERVERLESS
    asked["EngineVersion"] = offered[-1]["EngineVersion"]
    options = requests.call("rds", "describe_orderable_db_instance_options", DBInstanceClass=kind, **asked)
    if not options["OrderableDBInstanceOptions"]:
        key = "instance" if database.instance else "capacity"
        what = f"AWS does not offer it for {engine.title} {version} in {region}"
        fix = "use another class, version or region"
        return _missing(f"resources.{name}.{key}", what, kind, fix, requests)
    return CheckResult(_CHECK, "ok", f"{name}: {engine.title} {version}, {kind}", calls=tuple(requests.calls))


def _missing(where: str, what: str, got: str, fix: str, requests: Requests) -> CheckResult:
    return CheckResult.of(_CHECK, Problem(Position(where), what, got, fix), calls=requests.calls)
