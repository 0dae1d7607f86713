"""What EC2 does not delete or detach while something uses it.

Sources: the pages of the operations in https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ and the code
DependencyViolation in https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
"""

from __future__ import annotations

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.interfaces import in_subnet, in_vpc, with_group

IN_USE = "DependencyViolation"


def _dependencies(kind: str, name: str) -> Refused:
    return Refused(IN_USE, f"The {kind} '{name}' has dependencies and cannot be deleted.")


@rule("ec2", "DeleteSecurityGroup")
def security_group_in_use(request: Request) -> None:
    """A group of a network interface, and a group that a rule of another group refers to (API_DeleteSecurityGroup)."""
    group = request.parameters.get("GroupId", "")
    if with_group(request, group) or _referring_groups(request, group):
        raise Refused(IN_USE, f"resource {group} has a dependent object")


def _referring_groups(request: Request, group: str) -> list[str]:
    return [
        other.id
        for groups in request.backend().groups.values()
        for other in groups.values()
        if other.id != group
        for each in (*other.ingress_rules, *other.egress_rules)
        if each.source_group and each.source_group.get("GroupId") == group
    ]


@rule("ec2", "DeleteSecurityGroup")
def default_security_group(request: Request) -> None:
    """The default group of a VPC (error code CannotDelete)."""
    group = request.backend().get_security_group_from_id(request.parameters.get("GroupId", ""))
    is_default = group is not None and group.name == "default"
    refused_unless(not is_default, "CannotDelete", 'the specified group: "default" name is reserved')


@rule("ec2", "DeleteSubnet")
def subnet_in_use(request: Request) -> None:
    """A subnet with a network interface: tasks, load balancers, NAT gateways, mount targets, endpoints."""
    subnet = request.parameters["SubnetId"]
    if in_subnet(request, subnet):
        raise _dependencies("subnet", subnet)


@rule("ec2", "DetachInternetGateway")
def gateway_with_public_addresses(request: Request) -> None:
    """The gateway of a VPC in which something has a public address (API_DetachInternetGateway)."""
    vpc = request.parameters["VpcId"]
    if any(each.public for each in in_vpc(request, vpc)):
        raise Refused(
            IN_USE,
            f"Network {vpc} has some mapped public address(es). Please unmap those public address(es) before detaching "
            "the gateway.",
        )


@rule("ec2", "DeleteVpc")
def vpc_in_use(request: Request) -> None:
    """A VPC with groups, gateways or endpoints of its own; moto refuses the one with subnets and route tables."""
    vpc, ec2 = request.parameters["VpcId"], request.backend()
    groups = [group for group in ec2.groups.get(vpc, {}).values() if group.name != "default"]
    gateways = [each for each in ec2.internet_gateways.values() if each.vpc is not None and each.vpc.id == vpc]
    nat_gateways = [each for each in ec2.nat_gateways.values() if each.vpc_id == vpc and each.state != "deleted"]
    endpoints = [each for each in ec2.vpc_end_points.values() if each.vpc_id == vpc and each.state != "deleted"]
    if groups or gateways or nat_gateways or endpoints:
        raise _dependencies("vpc", vpc)


@rule("ec2", "ReleaseAddress")
def address_in_use(request: Request) -> None:
    """An Elastic IP address that is still associated (API_ReleaseAddress)."""
    allocation = request.parameters.get("AllocationId")
    for address in request.backend().addresses:
        if address.allocation_id == allocation and address.association_id:
            raise Refused("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
