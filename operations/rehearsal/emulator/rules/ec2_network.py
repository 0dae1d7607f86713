"""Subnets, gateways, routes and endpoints that EC2 refuses.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/ and the pages of the operations and the error codes in
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/.
"""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Network
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.interfaces import gateway_of, subnet, vpc_of_group, vpc_of_subnet

SIZES = range(16, 29)
"""The prefix lengths of VPCs and subnets (userguide/subnet-sizing.html)."""


@rule("ec2", "CreateVpc", "CreateSubnet")
def block_size(request: Request) -> None:
    """A block outside /16 to /28."""
    block = request.parameters.get("CidrBlock")
    code = "InvalidVpc.Range" if request.operation == "CreateVpc" else "InvalidSubnet.Range"
    valid = block is None or IPv4Network(block, strict=False).prefixlen in SIZES
    refused_unless(valid, code, f"The CIDR '{block}' is invalid.")


@rule("ec2", "AttachInternetGateway")
def second_gateway(request: Request) -> None:
    """A second internet gateway on a VPC (quota of one, amazon-vpc-limits.html)."""
    vpc = request.parameters["VpcId"]
    found = gateway_of(request, vpc)
    other = found is not None and found.id != request.parameters["InternetGatewayId"]
    refused_unless(not other, "InvalidParameterValue", f"Network {vpc} already has an internet gateway attached")


@rule("ec2", "AssociateRouteTable")
def associated_subnet(request: Request) -> None:
    """A subnet that another route table is associated with (error code Resource.AlreadyAssociated)."""
    table, subnet_id = request.parameters["RouteTableId"], request.parameters.get("SubnetId")
    for other in request.backend().route_tables.values():
        if other.id != table and subnet_id and subnet_id in other._associations.values():
            raise Refused(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {table} conflicts with an existing association",
            )


@rule("ec2", "AssociateRouteTable")
def route_table_of_another_vpc(request: Request) -> None:
    """A route table and a subnet of two VPCs (API_AssociateRouteTable)."""
    table = request.backend().route_tables.get(request.parameters["RouteTableId"])
    subnet_id = request.parameters.get("SubnetId")
    vpc = vpc_of_subnet(request, subnet_id) if subnet_id else None
    if table is not None and vpc is not None and table.vpc_id != vpc:
        raise Refused(
            "InvalidParameterValue", f"Route table {table.id} and subnet {subnet_id} belong to different networks"
        )


@rule("ec2", "CreateRoute", "ReplaceRoute")
def route_to_another_vpc(request: Request) -> None:
    """A gateway or NAT gateway that is not in the VPC of the route table."""
    ec2, table_id = request.backend(), request.parameters["RouteTableId"]
    table = ec2.route_tables.get(table_id)
    target = request.parameters.get("GatewayId", "") or request.parameters.get("NatGatewayId", "")
    gateway = ec2.internet_gateways.get(target)
    nat_gateway = ec2.nat_gateways.get(target)
    if table is None or (gateway is None and nat_gateway is None):
        return
    vpc = nat_gateway.vpc_id if gateway is None else gateway.vpc.id if gateway.vpc else None
    if vpc != table.vpc_id:
        raise Refused(
            "InvalidParameterValue",
            f"route table {table_id} and network gateway {target} belong to different networks",
        )


@rule("ec2", "CreateNatGateway")
def nat_gateway_without_internet_gateway(request: Request) -> None:
    """A public NAT gateway in a VPC without an internet gateway; in AWS it fails after a while
    (userguide/nat-gateway-troubleshooting.html).
    """
    vpc = vpc_of_subnet(request, request.parameters["SubnetId"])
    if request.parameters.get("ConnectivityType", "public") == "public" and vpc is not None:
        attached = gateway_of(request, vpc) is not None
        refused_unless(attached, "Gateway.NotAttached", f"Network {vpc} has no Internet gateway attached")


@rule("ec2", "CreateVpcEndpoint")
def endpoint_service(request: Request) -> None:
    """An endpoint of a service that does not exist (error code InvalidServiceName)."""
    name = request.parameters.get("ServiceName", "")
    services = request.backend()._collect_default_endpoint_services(request.account, request.region)
    prefix = f"com.amazonaws.{request.region}."
    known = {each["ServiceName"] for each in services} | {prefix + each for each in _endpoint_prefixes()}
    # `com.amazonaws.vpce.` begins the names of private services.
    if name not in known and not name.startswith("com.amazonaws.vpce."):
        raise Refused("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


@cache
def _endpoint_prefixes() -> frozenset[str]:
    """The endpoint prefixes of all services that botocore has: moto's list of endpoint services lacks new ones."""
    from botocore.session import Session

    session = Session()
    endpoints = session.get_component("endpoint_resolver")
    return frozenset(endpoints._endpoint_data["partitions"][0]["services"])


@rule("ec2", "CreateVpcEndpoint")
def endpoint_network(request: Request) -> None:
    """Subnets of an interface endpoint in one zone, and subnets and groups of another VPC (API_CreateVpcEndpoint)."""
    vpc, zones = request.parameters["VpcId"], set[str]()
    for subnet_id in request.parameters.get("SubnetIds", ()):
        found = subnet(request, subnet_id)
        if found is None:
            continue
        refused_unless(
            found.vpc_id == vpc, "InvalidParameter", f"The subnet ID '{subnet_id}' does not belong to VPC {vpc}"
        )
        if found.availability_zone in zones:
            raise Refused(
                "DuplicateSubnetsInSameZone",
                f"Found another VPC endpoint subnet in the availability zone of {subnet_id}. VPC endpoint subnets "
                "should be in different availability zones supported by the VPC endpoint service.",
            )
        zones.add(found.availability_zone)
    for group in request.parameters.get("SecurityGroupIds", ()):
        own = vpc_of_group(request, group) == vpc
        refused_unless(own, "InvalidGroup.NotFound", f"The security group '{group}' does not exist in VPC '{vpc}'")


@rule("ec2", "CreateVpcEndpoint")
def private_dns(request: Request) -> None:
    """Private DNS twice for a service in a VPC, or in a VPC without DNS (privatelink/manage-dns-names.html)."""
    if request.parameters.get("VpcEndpointType") != "Interface" or not request.parameters.get("PrivateDnsEnabled"):
        return
    ec2, vpc_id, name = request.backend(), request.parameters["VpcId"], request.parameters.get("ServiceName")
    vpc = ec2.vpcs.get(vpc_id)
    if vpc is not None and not (_is_on(vpc.enable_dns_support) and _is_on(vpc.enable_dns_hostnames)):
        raise Refused(
            "InvalidParameter",
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
            f"{vpc_id}",
        )
    for other in _endpoints(request, vpc_id, str(name)):
        if other.vpc_endpoint_type == "Interface" and other.private_dns_enabled:
            raise Refused(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                f"{str(name).rpartition('.')[2]}.{request.region}.amazonaws.com in the VPC {vpc_id}",
            )


@rule("ec2", "CreateVpcEndpoint")
def gateway_endpoint_twice(request: Request) -> None:
    """Two gateway endpoints of a service on one route table (error code RouteAlreadyExists)."""
    name, tables = str(request.parameters.get("ServiceName")), set(request.parameters.get("RouteTableIds", ()))
    for other in _endpoints(request, request.parameters["VpcId"], name):
        for table in sorted(tables & set(other.route_table_ids or ())):
            raise Refused(
                "RouteAlreadyExists",
                f"route table {table} already has a route with destination-prefix-list-id "
                f"{other.destination_prefix_list_id}",
            )


def _endpoints(request: Request, vpc: str, service: str) -> list[Any]:
    endpoints = request.backend().vpc_end_points.values()
    return [
        each for each in endpoints if (each.vpc_id, each.service_name) == (vpc, service) and each.state != "deleted"
    ]


def _is_on(value: object) -> bool:
    return value in (True, "true")
