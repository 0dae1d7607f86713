"""Names that the stack of a project has in any case, known without synthesizing it.

Constructs decide the other names, from the whole project, so only a synthesis knows them all (`stacks/own_files.py`). A
test compares these with synthesized stacks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from stacks.naming import IMAGES_OUTPUT, OFFER, PROTECTED_OUTPUT, identifier
from stacks.project.models import Project

_DATA = ("aws_caller_identity.current", "aws_partition.current")
_OUTPUTS = (
    *("aws_region", "cluster_name", PROTECTED_OUTPUT, "service_names", "ecr_urls", IMAGES_OUTPUT),
    *("task_definition_paths", "vpc_id", "public_subnet_ids", "private_subnet_ids", "security_group_ids"),
    *("task_role_arns", "execution_role_arns", "log_group_names", "queue_urls", "queue_arns"),
)
_CLUSTER = ("aws_ecs_cluster.web_cluster", "aws_ecs_cluster_capacity_providers.web_cluster")
_NETWORK = (
    *("aws_vpc.main", "aws_internet_gateway.main", "aws_default_security_group.closed", "aws_route.internet"),
    *("aws_route_table.public", "aws_subnet.public_0", "aws_subnet.private_0"),
)
_OF_A_SERVICE = (
    *("aws_ecs_task_definition.{}", "aws_iam_role.{}_task", "aws_iam_role.{}_execution"),
    *("aws_security_group.{}_tasks", "local_file.{}_task_definition"),
)
_OF_A_RESOURCE = {
    "bucket": ("aws_s3_bucket.{}", "aws_s3_bucket_policy.{}", "aws_s3_bucket_public_access_block.{}"),
    "table": ("aws_dynamodb_table.{}",),
    "topic": ("aws_sns_topic.{}", "aws_sns_topic_policy.{}"),
    "valkey": ("aws_elasticache_replication_group.{}", "aws_elasticache_subnet_group.{}"),
    "postgres": ("aws_db_subnet_group.{}",),
    "mysql": ("aws_db_subnet_group.{}",),
}


def certain_names(project: Project) -> dict[str, Any]:
    """The names, in the form of a stack's configuration: `{"resource": {"aws_vpc": {"main": {}}}}`."""
    blocks: dict[str, Any] = {"data": defaultdict(dict), "resource": defaultdict(dict)}
    for section, addresses in (("data", _DATA), ("resource", _addresses(project))):
        for address in addresses:
            kind, _, name = address.partition(".")
            blocks[section][kind][name] = {}
    ids = [identifier(name) for name in project.services]
    local_values = [OFFER, *(f"{id}{end}" for id in ids for end in ("_task", "_task_definition"))]
    return {**blocks, "output": dict.fromkeys(_OUTPUTS), "locals": dict.fromkeys(local_values)}


def _addresses(project: Project) -> Iterator[str]:
    yield from _CLUSTER
    yield from _NETWORK if project.network.vpc_id is None else ()
    for name, service in project.services.items():
        kinds = _OF_A_SERVICE if service.type == "job" else (*_OF_A_SERVICE, "aws_ecs_service.{}")
        yield from (each.format(identifier(name)) for each in kinds)
    for name, resource in project.resources.items():
        yield from (each.format(identifier(name)) for each in _OF_A_RESOURCE[resource.type])
