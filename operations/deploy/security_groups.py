"""Security groups that an interrupted apply left open.

AWS gives every new security group a rule that allows all outgoing traffic. Terraform revokes it as the last step of
creating the group, and never again: a group that was not completed and is kept would stay open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3

    from stacks.output import SynthesizedStack


def close_open_groups(stack: SynthesizedStack, session: boto3.Session) -> tuple[str, ...]:
    """Revoke AWS's default rule in this stack's security groups, and return the names of the groups that had it.

    Our rules have a description, the default rule does not. Raises botocore's ClientError when AWS refuses a request.
    """
    groups: Mapping[str, Any] = stack.configuration.get("resource", {}).get("aws_security_group", {})
    names = {group["tags"]["Name"] for group in groups.values() if "Name" in (group.get("tags") or {})}
    if not names:
        return ()
    ec2 = session.client("ec2")
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in stack.own_tags.items()]
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=filters)
    named = [group for page in pages for group in page["SecurityGroups"] if group["GroupName"] in names]
    return tuple(sorted(group["GroupName"] for group in named if _closed(ec2, group["GroupId"])))


def _closed(ec2: Any, group: str) -> bool:
    """Revoke the default rule of one group, and return whether it had one."""
    pages = ec2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )
    rules = [
        rule["SecurityGroupRuleId"]
        for page in pages
        for rule in page["SecurityGroupRules"]
        if rule["IsEgress"]
        and rule["IpProtocol"] == "-1"
        and not rule.get("Description")
        and (rule.get("CidrIpv4") == "0.0.0.0/0" or rule.get("CidrIpv6") == "::/0")
    ]
    if rules:
        ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=rules)
    return bool(rules)
