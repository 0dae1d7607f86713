"""The databases and caches of an environment, as AWS describes them.

`status` works without the permission for it, and reports that it was denied.
Sources: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html (status of a DB instance),
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html (of a cluster),
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.health.environment import none_if_missing
from stacks.errors import AwsError, Position, Problem

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from stacks.project.models import Resource

DATABASES = ("postgres", "mysql")
_MISSING = ("DBClusterNotFoundFault", "DBInstanceNotFound", "ReplicationGroupNotFoundFault")
_BROKEN = (
    "failed",
    "incompatible",
    "inaccessible",
    "insufficient-capacity",
    "restore-error",
    "stopped",
    "storage-full",
)
"""How the states begin in which a store does not accept connections until somebody does something."""


@dataclass(frozen=True)
class StoreHealth:
    """The health of a database or a cache.

    Attributes:
        name: Its name in the project file.
        type: `postgres`, `mysql` or `valkey`.
        state: Its state in AWS: `available`, `modifying`, `upgrading`; None if it does not exist.
    """

    name: str
    type: str
    state: str | None

    @property
    def problem(self) -> Problem | None:
        """What is wrong with it; None while it is available, or changes."""
        what = None
        if self.state is None:
            what = "does not exist"
        elif self.state.startswith(_BROKEN) or self.state.endswith("failed"):
            what = f"its state is {self.state}"
        kind = "cache" if self.type == "valkey" else "database"
        return Problem(Position(f"{kind} `{self.name}`"), what) if what else None


def store_healths(environment: Environment) -> tuple[tuple[StoreHealth, ...], tuple[Problem, ...]]:
    """The databases and caches of an environment, and a warning for each kind that could not be read.

    Raises:
        AwsError: AWS refuses a request for another reason than a missing permission.
    """
    found: list[StoreHealth] = []
    denied: list[Problem] = []
    for title, types in (("databases", DATABASES), ("caches", ("valkey",))):
        wanted = {name: each for name, each in environment.project.resources.items() if each.type in types}
        try:
            with aws.errors(title):
                found += _read(environment, wanted)
        except AwsError as error:
            if not error.codes & aws.DENIED:
                raise
            denied.append(replace(error.problems[0], severity="warning"))
    order = [*environment.project.resources]
    return tuple(sorted(found, key=lambda each: order.index(each.name))), tuple(denied)


def _read(environment: Environment, wanted: dict[str, Resource]) -> Iterator[StoreHealth]:
    clients: dict[str, Any] = {}
    for name, resource in wanted.items():
        service = "elasticache" if resource.type == "valkey" else "rds"
        client = clients.get(service) or environment.client(service)
        clients[service] = client
        yield StoreHealth(name, resource.type, _state(client, environment, name, resource))


def _state(client: Any, environment: Environment, name: str, resource: Resource) -> str | None:
    names = environment.names
    if resource.type == "valkey":
        group = names.cache(name)
        answer = none_if_missing(_MISSING, lambda: client.describe_replication_groups(ReplicationGroupId=group))
        return str(answer["ReplicationGroups"][0]["Status"]) if answer else None
    identifier = names.database(name)
    if getattr(resource, "capacity", None) is not None:
        answer = none_if_missing(_MISSING, lambda: client.describe_db_clusters(DBClusterIdentifier=identifier))
        return str(answer["DBClusters"][0]["Status"]) if answer else None
    answer = none_if_missing(_MISSING, lambda: client.describe_db_instances(DBInstanceIdentifier=identifier))
    return str(answer["DBInstances"][0]["DBInstanceStatus"]) if answer else None
