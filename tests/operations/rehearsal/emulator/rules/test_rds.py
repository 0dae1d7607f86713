"""What RDS refuses: what is in use, another VPC, logins, snapshots."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Network, refusal, unique

MASTER = {"MasterUsername": "app", "MasterUserPassword": "a-password-of-a-test"}
INSTANCE = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20, **MASTER}


def subnet_group(network: Network, subnets: list[str] | None = None) -> str:
    name = unique("subnets")
    network.aws("rds").create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription="x", SubnetIds=subnets or network.subnets
    )
    return name


@pytest.fixture
def instance(network: Network) -> dict[str, Any]:
    """An instance with a subnet group and a parameter group of its own."""
    rds, parameters = network.aws("rds"), unique("parameters")
    rds.create_db_parameter_group(DBParameterGroupName=parameters, DBParameterGroupFamily="postgres16", Description="x")
    made: dict[str, Any] = rds.create_db_instance(
        DBInstanceIdentifier=unique("db"),
        DBSubnetGroupName=subnet_group(network),
        DBParameterGroupName=parameters,
        VpcSecurityGroupIds=[network.group],
        **INSTANCE,
    )["DBInstance"]
    return made


def test_a_subnet_group_in_one_zone(network: Network) -> None:
    code, message = refusal(
        network.aws("rds").create_db_subnet_group,
        DBSubnetGroupName=unique("subnets"),
        DBSubnetGroupDescription="x",
        SubnetIds=network.subnets[:1],
    )

    assert code == "DBSubnetGroupDoesNotCoverEnoughAZs"
    assert "Current AZ coverage: eu-west-1a." in message


@pytest.mark.parametrize("name", ["a--b", "a-", "1a"])
def test_an_identifier_with_dashes_in_a_row_or_at_the_end(network: Network, name: str) -> None:
    assert refusal(network.aws("rds").create_db_instance, DBInstanceIdentifier=name, **INSTANCE) == (
        "InvalidParameterValue",
        "The parameter DBInstanceIdentifier is not a valid identifier.",
    )


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"MasterUsername": "admin"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "with/a/slash"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "x" * 42, "Engine": "mysql"}, "InvalidParameterValue"),
    ],
)
def test_a_login_that_rds_does_not_allow(network: Network, changed: dict[str, str], code: str) -> None:
    arguments = {**INSTANCE, **changed}

    assert refusal(network.aws("rds").create_db_instance, DBInstanceIdentifier=unique("db"), **arguments)[0] == code


def test_mysql_has_a_user_admin(network: Network) -> None:
    login = {**INSTANCE, "Engine": "mysql", "MasterUsername": "admin"}

    network.aws("rds").create_db_instance(DBInstanceIdentifier=unique("db"), **login)


def test_a_group_of_another_vpc(network: Network, other_network: Network) -> None:
    code, _ = refusal(
        network.aws("rds").create_db_instance,
        DBInstanceIdentifier=unique("db"),
        DBSubnetGroupName=subnet_group(network),
        VpcSecurityGroupIds=[other_network.group],
        **INSTANCE,
    )

    assert code == "InvalidVPCNetworkStateFault"


def test_what_an_instance_uses_can_not_be_deleted(network: Network, instance: dict[str, Any]) -> None:
    rds, ec2 = network.aws("rds"), network.aws("ec2")
    subnets = instance["DBSubnetGroup"]["DBSubnetGroupName"]
    parameters = instance["DBParameterGroups"][0]["DBParameterGroupName"]

    assert refusal(rds.delete_db_subnet_group, DBSubnetGroupName=subnets)[0] == "InvalidDBSubnetGroupStateFault"
    refused = refusal(rds.delete_db_parameter_group, DBParameterGroupName=parameters)
    assert refused[0] == "InvalidDBParameterGroupState"
    assert refusal(ec2.delete_security_group, GroupId=network.group)[0] == "DependencyViolation"
    assert refusal(ec2.delete_subnet, SubnetId=network.subnets[1])[0] == "DependencyViolation"

    rds.delete_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(DBSubnetGroupName=subnets)
    rds.delete_db_parameter_group(DBParameterGroupName=parameters)
    ec2.delete_security_group(GroupId=network.group)


def test_a_final_snapshot_is_named_or_declined_and_its_name_is_free(network: Network, instance: dict[str, Any]) -> None:
    rds, name = network.aws("rds"), instance["DBInstanceIdentifier"]
    rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-taken")

    refused = refusal(rds.delete_db_instance, DBInstanceIdentifier=name)
    assert refused[0] == "InvalidParameterCombination"
    final = {"DBInstanceIdentifier": name, "FinalDBSnapshotIdentifier": f"{name}-taken"}
    assert refusal(rds.delete_db_instance, **final)[0] == "DBSnapshotAlreadyExists"
    rds.delete_db_instance(**{**final, "FinalDBSnapshotIdentifier": f"{name}-final"})


def test_the_parameters_and_subnets_of_a_cluster(network: Network) -> None:
    rds, cluster, subnets, parameters = network.aws("rds"), unique("c"), subnet_group(network), unique("parameters")
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=parameters, DBParameterGroupFamily="aurora-postgresql16", Description="x"
    )
    rds.create_db_cluster(
        DBClusterIdentifier=cluster,
        Engine="aurora-postgresql",
        DBSubnetGroupName=subnets,
        DBClusterParameterGroupName=parameters,
        VpcSecurityGroupIds=[network.group],
        **MASTER,
    )

    refused = refusal(rds.delete_db_cluster_parameter_group, DBClusterParameterGroupName=parameters)
    assert refused[0] == "InvalidDBParameterGroupState"
    assert refusal(rds.delete_db_subnet_group, DBSubnetGroupName=subnets)[0] == "InvalidDBSubnetGroupStateFault"
    assert refusal(rds.delete_db_cluster, DBClusterIdentifier=cluster)[0] == "InvalidParameterCombination"
    rds.create_db_cluster_snapshot(DBClusterIdentifier=cluster, DBClusterSnapshotIdentifier=f"{cluster}-taken")
    final = {"DBClusterIdentifier": cluster, "FinalDBSnapshotIdentifier": f"{cluster}-taken"}
    assert refusal(rds.delete_db_cluster, **final)[0] == "DBClusterSnapshotAlreadyExistsFault"


def test_an_instance_without_optional_parameters_lives_as_any_other(network: Network) -> None:
    rds, name = network.aws("rds"), {"DBInstanceIdentifier": unique("db")}

    rds.create_db_instance(**name, **INSTANCE)
    rds.modify_db_instance(**name)
    rds.modify_db_instance(**name, VpcSecurityGroupIds=[network.group])
    rds.delete_db_instance(**name, SkipFinalSnapshot=True)


@pytest.mark.parametrize("engine", ["aurora-postgresql", "aurora-mysql"])
def test_a_cluster_without_optional_parameters_lives_as_any_other(network: Network, engine: str) -> None:
    rds, cluster, member = network.aws("rds"), {"DBClusterIdentifier": unique("c")}, unique("db")

    rds.create_db_cluster(**cluster, Engine=engine, **MASTER)
    rds.create_db_instance(**cluster, DBInstanceIdentifier=member, Engine=engine, DBInstanceClass="db.serverless")
    rds.modify_db_cluster(**cluster)
    rds.modify_db_cluster(**cluster, VpcSecurityGroupIds=[network.group])
    rds.modify_db_instance(DBInstanceIdentifier=member)
    rds.delete_db_instance(DBInstanceIdentifier=member)
    rds.delete_db_cluster(**cluster, SkipFinalSnapshot=True)


def test_groups_without_optional_parameters_can_be_deleted(network: Network) -> None:
    rds, name = network.aws("rds"), unique("parameters")
    rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily="mysql8.4", Description="x")
    rds.create_db_instance(DBInstanceIdentifier=unique("db"), **{**INSTANCE, "Engine": "mysql"})

    rds.delete_db_parameter_group(DBParameterGroupName=name)
    rds.delete_db_subnet_group(DBSubnetGroupName=subnet_group(network))


def test_a_cluster_or_a_subnet_group_whose_name_is_taken(network: Network) -> None:
    rds, cluster, subnets = network.aws("rds"), unique("c"), subnet_group(network)
    rds.create_db_cluster(DBClusterIdentifier=cluster, Engine="aurora-mysql", **MASTER)

    again = {"DBClusterIdentifier": cluster.upper(), "Engine": "aurora-mysql", **MASTER}
    assert refusal(rds.create_db_cluster, **again) == ("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    group = {"DBSubnetGroupName": subnets, "DBSubnetGroupDescription": "x", "SubnetIds": network.subnets}
    assert refusal(rds.create_db_subnet_group, **group) == (
        "DBSubnetGroupAlreadyExists",
        f"The DB subnet group {subnets} already exists.",
    )
