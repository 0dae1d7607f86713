"""Security groups and their rules."""

from __future__ import annotations

from stacks.resources.actions import Actions, of
from stacks.resources.model import SECURITY_GROUPS, ArnImport, Condition, Listing, NameImport, Public, ResourceType

TYPES = (
    ResourceType(
        "aws_security_group",
        "security group",
        SECURITY_GROUPS,
        arn_import=ArnImport(r"ec2:security-group/(.+)"),
        listing=Listing("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
        sets=frozenset({"egress", "ingress", "security_groups"}),
        actions=Actions(
            read=of("ec2", "DescribeSecurityGroups"),
            create=of("ec2", "CreateSecurityGroup", "RevokeSecurityGroupEgress"),
            delete=of("ec2", "DeleteSecurityGroup", "DescribeNetworkInterfaces"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
    ),
    ResourceType(
        "aws_vpc_security_group_ingress_rule",
        "ingress rule",
        SECURITY_GROUPS,
        name_import=NameImport("ingress_rule", ("security_group_id", "ip_protocol"), "{id}"),
        traffic="from",
        public=(
            Public("open to {value} on {traffic}", Condition("cidr_ipv4", ("0.0.0.0/0",))),
            Public("open to {value} on {traffic}", Condition("cidr_ipv6", ("::/0",))),
        ),
        actions=Actions(
            read=of("ec2", "DescribeSecurityGroupRules"),
            create=of("ec2", "AuthorizeSecurityGroupIngress"),
            update=of("ec2", "ModifySecurityGroupRules"),
            delete=of("ec2", "RevokeSecurityGroupIngress"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
    ),
    ResourceType(
        "aws_vpc_security_group_egress_rule",
        "egress rule",
        SECURITY_GROUPS,
        name_import=NameImport("egress_rule", ("security_group_id", "ip_protocol"), "{id}"),
        traffic="to",
        actions=Actions(
            read=of("ec2", "DescribeSecurityGroupRules"),
            create=of("ec2", "AuthorizeSecurityGroupEgress"),
            update=of("ec2", "ModifySecurityGroupRules"),
            delete=of("ec2", "RevokeSecurityGroupEgress"),
            tag=of("ec2", "CreateTags", "DeleteTags"),
        ),
    ),
)
