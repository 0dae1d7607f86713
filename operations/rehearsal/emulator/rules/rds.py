"""What RDS refuses: what is in use, taken names, another VPC, passwords, snapshots.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/, pages API_CreateDBInstance, API_CreateDBCluster,
API_DeleteDBSubnetGroup, API_DeleteDBParameterGroup, API_DeleteDBClusterParameterGroup, API_DeleteDBCluster and
API_CreateDBSubnetGroup.
"""

from __future__ import annotations

import re
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.interfaces import subnet, vpc_of_group

_IDENTIFIER = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")
_PASSWORD = {"mysql": (8, 41), "aurora-mysql": (8, 41), "postgres": (8, 128), "aurora-postgresql": (8, 128)}
_RESERVED = {"postgres": {"admin", "rdsadmin"}, "aurora-postgresql": {"admin", "rdsadmin"}}


@rule("rds", "CreateDBSubnetGroup")
def zones_of_a_subnet_group(request: Request) -> None:
    """Subnets in fewer than two availability zones."""
    found = [subnet(request, each) for each in request.parameters["SubnetIds"]]
    zones = {each.availability_zone for each in found if each is not None}
    text = "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
    refused_unless(
        len(zones) > 1,
        "DBSubnetGroupDoesNotCoverEnoughAZs",
        f"{text}{', '.join(sorted(zones))}. Add subnets to cover at least 2 AZs.",
    )


@rule("rds", "CreateDBCluster", "CreateDBInstance")
def identifier(request: Request) -> None:
    """Identifiers with two dashes in a row, a dash at the end, or over 63 characters."""
    for name in ("DBClusterIdentifier", "DBInstanceIdentifier"):
        text = request.parameters.get(name, "a")
        refused_unless(
            _IDENTIFIER.fullmatch(text) and len(text) <= 63,
            "InvalidParameterValue",
            f"The parameter {name} is not a valid identifier.",
        )


@rule("rds", "CreateDBCluster", "CreateDBSubnetGroup")
def taken_name(request: Request) -> None:
    """A cluster or a subnet group whose name is taken; moto replaces the first one."""
    rds, parameters = request.backend(), request.parameters
    if request.operation == "CreateDBCluster":
        taken, code = parameters["DBClusterIdentifier"] in rds.clusters, "DBClusterAlreadyExistsFault"
        text = "DB Cluster already exists"
    else:
        name = parameters["DBSubnetGroupName"]
        taken, code = name in rds.subnet_groups, "DBSubnetGroupAlreadyExists"
        text = f"The DB subnet group {name} already exists."
    refused_unless(not taken, code, text)


@rule("rds", "CreateDBCluster", "CreateDBInstance")
def login(request: Request) -> None:
    """Reserved user names, and passwords of a wrong length or with characters that RDS does not allow."""
    parameters = request.parameters
    if "DBClusterIdentifier" in parameters and "DBInstanceIdentifier" in parameters:
        return  # an instance of a cluster has the login of the cluster
    user = parameters.get("MasterUsername", "")
    text = f"MasterUsername {user} cannot be used as it is a reserved word used by the engine"
    reserved = _RESERVED.get(parameters["Engine"], {"rdsadmin"})
    refused_unless(user.lower() not in reserved, "InvalidParameterValue", text)
    password = parameters.get("MasterUserPassword")
    if password is None:  # RDS can make it, or the database is a replica
        return
    low, high = _PASSWORD.get(parameters["Engine"], (8, 128))
    text = "The parameter MasterUserPassword is not a valid password."
    refused_unless(low <= len(password) <= high and not set(password) & set('/"@ '), "InvalidParameterValue", text)


@rule("rds", "CreateDBCluster", "CreateDBInstance", "ModifyDBCluster", "ModifyDBInstance")
def groups_of_the_vpc(request: Request) -> None:
    """Security groups of another VPC than that of the subnets."""
    group = _subnet_group(request)
    if group is None:
        return
    for each in request.parameters.get("VpcSecurityGroupIds", ()):
        text = "The DB instance and EC2 security group are in different VPCs."
        refused_unless(vpc_of_group(request, each) in (None, group.vpc_id), "InvalidVPCNetworkStateFault", text)


@rule("rds", "DeleteDBSubnetGroup")
def subnet_group_in_use(request: Request) -> None:
    """Deletion of a subnet group that a database uses."""
    name = request.parameters["DBSubnetGroupName"]
    rds = request.backend()
    users = [each for each in rds.clusters.values() if each.db_subnet_group_name == name]
    users += [each for each in rds.databases.values() if _name_of_group(each) == name]
    text = f"Cannot delete the subnet group '{name}' because at least one database instance is still using it."
    refused_unless(not users, "InvalidDBSubnetGroupStateFault", text)


@rule("rds", "DeleteDBParameterGroup", "DeleteDBClusterParameterGroup")
def parameter_group_in_use(request: Request) -> None:
    """Deletion of a parameter group that a database uses."""
    rds, parameters = request.backend(), request.parameters
    if "DBClusterParameterGroupName" in parameters:
        name = parameters["DBClusterParameterGroupName"]
        used = any(each.parameter_group == name for each in rds.clusters.values())
    else:
        name = parameters["DBParameterGroupName"]
        used = any(getattr(each, "db_parameter_group_name", None) == name for each in rds.databases.values())
    text = "One or more database instances are still members of this parameter group"
    refused_unless(not used, "InvalidDBParameterGroupState", f"{text} {name}, so the group cannot be deleted")


@rule("rds", "DeleteDBCluster", "DeleteDBInstance")
def final_snapshot(request: Request) -> None:
    """Deletion without a final snapshot and without saying so; a final snapshot whose name is taken."""
    parameters, rds = request.parameters, request.backend()
    name = parameters.get("FinalDBSnapshotIdentifier")
    of_cluster = rds.databases.get(parameters.get("DBInstanceIdentifier", ""))
    if of_cluster is not None and of_cluster.db_cluster_identifier:
        return
    if name is None:
        text = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        refused_unless(parameters.get("SkipFinalSnapshot"), "InvalidParameterCombination", text)
        return
    if "DBClusterIdentifier" in parameters:
        taken, code = name in rds.cluster_snapshots, "DBClusterSnapshotAlreadyExistsFault"
    else:
        taken, code = name in rds.database_snapshots, "DBSnapshotAlreadyExists"
    if taken:
        raise Refused(code, f"Cannot create the snapshot because a snapshot with the identifier {name} already exists.")


def _subnet_group(request: Request) -> Any:
    """The subnet group of a database that is created or changed; None if it is not known."""
    rds, parameters = request.backend(), request.parameters
    name = parameters.get("DBSubnetGroupName")
    if name is None:
        found = rds.clusters.get(parameters.get("DBClusterIdentifier", ""))
        name = found.db_subnet_group_name if found else None
        own = rds.databases.get(parameters.get("DBInstanceIdentifier", ""))
        name = name or (_name_of_group(own) if own else None)
    # Without one AWS takes the default VPC. moto's dictionary can't look up None.
    return None if name is None else rds.subnet_groups.get(name)


def _name_of_group(instance: Any) -> str | None:
    group = getattr(instance, "db_subnet_group", None)
    return None if group is None else str(group.name)
