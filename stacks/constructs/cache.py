"""Valkey: a replication group of ElastiCache."""

from __future__ import annotations

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.constructs.network import Subnets
from stacks.constructs.security_group import SecurityGroup
from stacks.constructs.store import Store
from stacks.naming import identifier
from stacks.project.models import Valkey

VERSION = "8.0"
"""The version of a new cache. AWS upgrades the minor version of existing ones in its campaigns (ElastiCache API
Reference, ReplicationGroup, `AutoMinorVersionUpgrade`). For a lower version the provider would replace the cache
(internal/service/elasticache/engine_version.go), so its changes are ignored.
"""
PORT = 6379


class Cache(Construct):
    """A cache in the private subnets, encrypted, that only its clients can reach.

    Clients connect with TLS. There is no token: the AWS provider would keep it in the state, and the security group
    decides who can connect. With replicas, another zone takes over when the primary fails.

    Attributes:
        store: What services need of it.
    """

    def __init__(self, scope: Scope, environment: Environment, subnets: Subnets, name: str, config: Valkey) -> None:
        super().__init__(scope, f"resource_{identifier(name)}")
        id, full_name = identifier(name), environment.names.cache(name)
        subnet_group = self.make(
            aws.elasticache_subnet_group.ElasticacheSubnetGroup,
            id,
            name=full_name,
            description=f"Subnets of {name} in {environment.names.stack}",
            subnet_ids=subnets.private,
            tags={"Name": full_name},
        )
        group = SecurityGroup(
            self,
            f"{id}_store",
            name=environment.names.store_security_group(name),
            description=f"Clients of the cache {name}",
            vpc_id=subnets.vpc_id,
        )
        replicated = config.replicas > 0
        cache = self.make(
            aws.elasticache_replication_group.ElasticacheReplicationGroup,
            id,
            replication_group_id=full_name,
            description=f"{name} of {environment.names.stack}",
            engine="valkey",
            engine_version=VERSION,
            node_type=config.node,
            num_cache_clusters=1 + config.replicas,
            automatic_failover_enabled=replicated,
            multi_az_enabled=replicated,
            port=PORT,
            subnet_group_name=subnet_group.name,
            security_group_ids=[group.id],
            kms_key_id=environment.key_arn,
            transit_encryption_enabled=True,
            apply_immediately=True,
            tags={"Name": full_name},
            lifecycle=TerraformResourceLifecycle(
                prevent_destroy=True if environment.protected else None, ignore_changes=["engine_version"]
            ),
        )
        # Past the bindings, which take text as version 6 of the provider does: with version 5 one is a boolean.
        for argument in ("at_rest_encryption_enabled", "auto_minor_version_upgrade"):
            cache.add_override(argument, True)
        host = f"${{aws_elasticache_replication_group.{id}.primary_endpoint_address}}"
        self.store = Store(
            name=name,
            port=PORT,
            group=group,
            ready=(cache,),
            values={"host": host, "port": str(PORT), "url": f"rediss://{host}:{PORT}"},
            outputs={"endpoint": host, "port": str(PORT), "name": full_name, "arn": cache.arn},
        )
