"""What ElastiCache refuses: what is in use, another VPC, failover without a replica."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Network, refusal, unique


def arguments(network: Network, **changed: Any) -> dict[str, Any]:
    name = unique("subnets")
    network.aws("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName=name, CacheSubnetGroupDescription="x", SubnetIds=network.subnets
    )
    return {
        "ReplicationGroupId": unique("cache"),
        "ReplicationGroupDescription": "x",
        "Engine": "valkey",
        "CacheNodeType": "cache.t4g.micro",
        "CacheSubnetGroupName": name,
        "SecurityGroupIds": [network.group],
        **changed,
    }


@pytest.mark.parametrize("name", ["a--b", "a-", "a" * 41])
def test_an_identifier_that_is_not_valid(network: Network, name: str) -> None:
    create = network.aws("elasticache").create_replication_group

    assert refusal(create, **arguments(network, ReplicationGroupId=name)) == (
        "InvalidParameterValue",
        "The parameter ReplicationGroupId is not a valid identifier.",
    )


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"AutomaticFailoverEnabled": True, "NumCacheClusters": 1}, "InvalidParameterValue"),
        ({"MultiAZEnabled": True, "NumCacheClusters": 2}, "InvalidParameterCombination"),
    ],
)
def test_failover_needs_a_replica(network: Network, changed: dict[str, Any], code: str) -> None:
    assert refusal(network.aws("elasticache").create_replication_group, **arguments(network, **changed))[0] == code


def test_a_group_of_another_vpc(network: Network, other_network: Network) -> None:
    create = network.aws("elasticache").create_replication_group

    refused = refusal(create, **arguments(network, SecurityGroupIds=[other_network.group]))
    assert refused[0] == "InvalidParameterValue"


def test_what_a_cache_uses_can_not_be_deleted(network: Network) -> None:
    cache, ec2, made = network.aws("elasticache"), network.aws("ec2"), arguments(network)
    cache.create_replication_group(**made)
    subnets = {"CacheSubnetGroupName": made["CacheSubnetGroupName"]}

    assert refusal(cache.delete_cache_subnet_group, **subnets)[0] == "CacheSubnetGroupInUse"
    assert refusal(ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    cache.delete_replication_group(ReplicationGroupId=made["ReplicationGroupId"])
    cache.delete_cache_subnet_group(**subnets)
    ec2.delete_security_group(GroupId=network.group)


def test_a_cache_without_optional_parameters_lives_as_any_other(network: Network) -> None:
    cache, name = network.aws("elasticache"), {"ReplicationGroupId": unique("cache")}

    cache.create_replication_group(**name, ReplicationGroupDescription="x")
    cache.modify_replication_group(**name, ApplyImmediately=True)
    cache.delete_cache_subnet_group(CacheSubnetGroupName=arguments(network)["CacheSubnetGroupName"])
    cache.delete_replication_group(**name)


def test_a_name_that_is_taken(network: Network) -> None:
    cache, made = network.aws("elasticache"), arguments(network)
    cache.create_replication_group(**made)

    assert refusal(cache.create_replication_group, **made) == (
        "ReplicationGroupAlreadyExists",
        f"Replication group {made['ReplicationGroupId']} already exists.",
    )
