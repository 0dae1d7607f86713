"""moto's ElastiCache: members of replication groups, changes and deletions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.moto.conftest import Aws


@pytest.fixture
def group(aws: Aws, network: dict[str, Any], request: pytest.FixtureRequest) -> str:
    """The name of a new replication group with one node."""
    name = request.node.name.replace("_", "-")[-20:].strip("-")
    cache = aws("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription=name, SubnetIds=[network["subnet"]]
    )
    cache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription=name,
        Engine="valkey",
        EngineVersion="8.0",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=1,
        CacheSubnetGroupName=name,
        SecurityGroupIds=network["groups"][:1],
        AtRestEncryptionEnabled=True,
        TransitEncryptionEnabled=True,
        AutoMinorVersionUpgrade=True,
    )
    return name


def members(aws: Aws, group: str) -> list[dict[str, Any]]:
    found = aws("elasticache").describe_cache_clusters()["CacheClusters"]
    return [each for each in found if each["ReplicationGroupId"] == group]


def test_the_members_of_a_group_have_its_settings(aws: Aws, group: str, network: dict[str, Any]) -> None:
    (member,) = aws("elasticache").describe_cache_clusters(CacheClusterId=f"{group}-001")["CacheClusters"]

    assert member["ReplicationGroupId"] == group
    assert (member["Engine"], member["EngineVersion"], member["CacheNodeType"]) == ("valkey", "8.0", "cache.t4g.micro")
    assert member["SecurityGroups"] == [{"SecurityGroupId": network["groups"][0], "Status": "active"}]
    assert member["AtRestEncryptionEnabled"] and member["TransitEncryptionEnabled"]
    assert member["AutoMinorVersionUpgrade"]


def test_a_group_can_change_with_its_members(aws: Aws, group: str) -> None:
    aws("elasticache").modify_replication_group(
        ReplicationGroupId=group, CacheNodeType="cache.t4g.small", EngineVersion="8.1", AutoMinorVersionUpgrade=False
    )

    (member,) = members(aws, group)
    assert (member["CacheNodeType"], member["EngineVersion"]) == ("cache.t4g.small", "8.1")
    assert not member["AutoMinorVersionUpgrade"]


def test_the_number_of_replicas_can_change(aws: Aws, group: str) -> None:
    cache = aws("elasticache")
    cache.increase_replica_count(ReplicationGroupId=group, NewReplicaCount=2, ApplyImmediately=True)
    (found,) = cache.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"]
    assert found["MemberClusters"] == [f"{group}-00{number}" for number in (1, 2, 3)]
    roles = [each["CurrentRole"] for each in found["NodeGroups"][0]["NodeGroupMembers"]]
    assert roles == ["primary", "replica", "replica"]

    cache.decrease_replica_count(ReplicationGroupId=group, NewReplicaCount=1, ApplyImmediately=True)

    assert len(members(aws, group)) == 2


def test_a_deleted_group_is_gone_with_its_members(aws: Aws, group: str) -> None:
    cache = aws("elasticache")
    cache.delete_replication_group(ReplicationGroupId=group)

    with pytest.raises(cache.exceptions.ReplicationGroupNotFoundFault):
        cache.describe_replication_groups(ReplicationGroupId=group)
    assert members(aws, group) == []
    cache.delete_cache_subnet_group(CacheSubnetGroupName=group)
    with pytest.raises(cache.exceptions.CacheSubnetGroupNotFoundFault):
        cache.delete_cache_subnet_group(CacheSubnetGroupName=group)
