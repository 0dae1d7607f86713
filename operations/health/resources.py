"""The resources of an environment, read for `status`.

Without the permission to read a resource, its state is `unknown`, which does not make the environment unhealthy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from operations import aws
from operations.health.environment import Environment
from operations.health.model import ResourceHealth
from operations.text import counted
from stacks.project.models import Bucket, Table, Topic, Valkey
from stacks.references import partition_of

if TYPE_CHECKING:
    from stacks.project.models import Resource

_MISSING = frozenset(
    (
        *("404", "NoSuchBucket", "NotFound", "NotFoundException", "ResourceNotFoundException"),
        *("DBClusterNotFoundFault", "DBInstanceNotFound", "ReplicationGroupNotFoundFault"),
    )
)
_DENIED = aws.DENIED | {"403", "AuthorizationError", "AuthorizationErrorException"}


def resources_of(environment: Environment) -> tuple[ResourceHealth, ...]:
    """The resources of an environment, in the order of the project file; none when only some services are selected.

    Raises botocore.exceptions.ClientError when AWS refuses a request for another reason than permissions.
    """
    if len(environment.services) < len(environment.project.services):
        return ()
    return tuple(_resources(environment))


def _resources(environment: Environment) -> Iterator[ResourceHealth]:
    for name, resource in environment.project.resources.items():
        try:
            found = _detail(environment, name, resource)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _MISSING | _DENIED:
                raise
            found = ("missing" if code in _MISSING else "unknown", "")
        yield ResourceHealth(name, resource.type, *found)


def _detail(environment: Environment, name: str, resource: Resource) -> tuple[str, str]:
    """The state of a resource, and its name in AWS with what is in it."""
    names, project = environment.names, environment.project
    if isinstance(resource, Bucket):
        bucket = names.bucket(name, environment.account_id)
        environment.client("s3").head_bucket(Bucket=bucket)
        return "available", bucket
    if isinstance(resource, Table):
        table = environment.client("dynamodb").describe_table(TableName=names.table(name))["Table"]
        status = table["TableStatus"]
        return "available" if status == "ACTIVE" else status.lower(), f"{table['TableName']}, {_items(table)}"
    if isinstance(resource, Topic):
        topic = names.topic(name, fifo=resource.fifo)
        arn = f"arn:{partition_of(project.region)}:sns:{project.region}:{environment.account_id}:{topic}"
        attributes = environment.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        return "available", f"{topic}, {attributes.get('SubscriptionsConfirmed', '0')} subscriptions"
    if isinstance(resource, Valkey):
        return _cache(environment.client("elasticache"), names.cache(name))
    return _database(environment.client("rds"), names.database(name), serverless=resource.capacity is not None)


def _cache(elasticache: Any, name: str) -> tuple[str, str]:
    (group,) = elasticache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    return str(group["Status"]), f"{name}, {counted(len(group['MemberClusters']), 'node')}"


def _database(rds: Any, name: str, *, serverless: bool) -> tuple[str, str]:
    if serverless:
        (cluster,) = rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        return str(cluster["Status"]), f"{name}, {cluster['Engine']} {cluster['EngineVersion']}"
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    state, engine = str(found["DBInstanceStatus"]), f"{found['Engine']} {found['EngineVersion']}"
    return state, f"{name}, {engine}, {found['DBInstanceClass']}"


def _items(table: dict[str, object]) -> str:
    """The number of items, which DynamoDB updates every six hours (API Reference, TableDescription)."""
    return f"about {table.get('ItemCount', 0)} items"
