"""Security groups and rules that EC2 refuses."""

from __future__ import annotations

from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.operations.rehearsal.emulator.rules.conftest import REGION, Network, refusal, unique

SET = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"


@pytest.mark.parametrize("text", ["Größe", "tab\there", "x" * 256, "a|b", "a'b"])
def test_a_description_with_other_characters_or_too_long(network: Network, text: str) -> None:
    group = {"GroupName": unique("group"), "Description": text, "VpcId": network.vpc}

    code, message = refusal(network.aws("ec2").create_security_group, **group)
    assert code == "InvalidParameterValue"
    assert message.startswith(f"Value ({text}) for parameter GroupDescription is invalid.")


def test_a_description_with_every_character(network: Network) -> None:
    network.aws("ec2").create_security_group(
        GroupName=unique("group"), Description="aZ0 ._-:/()#,@[]+=&;{}!$*", VpcId=network.vpc
    )


def test_a_name_that_begins_like_an_id(network: Network) -> None:
    group = {"GroupName": "sg-web", "Description": "x", "VpcId": network.vpc}

    assert refusal(network.aws("ec2").create_security_group, **group) == (
        "InvalidParameterValue",
        "Value (sg-web) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
    )


def permission(**changes: Any) -> list[dict[str, Any]]:
    range_ = {"CidrIp": "10.0.0.0/8"}
    return [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [range_], **changes}]


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        ((443, 80), "Invalid TCP/UDP port range (443:80)"),
        ((80, 70000), "TCP/UDP port (70000) out of range"),
        ((-1, 80), "TCP/UDP port (-1) out of range"),
    ],
)
def test_ports(network: Network, ports: tuple[int, int], message: str) -> None:
    rules = permission(FromPort=ports[0], ToPort=ports[1])

    for operation in ("authorize_security_group_ingress", "authorize_security_group_egress"):
        call = getattr(network.aws("ec2"), operation)
        assert refusal(call, GroupId=network.group, IpPermissions=rules) == ("InvalidParameterValue", message)


def test_a_rule_for_all_protocols_has_no_ports(network: Network) -> None:
    rule = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]

    network.aws("ec2").authorize_security_group_ingress(GroupId=network.group, IpPermissions=rule)


def test_a_description_of_a_rule_with_other_characters(network: Network) -> None:
    rules = permission(IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "für alle"}])

    assert refusal(network.aws("ec2").authorize_security_group_ingress, GroupId=network.group, IpPermissions=rules) == (
        "InvalidParameterValue",
        "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: "
        f"{SET}",
    )


def test_a_rule_changes_to_a_wrong_port(network: Network) -> None:
    ec2 = network.aws("ec2")
    created = ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=permission())
    rule = created["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    new = {"IpProtocol": "tcp", "FromPort": 90, "ToPort": 80, "CidrIpv4": "10.0.0.0/8"}
    update = [{"SecurityGroupRuleId": rule, "SecurityGroupRule": new}]

    assert refusal(ec2.modify_security_group_rules, GroupId=network.group, SecurityGroupRules=update) == (
        "InvalidParameterValue",
        "Invalid TCP/UDP port range (90:80)",
    )


def test_a_rule_that_refers_to_a_group_of_another_vpc(network: Network, other_network: Network) -> None:
    pair = permission(UserIdGroupPairs=[{"GroupId": other_network.group}], IpRanges=[])

    assert refusal(network.aws("ec2").authorize_security_group_egress, GroupId=network.group, IpPermissions=pair) == (
        "InvalidGroup.NotFound",
        f"You have specified two resources that belong to different networks: {other_network.group} is not in "
        f"{network.vpc}.",
    )


def test_a_rule_may_refer_to_a_group_that_the_project_file_names(emulator: Emulator, network: Network) -> None:
    group = "sg-0fedcba9876543210"
    emulator.create_existing("security_group", region=REGION, group_id=group)

    network.aws("ec2").authorize_security_group_egress(
        GroupId=network.group, IpPermissions=permission(UserIdGroupPairs=[{"GroupId": group}], IpRanges=[])
    )
