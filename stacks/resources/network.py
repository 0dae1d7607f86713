"""The VPC and the resources in it that services share."""

from __future__ import annotations

from stacks.resources.actions import Actions, of, put_back
from stacks.resources.model import (
    NETWORK,
    ArnImport,
    Billed,
    Condition,
    Listing,
    NameImport,
    Public,
    ResourceType,
    Shown,
)

TYPES = (
    ResourceType(
        "aws_vpc",
        "VPC",
        NETWORK,
        shared=True,
        replaced="everything in it is recreated, with downtime",
        arn_import=ArnImport(r"ec2:vpc/(.+)"),
        listing=Listing("ec2", "describe_vpcs", "Vpcs[].VpcId"),
        shown=(Shown("cidr_block", "CIDR"),),
        actions=Actions(
            read=of(
                "ec2",
                "DescribeNetworkAcls",
                "DescribeRouteTables",
                "DescribeSecurityGroups",
                "DescribeVpcAttribute",
                "DescribeVpcs",
            ),
            create=of("ec2", "CreateVpc", "ModifyVpcAttribute"),
            update=of("ec2", "ModifyVpcAttribute"),
            delete=of("ec2", "DeleteVpc"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
    ),
    ResourceType(
        "aws_subnet",
        "subnet",
        NETWORK,
        shared=True,
        replaced="everything in it is recreated, with downtime",
        arn_import=ArnImport(r"ec2:subnet/(.+)"),
        listing=Listing("ec2", "describe_subnets", "Subnets[].SubnetId"),
        shown=(
            Shown("cidr_block", "CIDR"),
            Shown("availability_zone", "zone"),
        ),
        public=(Public("assigns public addresses", Condition("map_public_ip_on_launch", (True,))),),
        actions=Actions(
            read=of("ec2", "DescribeSubnets"),
            create=of("ec2", "CreateSubnet"),
            update=of("ec2", "ModifySubnetAttribute"),
            delete=of("ec2", "DeleteSubnet", "DescribeNetworkInterfaces"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
            unrecorded={
                "ec2:ModifySubnetAttribute": put_back("ec2/vpc_subnet.go"),
            },
        ),
    ),
    ResourceType(
        "aws_internet_gateway",
        "internet gateway",
        NETWORK,
        shared=True,
        replaced="the network has no internet access during the replacement",
        arn_import=ArnImport(r"ec2:internet-gateway/(.+)"),
        listing=Listing("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
        actions=Actions(
            read=of("ec2", "DescribeInternetGateways"),
            create=of("ec2", "AttachInternetGateway", "CreateInternetGateway"),
            delete=of("ec2", "DeleteInternetGateway", "DetachInternetGateway"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
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
        billed=(Billed("NAT gateway", about="33 USD"),),
        sets=frozenset({"secondary_allocation_ids", "secondary_private_ip_addresses"}),
        actions=Actions(
            read=of("ec2", "DescribeNatGateways"),
            create=of("ec2", "CreateNatGateway"),
            delete=of("ec2", "DeleteNatGateway"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
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
        public=(Public("public address"),),
        billed=(Billed("public address", about="4 USD"),),
        actions=Actions(
            read=of("ec2", "DescribeAddresses", "DescribeAddressesAttribute"),
            create=of("ec2", "AllocateAddress"),
            delete=of("ec2", "DisassociateAddress", "ReleaseAddress"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
    ),
    ResourceType(
        "aws_route_table",
        "route table",
        NETWORK,
        shared=True,
        arn_import=ArnImport(r"ec2:route-table/(.+)"),
        listing=Listing("ec2", "describe_route_tables", "RouteTables[].RouteTableId"),
        sets=frozenset({"propagating_vgws", "route"}),
        actions=Actions(
            read=of("ec2", "DescribeRouteTables"),
            create=of("ec2", "CreateRouteTable"),
            delete=of("ec2", "DeleteRouteTable"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
    ),
    ResourceType(
        "aws_route",
        "route",
        NETWORK,
        shared=True,
        name_import=NameImport(
            "route", ("route_table_id", "destination_cidr_block"), "{route_table_id}_{destination_cidr_block}"
        ),
        shown=(Shown("destination_cidr_block", "to"),),
        actions=Actions(
            read=of("ec2", "DescribeRouteTables"),
            create=of("ec2", "CreateRoute"),
            update=of("ec2", "ReplaceRoute"),
            delete=of("ec2", "DeleteRoute"),
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
        actions=Actions(
            read=of("ec2", "DescribeRouteTables"),
            create=of("ec2", "AssociateRouteTable"),
            update=of("ec2", "ReplaceRouteTableAssociation"),
            delete=of("ec2", "DisassociateRouteTable"),
            unrecorded={"ec2:ReplaceRouteTableAssociation": put_back("ec2/vpc_route_table_association.go")},
        ),
    ),
    ResourceType(
        "aws_vpc_endpoint",
        "VPC endpoint",
        NETWORK,
        shared=True,
        arn_import=ArnImport(r"ec2:vpc-endpoint/(.+)"),
        listing=Listing("ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId"),
        shown=(
            Shown("vpc_endpoint_type", "type"),
            Shown("service_name", "service"),
        ),
        billed=(Billed("interface endpoint", Condition("vpc_endpoint_type", ("Interface",)), about="7 USD a zone"),),
        sets=frozenset(
            {"network_interface_ids", "route_table_ids", "security_group_ids", "subnet_configuration", "subnet_ids"}
        ),
        actions=Actions(
            read=of("ec2", "DescribeNetworkInterfaces", "DescribePrefixLists", "DescribeVpcEndpoints"),
            create=(
                *of("ec2", "CreateVpcEndpoint", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"),
                *of("route53", "AssociateVPCWithHostedZone"),
            ),
            update=of("ec2", "ModifyVpcEndpoint"),
            delete=of("ec2", "DeleteVpcEndpoints"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
    ),
    ResourceType(
        "aws_flow_log",
        "flow log",
        NETWORK,
        shared=True,
        arn_import=ArnImport(r"ec2:vpc-flow-log/(.+)"),
        listing=Listing("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId"),
        actions=Actions(
            read=of("ec2", "DescribeFlowLogs"),
            create=of("ec2", "CreateFlowLogs"),
            delete=of("ec2", "DeleteFlowLogs"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
            passes_roles_to="vpc-flow-logs.amazonaws.com",
        ),
    ),
    ResourceType(
        "aws_default_security_group",
        "default security group",
        NETWORK,
        shared=True,
        sets=frozenset({"egress", "ingress", "security_groups"}),
        actions=Actions(
            read=of("ec2", "DescribeSecurityGroups"),
            create=of("ec2", "DescribeSecurityGroupRules", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
            unrecorded={
                "ec2:RevokeSecurityGroupIngress": "AWS creates the group with an ingress rule, moto does not",
            },
        ),
    ),
)
