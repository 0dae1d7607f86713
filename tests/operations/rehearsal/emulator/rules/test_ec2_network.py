"""Subnets, gateways, routes and endpoints that EC2 refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import REGION, Aws, Network, refusal

LOGS = f"com.amazonaws.{REGION}.logs"
S3 = f"com.amazonaws.{REGION}.s3"


@pytest.mark.parametrize("cidr", ["10.0.8.0/29", "10.0.8.0/30"])
def test_a_subnet_that_is_too_small(network: Network, cidr: str) -> None:
    ec2 = network.aws("ec2")

    assert refusal(ec2.create_subnet, VpcId=network.vpc, CidrBlock=cidr) == (
        "InvalidSubnet.Range",
        f"The CIDR '{cidr}' is invalid.",
    )
    ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.0.8.0/28")


def test_a_vpc_that_is_too_large(aws: Aws) -> None:
    assert refusal(aws("ec2").create_vpc, CidrBlock="10.0.0.0/15") == (
        "InvalidVpc.Range",
        "The CIDR '10.0.0.0/15' is invalid.",
    )


def test_a_second_internet_gateway(network: Network) -> None:
    ec2 = network.aws("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]

    assert refusal(ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=network.vpc) == (
        "InvalidParameterValue",
        f"Network {network.vpc} already has an internet gateway attached",
    )


def route_table(network: Network) -> str:
    return str(network.aws("ec2").create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"])


def test_a_subnet_with_two_route_tables(network: Network) -> None:
    ec2, subnet = network.aws("ec2"), network.subnets[0]
    first, second = route_table(network), route_table(network)
    ec2.associate_route_table(RouteTableId=first, SubnetId=subnet)

    assert refusal(ec2.associate_route_table, RouteTableId=second, SubnetId=subnet) == (
        "Resource.AlreadyAssociated",
        f"the specified association for route table {second} conflicts with an existing association",
    )
    ec2.associate_route_table(RouteTableId=first, SubnetId=subnet)


def test_a_route_table_of_another_vpc(network: Network, other_network: Network) -> None:
    table, subnet = route_table(other_network), network.subnets[0]

    assert refusal(network.aws("ec2").associate_route_table, RouteTableId=table, SubnetId=subnet) == (
        "InvalidParameterValue",
        f"Route table {table} and subnet {subnet} belong to different networks",
    )


def test_a_route_to_the_gateway_of_another_vpc(network: Network, other_network: Network) -> None:
    ec2, table = network.aws("ec2"), route_table(network)
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}

    assert refusal(ec2.create_route, **route, GatewayId=other_network.gateway) == (
        "InvalidParameterValue",
        f"route table {table} and network gateway {other_network.gateway} belong to different networks",
    )
    ec2.create_route(**route, GatewayId=network.gateway)


def test_a_route_to_a_gateway_that_is_not_attached(network: Network) -> None:
    ec2, table = network.aws("ec2"), route_table(network)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}

    assert refusal(ec2.create_route, **route, GatewayId=gateway)[0] == "InvalidParameterValue"


def test_a_route_to_the_nat_gateway_of_another_vpc(network: Network, other_network: Network) -> None:
    ec2, table = network.aws("ec2"), route_table(network)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    created = ec2.create_nat_gateway(SubnetId=other_network.subnets[0], AllocationId=address)
    gateway = created["NatGateway"]["NatGatewayId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}

    assert refusal(ec2.create_route, **route, NatGatewayId=gateway)[0] == "InvalidParameterValue"


def test_a_nat_gateway_without_an_internet_gateway(network: Network) -> None:
    ec2 = network.aws("ec2")
    ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]

    assert refusal(ec2.create_nat_gateway, SubnetId=network.subnets[0], AllocationId=address) == (
        "Gateway.NotAttached",
        f"Network {network.vpc} has no Internet gateway attached",
    )


def interface(network: Network, **changes: Any) -> dict[str, Any]:
    return {
        "VpcId": network.vpc,
        "ServiceName": LOGS,
        "VpcEndpointType": "Interface",
        "SubnetIds": network.subnets,
        "SecurityGroupIds": [network.group],
        **changes,
    }


def test_an_endpoint_of_a_service_that_does_not_exist(network: Network) -> None:
    name = f"com.amazonaws.{REGION}.cloudwatch"

    assert refusal(network.aws("ec2").create_vpc_endpoint, **interface(network, ServiceName=name)) == (
        "InvalidServiceName",
        f"The Vpc Endpoint Service '{name}' does not exist",
    )


@pytest.mark.parametrize(
    "service", ["ecr.api", "ecr.dkr", "ssm", "ssmmessages", "secretsmanager", "xray", "sqs", "kms"]
)
def test_endpoints_that_exist(network: Network, service: str) -> None:
    name = f"com.amazonaws.{REGION}.{service}"

    network.aws("ec2").create_vpc_endpoint(**interface(network, ServiceName=name))


def test_two_subnets_of_an_endpoint_in_one_zone(network: Network) -> None:
    subnets = [network.subnets[0], network.add_subnet("10.0.9.0/24")]

    assert refusal(network.aws("ec2").create_vpc_endpoint, **interface(network, SubnetIds=subnets)) == (
        "DuplicateSubnetsInSameZone",
        f"Found another VPC endpoint subnet in the availability zone of {subnets[1]}. VPC endpoint subnets should be "
        "in different availability zones supported by the VPC endpoint service.",
    )


def test_an_endpoint_with_a_subnet_or_a_group_of_another_vpc(network: Network, other_network: Network) -> None:
    create, subnet, group = network.aws("ec2").create_vpc_endpoint, other_network.subnets[0], other_network.group

    assert refusal(create, **interface(network, SubnetIds=[subnet])) == (
        "InvalidParameter",
        f"The subnet ID '{subnet}' does not belong to VPC {network.vpc}",
    )
    assert refusal(create, **interface(network, SecurityGroupIds=[group])) == (
        "InvalidGroup.NotFound",
        f"The security group '{group}' does not exist in VPC '{network.vpc}'",
    )


def test_private_dns_without_dns_host_names(network: Network) -> None:
    ec2 = network.aws("ec2")

    assert refusal(ec2.create_vpc_endpoint, **interface(network, PrivateDnsEnabled=True)) == (
        "InvalidParameter",
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
        f"{network.vpc}",
    )
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    ec2.create_vpc_endpoint(**interface(network, PrivateDnsEnabled=True))


def test_private_dns_twice(network: Network) -> None:
    ec2 = network.aws("ec2")
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": True})
    ec2.create_vpc_endpoint(**interface(network, PrivateDnsEnabled=True))

    assert refusal(ec2.create_vpc_endpoint, **interface(network, PrivateDnsEnabled=True)) == (
        "InvalidParameter",
        "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
        f"logs.{REGION}.amazonaws.com in the VPC {network.vpc}",
    )


def test_two_gateway_endpoints_of_a_service_on_one_route_table(network: Network) -> None:
    ec2, table = network.aws("ec2"), route_table(network)
    gateway = {"VpcId": network.vpc, "ServiceName": S3, "VpcEndpointType": "Gateway", "RouteTableIds": [table]}
    ec2.create_vpc_endpoint(**gateway)

    code, message = refusal(ec2.create_vpc_endpoint, **gateway)
    assert code == "RouteAlreadyExists"
    assert message.startswith(f"route table {table} already has a route with destination-prefix-list-id pl-")
