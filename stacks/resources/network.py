"""The VPC and the resources in it that services share."""

from __future__ import annotations

from stacks.resources.model import NETWORK, ArnImport, Listing, NameImport, ResourceType

TYPES = (
    ResourceType(
        "aws_vpc",
        "VPC",
        NETWORK,
        shared=True,
        replaced="everything in it is recreated, with downtime",
        arn_import=ArnImport(r"ec2:vpc/(.+)"),
        listing=Listing("ec2", "describe_vpcs", "Vpcs[].VpcId"),
    ),
    ResourceType(
        "aws_subnet",
        "subnet",
        NETWORK,
        shared=True,
        replaced="everything in it is recreated, with downtime",
        arn_import=ArnImport(r"ec2:subnet/(.+)"),
        listing=Listing("ec2", "describe_subnets", "Subnets[].SubnetId"),
    ),
    ResourceType(
        "aws_internet_gateway",
        "internet gateway",
        NETWORK,
        shared=True,
        replaced="the network has no internet access during the replacement",
        arn_import=ArnImport(r"ec2:internet-gateway/(.+)"),
        listing=Listing("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    ),
    ResourceType(
        "aws_nat_gateway",
        "NAT gateway",
        NETWORK,
        shared=True,
        replaced="tasks cannot reach the internet during the replacement",
        destroyed="tasks lose internet access",
        arn_import=ArnImport(r"ec2:natgateway/(.+)"),
        listing=Listing("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId"),
    ),
    ResourceType(
        "aws_eip",
        "NAT address",
        NETWORK,
        shared=True,
        replaced="outbound traffic comes from a new IP address; others may have allowlisted the old one",
        destroyed="its IP address is released for good; others may have allowlisted it",
        arn_import=ArnImport(r"ec2:elastic-ip/(.+)"),
        listing=Listing("ec2", "describe_addresses", "Addresses[].AllocationId"),
    ),
    ResourceType(
        "aws_route_table",
        "route table",
        NETWORK,
        shared=True,
        arn_import=ArnImport(r"ec2:route-table/(.+)"),
        listing=Listing("ec2", "describe_route_tables", "RouteTables[].RouteTableId"),
    ),
    ResourceType(
        "aws_route",
        "route",
        NETWORK,
        shared=True,
        name_import=NameImport(
            "route", ("route_table_id", "destination_cidr_block"), "{route_table_id}_{destination_cidr_block}"
        ),
    ),
    ResourceType(
        "aws_route_table_association",
        "route table association",
        NETWORK,
        shared=True,
        name_import=NameImport(
            "route_table_association", ("subnet_id", "route_table_id"), "{subnet_id}/{route_table_id}"
        ),
    ),
    ResourceType(
        "aws_vpc_endpoint",
        "VPC endpoint",
        NETWORK,
        shared=True,
        arn_import=ArnImport(r"ec2:vpc-endpoint/(.+)"),
        listing=Listing("ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId"),
    ),
    ResourceType(
        "aws_flow_log",
        "flow log",
        NETWORK,
        shared=True,
        arn_import=ArnImport(r"ec2:vpc-flow-log/(.+)"),
        listing=Listing("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId"),
    ),
    ResourceType("aws_default_security_group", "default security group", NETWORK, shared=True),
)
