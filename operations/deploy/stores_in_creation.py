"""Waits for databases and caches that AWS is still creating after their deploy was killed or interrupted.

RDS and ElastiCache go on without Terraform, for minutes. Until then a store has no endpoint, so nothing that refers to
it can be planned, and AWS refuses to change or delete it.

Sources: the RDS API reference, DBInstance (`Endpoint`), ModifyDBInstance and DeleteDBInstance (InvalidDBInstanceState);
the RDS User Guide, "Viewing Amazon RDS DB instance status"; the ElastiCache API reference, ReplicationGroup (`Status`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stacks.resources import resource_type

if TYPE_CHECKING:
    import boto3

    from operations.reporter import Reporter

PAUSE, LIMIT = 15.0, 3600.0
"""Seconds between two looks at a store, and in all: AWS takes up to half an hour for an empty one."""
_CHANGING = frozenset({"backing-up", "creating", "modifying", "rebooting", "starting", "upgrading"})
_CHANGING_SETTINGS = "configuring-"


@dataclass(frozen=True)
class _Kind:
    """How AWS describes the stores of a type: the operation, its argument, the list of its answer, and the status.

    `argument` is the Terraform argument with the name.
    """

    service: str
    operation: str
    parameter: str
    items: str
    status: str
    argument: str


_INSTANCE = _Kind(
    "rds", "describe_db_instances", "DBInstanceIdentifier", "DBInstances", "DBInstanceStatus", "identifier"
)
_KINDS: Mapping[str, _Kind] = {
    "aws_rds_cluster": _Kind(
        "rds", "describe_db_clusters", "DBClusterIdentifier", "DBClusters", "Status", "cluster_identifier"
    ),
    "aws_rds_cluster_instance": _INSTANCE,
    "aws_db_instance": _INSTANCE,
    "aws_elasticache_replication_group": _Kind(
        "elasticache",
        "describe_replication_groups",
        "ReplicationGroupId",
        "ReplicationGroups",
        "Status",
        "replication_group_id",
    ),
}


def has_type(session: boto3.Session, kind: str, name: str) -> bool:
    """Whether a store can be imported as a resource of this Terraform type; True for every other type.

    An instance of a cluster has the same ARN as a database instance. Raises botocore's ClientError.
    """
    if kind not in _KINDS:
        return True
    found = _described(session, _KINDS[kind], name)
    if found is None or found[_KINDS[kind].status] == "deleting":
        return False
    return _KINDS[kind] is not _INSTANCE or bool(found.get("DBClusterIdentifier")) == (
        kind == "aws_rds_cluster_instance"
    )


def wait_for_stores(
    configuration: Mapping[str, Any],
    addresses: Iterable[str],
    session: boto3.Session,
    reporter: Reporter,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until AWS has created the stores among these addresses. It can be interrupted, and changes nothing.

    Args:
        configuration: The stack in Terraform's JSON syntax.
        addresses: What an apply left that did not succeed.
        session: AWS, in the stack's region.
        reporter: Receives what it waits for.
        sleep: Pauses for a number of seconds.

    Raises:
        ClientError: AWS refused a request; botocore's.
    """
    for address in addresses:
        kind, _, logical_name = address.partition(".")
        if kind not in _KINDS:
            continue
        name = configuration["resource"][kind][logical_name][_KINDS[kind].argument]
        waited = 0.0
        while waited < LIMIT and _is_changing(status := _status(session, kind, name)):
            if not waited:
                reporter.say(f"Waiting until the {resource_type(kind).name} {name} is available; it is {status}")
            sleep(PAUSE)
            waited += PAUSE


def _status(session: boto3.Session, kind: str, name: str) -> str:
    found = _described(session, _KINDS[kind], name)
    return "" if found is None else str(found[_KINDS[kind].status])


def _is_changing(status: str) -> bool:
    return status in _CHANGING or status.startswith(_CHANGING_SETTINGS)


def _described(session: boto3.Session, kind: _Kind, name: str) -> Mapping[str, Any] | None:
    """A store as AWS describes it; None if it does not exist."""
    from botocore.exceptions import ClientError

    client = session.client(kind.service)  # type: ignore[call-overload]
    try:
        found = getattr(client, kind.operation)(**{kind.parameter: name})[kind.items]
    except ClientError as error:
        if "NotFound" in error.response["Error"]["Code"]:
            return None
        raise
    return next(iter(found), None)
