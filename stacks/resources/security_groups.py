"""Security groups and their rules."""

from __future__ import annotations

from stacks.resources.model import SECURITY_GROUPS, ArnImport, Listing, NameImport, ResourceType

TYPES = (
    ResourceType(
        "aws_security_group",
        "security group",
        SECURITY_GROUPS,
        arn_import=ArnImport(r"ec2:security-group/(.+)"),
        listing=Listing("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
    ),
    ResourceType(
        "aws_vpc_security_group_ingress_rule",
        "ingress rule",
        SECURITY_GROUPS,
        name_import=NameImport("ingress_rule", ("security_group_id", "ip_protocol"), "{id}"),
    ),
    ResourceType(
        "aws_vpc_security_group_egress_rule",
        "egress rule",
        SECURITY_GROUPS,
        name_import=NameImport("egress_rule", ("security_group_id", "ip_protocol"), "{id}"),
    ),
)
