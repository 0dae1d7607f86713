"""Databases, caches, and the secrets with the passwords of databases.

Prices, in us-east-1 in 2025: https://aws.amazon.com/rds/aurora/pricing/ (0.12 USD an ACU-hour, backups 0.021 USD a GB),
/rds/postgresql/pricing/ (db.t4g.micro 0.016 USD an hour, gp3 0.115 USD a GB, backups 0.095 USD a GB),
/elasticache/pricing/ (Valkey on cache.t4g.micro 0.0128 USD an hour), /secrets-manager/pricing/.
"""

from __future__ import annotations

from stacks.resources.actions import TAGS_REMOVED, Actions, of, put_back
from stacks.resources.model import (
    STORAGE,
    ArnImport,
    Billed,
    Condition,
    DataLoss,
    Listing,
    NewRevision,
    Note,
    ResourceType,
    Shown,
)

_GRANTS = of("kms", "CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey")
_WITH_CUSTOMER_KEY = "AWS checks it for the caller when the environment has an encryption key of its own"
_KEYS = dict.fromkeys(_GRANTS, _WITH_CUSTOMER_KEY)
_RDS_TAGS = of("rds", "AddTagsToResource", "RemoveTagsFromResource")
_NO_SNAPSHOT = Condition("skip_final_snapshot", (True,))
_ROTATION = "new password: running tasks can't open new connections until they are replaced"
# No API returns `final_snapshot_identifier`, whose changes are ignored. A database never has a `snapshot_identifier`.
_WHILE_IMPORTED = ("snapshot_identifier",)
_UNKNOWN_LOSS = "its data and its automated backups are deleted; a final snapshot keeps a copy, if it is on"


def _losses(price: str) -> tuple[DataLoss, ...]:
    """What is lost with a database, by whether AWS creates a final snapshot."""
    return (
        DataLoss("its data and its automated backups are deleted, and there is no final snapshot", _NO_SNAPSHOT),
        DataLoss(
            "its data and its automated backups are deleted; a final snapshot keeps a copy, for about "
            f"{price} a GB and month until you delete it",
            Condition("skip_final_snapshot", (False,)),
        ),
    )


TYPES = (
    ResourceType(
        "aws_rds_cluster",
        "database cluster",
        STORAGE,
        data_loss=_UNKNOWN_LOSS,
        data_losses=_losses("0.02 USD"),
        user_data=True,
        import_ignores=_WHILE_IMPORTED,
        # Aurora User Guide, "Modifying an Amazon Aurora DB cluster": an upgrade is an outage; capacity is not.
        notes=(
            Note("restarts the database", ("engine_version",)),
            Note(_ROTATION, ("master_password_wo_version",)),
        ),
        arn_import=ArnImport(r"rds:cluster:(.+)"),
        listing=Listing("rds", "describe_db_clusters", "DBClusters[].DBClusterIdentifier"),
        shown=(
            Shown("engine"),
            Shown("engine_version", "version"),
            Shown("serverlessv2_scaling_configuration.min_capacity", "minimum"),
            Shown("serverlessv2_scaling_configuration.max_capacity", "maximum"),
            Shown("backup_retention_period", "backup days"),
        ),
        billed=(Billed("Aurora capacity", about="88 USD an ACU, 44 USD at 0.5, nothing while paused at 0"),),
        sets=frozenset(
            {
                "availability_zones",
                "cluster_members",
                "enabled_cloudwatch_logs_exports",
                "iam_roles",
                "vpc_security_group_ids",
            }
        ),
        actions=Actions(
            read=of("rds", "DescribeDBClusters", "DescribeGlobalClusters"),
            create=(*of("rds", "CreateDBCluster"), *_GRANTS),
            update=of("rds", "ModifyDBCluster"),
            delete=of("rds", "CreateDBClusterSnapshot", "DeleteDBCluster"),
            tag=_RDS_TAGS,
            service_linked_role="rds.amazonaws.com",
            unrecorded={
                **_KEYS,
                "rds:CreateDBClusterSnapshot": "DeleteDBCluster with a final snapshot needs it (RDS API Reference)",
            },
        ),
    ),
    ResourceType(
        "aws_rds_cluster_instance",
        "database server",
        STORAGE,
        replaced="the database is not available during the replacement",
        destroyed="the database is no longer available",
        arn_import=ArnImport(r"rds:db:(.+)"),
        actions=Actions(
            read=of("rds", "DescribeDBClusters", "DescribeDBInstances"),
            create=of("rds", "CreateDBInstance"),
            update=of("rds", "ModifyDBInstance"),
            delete=of("rds", "DeleteDBInstance"),
            tag=_RDS_TAGS,
            service_linked_role="rds.amazonaws.com",
        ),
    ),
    ResourceType(
        "aws_rds_cluster_parameter_group",
        "cluster parameter group",
        STORAGE,
        arn_import=ArnImport(r"rds:cluster-pg:(.+)"),
        sets=frozenset({"parameter"}),
        actions=Actions(
            read=of("rds", "DescribeDBClusterParameterGroups", "DescribeDBClusterParameters", "ListTagsForResource"),
            create=of("rds", "CreateDBClusterParameterGroup", "ModifyDBClusterParameterGroup"),
            update=of("rds", "ModifyDBClusterParameterGroup", "ResetDBClusterParameterGroup"),
            delete=of("rds", "DeleteDBClusterParameterGroup"),
            tag=_RDS_TAGS,
            unrecorded={
                "rds:RemoveTagsFromResource": TAGS_REMOVED,
                "rds:ResetDBClusterParameterGroup": "puts back what was changed by hand (internal/service/rds)",
            },
        ),
    ),
    ResourceType(
        "aws_db_instance",
        "database",
        STORAGE,
        data_loss=_UNKNOWN_LOSS,
        data_losses=_losses("0.10 USD"),
        user_data=True,
        import_ignores=_WHILE_IMPORTED,
        # RDS User Guide, "Settings for DB instances", column "Downtime notes".
        notes=(
            Note("restarts the database", ("engine_version", "instance_class")),
            Note(_ROTATION, ("password_wo_version",)),
        ),
        arn_import=ArnImport(r"rds:db:(.+)"),
        listing=Listing("rds", "describe_db_instances", "DBInstances[].DBInstanceIdentifier"),
        shown=(
            Shown("engine"),
            Shown("engine_version", "version"),
            Shown("instance_class", "class"),
            Shown("allocated_storage", "GiB"),
            Shown("multi_az", "standby", default=False),
            Shown("backup_retention_period", "backup days"),
        ),
        billed=(
            Billed("database instance", about="12 USD for db.t4g.micro, and 0.12 USD a GiB"),
            Billed("standby of the database", Condition("multi_az", (True,)), about="the same again"),
        ),
        sets=frozenset({"enabled_cloudwatch_logs_exports", "vpc_security_group_ids"}),
        actions=Actions(
            read=of("rds", "DescribeDBInstances"),
            create=(*of("rds", "CreateDBInstance"), *_GRANTS),
            update=of("rds", "ModifyDBInstance"),
            delete=of("rds", "CreateDBSnapshot", "DeleteDBInstance"),
            tag=_RDS_TAGS,
            service_linked_role="rds.amazonaws.com",
            unrecorded={
                **_KEYS,
                "rds:CreateDBSnapshot": "DeleteDBInstance with a final snapshot needs it (RDS API Reference)",
            },
        ),
    ),
    ResourceType(
        "aws_db_parameter_group",
        "parameter group",
        STORAGE,
        arn_import=ArnImport(r"rds:pg:(.+)"),
        sets=frozenset({"parameter"}),
        actions=Actions(
            read=of("rds", "DescribeDBParameterGroups", "DescribeDBParameters", "ListTagsForResource"),
            create=of("rds", "CreateDBParameterGroup", "ModifyDBParameterGroup"),
            update=of("rds", "ModifyDBParameterGroup", "ResetDBParameterGroup"),
            delete=of("rds", "DeleteDBParameterGroup"),
            tag=_RDS_TAGS,
            unrecorded={
                "rds:RemoveTagsFromResource": TAGS_REMOVED,
                "rds:ResetDBParameterGroup": "puts back what was changed by hand (internal/service/rds)",
            },
        ),
    ),
    ResourceType(
        "aws_db_subnet_group",
        "database subnet group",
        STORAGE,
        arn_import=ArnImport(r"rds:subgrp:(.+)"),
        sets=frozenset({"subnet_ids", "supported_network_types"}),
        actions=Actions(
            read=of("rds", "DescribeDBSubnetGroups", "ListTagsForResource"),
            create=of("rds", "CreateDBSubnetGroup"),
            update=of("rds", "ModifyDBSubnetGroup"),
            delete=of("rds", "DeleteDBSubnetGroup"),
            tag=_RDS_TAGS,
            unrecorded={
                "rds:ModifyDBSubnetGroup": put_back("rds/subnet_group.go"),
            },
        ),
    ),
    ResourceType(
        "aws_elasticache_replication_group",
        "cache",
        STORAGE,
        data_loss="its content is lost",
        arn_import=ArnImport(r"elasticache:replicationgroup:(.+)"),
        listing=Listing("elasticache", "describe_replication_groups", "ReplicationGroups[].ReplicationGroupId"),
        shown=(
            Shown("engine"),
            Shown("node_type", "node"),
            Shown("num_cache_clusters", "nodes"),
        ),
        billed=(Billed("cache", about="9 USD a node for cache.t4g.micro"),),
        sets=frozenset(
            {
                "log_delivery_configuration",
                "member_clusters",
                "security_group_ids",
                "security_group_names",
                "snapshot_arns",
                "user_group_ids",
            }
        ),
        actions=Actions(
            read=of("elasticache", "DescribeCacheClusters", "DescribeReplicationGroups", "ListTagsForResource"),
            create=(*of("elasticache", "CreateReplicationGroup"), *_GRANTS),
            update=of("elasticache", "DecreaseReplicaCount", "IncreaseReplicaCount", "ModifyReplicationGroup"),
            delete=of("elasticache", "DeleteReplicationGroup"),
            tag=of("elasticache", "AddTagsToResource", "RemoveTagsFromResource"),
            service_linked_role="elasticache.amazonaws.com",
            unrecorded={
                **_KEYS,
            },
        ),
    ),
    ResourceType(
        "aws_elasticache_subnet_group",
        "cache subnet group",
        STORAGE,
        arn_import=ArnImport(r"elasticache:subnetgroup:(.+)"),
        sets=frozenset({"subnet_ids"}),
        actions=Actions(
            read=of("elasticache", "DescribeCacheSubnetGroups", "ListTagsForResource"),
            create=of("elasticache", "CreateCacheSubnetGroup"),
            update=of("elasticache", "ModifyCacheSubnetGroup"),
            delete=of("elasticache", "DeleteCacheSubnetGroup"),
            tag=of("elasticache", "AddTagsToResource", "RemoveTagsFromResource"),
            unrecorded={
                "elasticache:ModifyCacheSubnetGroup": put_back("elasticache/subnet_group.go"),
            },
        ),
    ),
    ResourceType(
        "aws_secretsmanager_secret",
        "database secret",
        STORAGE,
        arn_import=ArnImport(r"secretsmanager:secret:.+", "{arn}"),
        listing=Listing("secretsmanager", "list_secrets", "SecretList[].Name"),
        sets=frozenset({"replica"}),
        actions=Actions(
            read=of("secretsmanager", "DescribeSecret", "GetResourcePolicy"),
            create=(*of("secretsmanager", "CreateSecret"), *of("kms", "Decrypt", "GenerateDataKey")),
            update=of("secretsmanager", "UpdateSecret"),
            delete=of("secretsmanager", "DeleteSecret"),
            tag=of("secretsmanager", "TagResource", "UntagResource"),
            unrecorded={
                **{action: _KEYS[action] for action in of("kms", "Decrypt", "GenerateDataKey")},
                "secretsmanager:UpdateSecret": "puts back what was changed by hand (internal/service/secretsmanager)",
            },
        ),
    ),
    ResourceType(
        "aws_secretsmanager_secret_version",
        "database secret value",
        STORAGE,
        # The provider replaces a value when its number changes; Secrets Manager keeps the previous one.
        revision=NewRevision("new value", "retiring", "retired"),
        sets=frozenset({"version_stages"}),
        actions=Actions(
            # Also of the ephemeral resources: they make a password and read the secret in every plan.
            read=of("secretsmanager", "GetRandomPassword", "GetSecretValue"),
            create=(*of("secretsmanager", "PutSecretValue"), *of("kms", "Decrypt", "GenerateDataKey")),
            delete=of("secretsmanager", "UpdateSecretVersionStage"),
            unrecorded={
                **{action: _KEYS[action] for action in of("kms", "Decrypt", "GenerateDataKey")},
                "secretsmanager:UpdateSecretVersionStage": "takes the stages of a value that is replaced away",
            },
        ),
    ),
)
