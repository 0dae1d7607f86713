"""Mount targets and policies that EFS refuses.

Source: https://docs.aws.amazon.com/efs/latest/ug/, pages API_CreateMountTarget and API_PutFileSystemPolicy.
"""

from __future__ import annotations

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.interfaces import vpc_of_group, vpc_of_subnet
from operations.rehearsal.emulator.rules.principals import invalid_principals


@rule("efs", "CreateMountTarget")
def mount_target_vpc(request: Request) -> None:
    """Security groups of another VPC than the subnet's, and mount targets of a file system in two VPCs."""
    vpc = vpc_of_subnet(request, request.parameters["SubnetId"])
    for group in request.parameters.get("SecurityGroups", ()):
        own = vpc_of_group(request, group) in (None, vpc)
        text = f"The security group {group} does not exist in the subnet's VPC"
        refused_unless(own, "SecurityGroupNotFound", text)
    for each in request.backend().mount_targets_by_id.values():
        other = each.file_system_id == request.parameters["FileSystemId"] and each.vpc_id != vpc
        text = "requested subnet for new mount target is not in the same VPC as existing mount targets"
        refused_unless(not other, "MountTargetConflict", text)


@rule("efs", "PutFileSystemPolicy")
def policy_principals(request: Request) -> None:
    """A policy with a principal that does not exist."""
    if invalid_principals(request, request.parameters["Policy"]):
        raise Refused("InvalidPolicyException", "Policy contains invalid Principal block")
