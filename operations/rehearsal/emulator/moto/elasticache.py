"""Patches moto's ElastiCache: the members of replication groups, their changes, and deletions.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/, the pages of the operations.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound, ReplicationGroupNotFound
from moto.elasticache.models import CacheCluster, ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

PORT = 6379
_MODIFIED = {
    "CacheParameterGroupName": "cache_parameter_group_name",
    "EngineVersion": "engine_version",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotWindow": "snapshot_window",
}
"""Arguments of ModifyReplicationGroup that moto ignores, with the attributes of its replication group."""


def patch() -> None:
    _make_members()
    _modify_everything()
    ElastiCacheBackend.delete_replication_group = delete_replication_group
    ElastiCacheResponse.increase_replica_count = change_replica_count
    ElastiCacheResponse.decrease_replica_count = change_replica_count
    ElastiCacheResponse.delete_cache_subnet_group = delete_cache_subnet_group


def _make_members() -> None:
    """DescribeCacheClusters returns the members of replication groups too."""
    _create = ElastiCacheBackend.create_replication_group

    def create(self: Any, **kwargs: Any) -> ReplicationGroup:
        group = _create(self, **kwargs)
        # From the request: moto takes the text `false` for true.
        group.auto_minor_version_upgrade = str(group.auto_minor_version_upgrade).lower() != "false"
        _resize(self, group, int(kwargs.get("num_cache_clusters") or 1))
        return group

    ElastiCacheBackend.create_replication_group = create


def _resize(backend: Any, group: Any, size: int) -> None:
    """Give a replication group this number of members, of which the first is the primary."""
    (nodes,) = group.node_groups
    for name in group.member_clusters:
        backend.cache_clusters.pop(name, None)
    primary = nodes["node_group_members"][0]
    group.member_clusters = [f"{group.replication_group_id}-{number:03}" for number in range(1, size + 1)]
    nodes["node_group_members"] = [
        {**copy.deepcopy(primary), "cache_cluster_id": name, "current_role": "replica" if number else "primary"}
        for number, name in enumerate(group.member_clusters)
    ]
    for name in group.member_clusters:
        backend.cache_clusters[name] = _member(backend, group, name)


def _member(backend: Any, group: Any, name: str) -> CacheCluster:
    """A member as DescribeCacheClusters returns it, with the settings of its group."""
    unset = dict.fromkeys(CacheCluster.__init__.__annotations__)
    del unset["account_id"], unset["region_name"]
    member = CacheCluster(backend.account_id, backend.region_name, **unset)
    member.cache_cluster_id, member.engine = name, group.engine
    member.arn = member.arn.rpartition(":")[0] + f":{name}"
    member.num_cache_nodes, member.replication_group_id, member.snapshot_window = 1, None, group.snapshot_window
    member.replication_group_id = group.replication_group_id
    for attribute in (
        *("auto_minor_version_upgrade", "cache_parameter_group_name", "cache_subnet_group_name", "engine_version"),
        *("preferred_maintenance_window", "snapshot_retention_limit", "transit_encryption_enabled"),
        *("at_rest_encryption_enabled", "cache_node_type", "network_type", "ip_discovery"),
    ):
        setattr(member, attribute, getattr(group, attribute))
    member.security_groups = [{"SecurityGroupId": each, "Status": "active"} for each in group.security_group_ids or ()]
    return member


def _modify_everything() -> None:
    """ModifyReplicationGroup changes more than moto does, and the members with the group."""
    _modify = ElastiCacheResponse.modify_replication_group

    def modify(self: Any) -> Any:
        answer = _modify(self)
        group = answer.result["ReplicationGroup"]
        for argument, attribute in _MODIFIED.items():
            value = self._get_param(argument)
            if value is not None:
                setattr(group, attribute, value)
        upgrade = self._get_bool_param("AutoMinorVersionUpgrade")
        group.auto_minor_version_upgrade = group.auto_minor_version_upgrade if upgrade is None else upgrade
        _resize(self.elasticache_backend, group, len(group.member_clusters))
        return answer

    ElastiCacheResponse.modify_replication_group = modify


def change_replica_count(self: Any) -> ActionResult:
    """IncreaseReplicaCount and DecreaseReplicaCount set the number of replicas of a replication group."""
    name = self._get_param("ReplicationGroupId")
    group = self.elasticache_backend.describe_replication_groups(name)[0]
    _resize(self.elasticache_backend, group, self._get_int_param("NewReplicaCount") + 1)
    return ActionResult({"ReplicationGroup": group})


def delete_replication_group(self: Any, replication_group_id: str, retain_primary_cluster: bool | None) -> Any:
    """DeleteReplicationGroup deletes the group and its members; in moto both stay."""
    if replication_group_id not in self.replication_groups:
        raise ReplicationGroupNotFound(replication_group_id)
    group = self.replication_groups.pop(replication_group_id)
    for name in group.member_clusters:
        self.cache_clusters.pop(name, None)
    group.status = "deleting"
    return group


def delete_cache_subnet_group(self: Any) -> ActionResult:
    """DeleteCacheSubnetGroup, which moto lacks."""
    name = self._get_param("CacheSubnetGroupName")
    if self.elasticache_backend.cache_subnet_groups.pop(name, None) is None:
        raise CacheSubnetGroupNotFound(name)
    return ActionResult({})
