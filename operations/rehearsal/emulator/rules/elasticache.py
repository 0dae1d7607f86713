"""What ElastiCache refuses: what is in use, taken names, another VPC, failover without a replica.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/, pages API_CreateReplicationGroup and
API_DeleteCacheSubnetGroup.
"""

from __future__ import annotations

import re

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import refused_unless, rule
from operations.rehearsal.emulator.rules.interfaces import vpc_of_group, vpc_of_subnet

_IDENTIFIER = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")


@rule("elasticache", "CreateReplicationGroup")
def identifier(request: Request) -> None:
    """Identifiers with two dashes in a row, a dash at the end, or over 40 characters."""
    text = request.parameters["ReplicationGroupId"]
    message = "The parameter ReplicationGroupId is not a valid identifier."
    refused_unless(_IDENTIFIER.fullmatch(text) and len(text) <= 40, "InvalidParameterValue", message)


@rule("elasticache", "CreateReplicationGroup")
def taken_name(request: Request) -> None:
    """A replication group whose name is taken; moto replaces the first one."""
    name = request.parameters["ReplicationGroupId"]
    text = f"Replication group {name} already exists."
    refused_unless(name not in request.backend().replication_groups, "ReplicationGroupAlreadyExists", text)


@rule("elasticache", "CreateReplicationGroup")
def failover(request: Request) -> None:
    """Automatic failover without a replica, and several zones without automatic failover."""
    parameters = request.parameters
    enabled, nodes = parameters.get("AutomaticFailoverEnabled"), int(parameters.get("NumCacheClusters") or 1)
    text = "Replication group with AutomaticFailoverEnabled must have at least two nodes"
    refused_unless(not enabled or nodes > 1, "InvalidParameterValue", text)
    text = "Multi-AZ must be disabled when automatic failover is disabled"
    refused_unless(enabled or not parameters.get("MultiAZEnabled"), "InvalidParameterCombination", text)


@rule("elasticache", "CreateReplicationGroup")
def groups_of_the_vpc(request: Request) -> None:
    """Security groups of another VPC than that of the subnets."""
    group = request.backend().cache_subnet_groups.get(request.parameters.get("CacheSubnetGroupName"))
    if group is None:
        return
    vpc = vpc_of_subnet(request, group.subnet_ids[0])
    for each in request.parameters.get("SecurityGroupIds", ()):
        text = "One or more security groups are not in the VPC of the subnet group"
        refused_unless(vpc_of_group(request, each) in (None, vpc), "InvalidParameterValue", text)


@rule("elasticache", "DeleteCacheSubnetGroup")
def subnet_group_in_use(request: Request) -> None:
    """Deletion of a subnet group that a cache uses."""
    name = request.parameters["CacheSubnetGroupName"]
    used = any(each.cache_subnet_group_name == name for each in request.backend().replication_groups.values())
    text = f"Cache subnet group {name} is currently in use by a cache cluster."
    refused_unless(not used, "CacheSubnetGroupInUse", text)
