"""Mount targets and policies that EFS refuses."""

from __future__ import annotations

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, Aws, Network, policy, refusal, unique


@pytest.fixture
def system(aws: Aws) -> str:
    return str(aws("efs").create_file_system(CreationToken=unique("token"))["FileSystemId"])


def test_a_group_of_another_vpc(network: Network, other_network: Network, system: str) -> None:
    target = {"FileSystemId": system, "SubnetId": network.subnets[0], "SecurityGroups": [other_network.group]}

    assert refusal(network.aws("efs").create_mount_target, **target) == (
        "SecurityGroupNotFound",
        f"The security group {other_network.group} does not exist in the subnet's VPC",
    )


def test_mount_targets_in_two_vpcs(network: Network, other_network: Network, system: str) -> None:
    efs = network.aws("efs")
    efs.create_mount_target(FileSystemId=system, SubnetId=network.subnets[0])

    assert refusal(efs.create_mount_target, FileSystemId=system, SubnetId=other_network.subnets[1]) == (
        "MountTargetConflict",
        "requested subnet for new mount target is not in the same VPC as existing mount targets",
    )


def test_a_file_system_with_mount_targets(network: Network, system: str) -> None:
    """moto refuses it too."""
    network.aws("efs").create_mount_target(FileSystemId=system, SubnetId=network.subnets[0])

    assert refusal(network.aws("efs").delete_file_system, FileSystemId=system)[0] == "FileSystemInUse"


def test_a_principal_that_does_not_exist(aws: Aws, system: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": MISSING_ROLE}, "Action": "elasticfilesystem:ClientMount"}

    assert refusal(aws("efs").put_file_system_policy, FileSystemId=system, Policy=policy(statement)) == (
        "InvalidPolicyException",
        "Policy contains invalid Principal block",
    )
