"""Security groups and rules that EC2 refuses.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/, pages API_CreateSecurityGroup, API_IpPermission,
API_IpRange and API_UserIdGroupPair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from operations.rehearsal.emulator import existing
from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.interfaces import vpc_of_group

INVALID = "InvalidParameterValue"
_TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_CHARACTERS = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
PORTS = range(65536)
PEERS = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")


@rule("ec2", "CreateSecurityGroup")
def name_and_description(request: Request) -> None:
    """Characters and lengths, and names that begin like an ID."""
    for name, parameter in (("GroupName", "GroupName"), ("Description", "GroupDescription")):
        value = request.parameters.get(name) or ""
        limit = f"Character sets beyond ASCII are not supported, or it is longer than 255 ({_CHARACTERS})"
        refused_unless(
            _TEXT.fullmatch(value), INVALID, f"Value ({value}) for parameter {parameter} is invalid. {limit}"
        )
    name = request.parameters.get("GroupName", "")
    message = f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
    refused_unless(not name.lower().startswith("sg-"), INVALID, message)


def _permissions(request: Request) -> Iterator[Mapping[str, Any]]:
    """The permissions of a request in their long form; ModifySecurityGroupRules has another one."""
    yield from request.parameters.get("IpPermissions", ())
    for update in request.parameters.get("SecurityGroupRules", ()):
        rule_ = update.get("SecurityGroupRule", {})
        group = rule_.get("ReferencedGroupId")
        peer = {"Description": rule_.get("Description"), "GroupId": group}
        yield {**rule_, "UserIdGroupPairs": [{name: value for name, value in peer.items() if value}]}


_RULES = ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules")


@rule("ec2", *_RULES)
def ports(request: Request) -> None:
    """Ports outside 0 to 65535, and ranges that end before they begin."""
    for permission in _permissions(request):
        if permission.get("IpProtocol") not in ("tcp", "udp", "6", "17"):
            continue
        first, last = permission.get("FromPort"), permission.get("ToPort")
        if first is None or last is None:
            raise Refused(INVALID, "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
        for port in (first, last):
            refused_unless(port in PORTS, INVALID, f"TCP/UDP port ({port}) out of range")
        refused_unless(first <= last, INVALID, f"Invalid TCP/UDP port range ({first}:{last})")


@rule("ec2", *_RULES)
def rule_description(request: Request) -> None:
    """Characters and lengths of the description of a rule."""
    for permission in _permissions(request):
        for peer in (peer for name in PEERS for peer in permission.get(name, ())):
            text = peer.get("Description") or ""
            message = (
                "Invalid rule description. Valid descriptions are strings less than 256 characters from the following "
                f"set: {_CHARACTERS}"
            )
            refused_unless(_TEXT.fullmatch(text), INVALID, message)


@rule("ec2", *_RULES)
def group_of_another_vpc(request: Request) -> None:
    """A rule that refers to a group that does not exist, or of a VPC without a peering connection."""
    vpc = vpc_of_group(request, request.parameters.get("GroupId", ""))
    for permission in _permissions(request):
        for pair in permission.get("UserIdGroupPairs", ()):
            group = pair.get("GroupId")
            if group is None or group in existing.reachable_groups or vpc is None:
                continue
            refused_unless(
                vpc_of_group(request, group) == vpc,
                "InvalidGroup.NotFound",
                f"You have specified two resources that belong to different networks: {group} is not in {vpc}.",
            )
