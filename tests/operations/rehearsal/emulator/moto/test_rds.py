"""moto's RDS: clusters without Aurora Serverless v1, IDs of instances, the source of parameters."""

from __future__ import annotations

from tests.operations.rehearsal.emulator.moto.conftest import Aws

ENGINE = "aurora-postgresql"
MASTER = {"MasterUsername": "app", "MasterUserPassword": "a-password"}


def test_a_cluster_of_serverless_v2_has_no_scaling_of_v1(aws: Aws) -> None:
    scaling = {"MinCapacity": 0.5, "MaxCapacity": 4}
    aws("rds").create_db_cluster(
        DBClusterIdentifier="v2", Engine=ENGINE, ServerlessV2ScalingConfiguration=scaling, **MASTER
    )

    (cluster,) = aws("rds").describe_db_clusters(DBClusterIdentifier="v2")["DBClusters"]

    assert "ScalingConfigurationInfo" not in cluster
    assert cluster["ServerlessV2ScalingConfiguration"] == scaling


def test_each_instance_has_its_own_resource_id(aws: Aws) -> None:
    rds = aws("rds")
    for name in ("one", "two"):
        rds.create_db_instance(
            DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.t4g.micro", AllocatedStorage=20, **MASTER
        )

    one, two = (each["DbiResourceId"] for each in rds.describe_db_instances()["DBInstances"])

    assert one != two
    filters = [{"Name": "dbi-resource-id", "Values": [two]}]
    (found,) = rds.describe_db_instances(Filters=filters)["DBInstances"]
    assert found["DBInstanceIdentifier"] == "two"


def test_parameters_that_were_set_have_the_source_user(aws: Aws) -> None:
    rds = aws("rds")
    ssl = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
    rds.create_db_parameter_group(DBParameterGroupName="tls", DBParameterGroupFamily="postgres16", Description="TLS")
    rds.modify_db_parameter_group(DBParameterGroupName="tls", Parameters=[ssl])
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="tls", DBParameterGroupFamily=f"{ENGINE}16", Description="TLS"
    )
    rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName="tls", Parameters=[ssl])

    for found in (
        rds.describe_db_parameters(DBParameterGroupName="tls", Source="user"),
        rds.describe_db_cluster_parameters(DBClusterParameterGroupName="tls", Source="user"),
    ):
        assert found["Parameters"] == [{**ssl, "Source": "user"}]
    assert rds.describe_db_parameters(DBParameterGroupName="tls", Source="system")["Parameters"] == []


def test_every_version_and_class_is_offered(aws: Aws) -> None:
    """`deploy` checks both before the plan."""
    rds, asked = aws("rds"), {"Engine": ENGINE, "EngineVersion": "17"}

    (version,) = rds.describe_db_engine_versions(**asked)["DBEngineVersions"]
    options = rds.describe_orderable_db_instance_options(DBInstanceClass="db.serverless", **asked)

    assert version == asked
    assert options["OrderableDBInstanceOptions"] == [{**asked, "DBInstanceClass": "db.serverless"}]
