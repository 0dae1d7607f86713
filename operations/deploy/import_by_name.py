"""What an apply that was broken off has made and that bears no tags, found by its name or by what it hangs on.

Routes, rules and schedules bear no tags that tell them apart, and a bucket gets its own in a second request. Made again
they are refused as duplicates, so they are imported like all else (`operations.deploy.orphans`). What is missing here
is made again without harm: an inline policy, a scaling policy or a setting of a bucket is put in place, whether it is
there or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3

Arguments = dict[str, Any]
Found = Iterator[tuple[str, str]]
ACCOUNT = "data.aws_caller_identity.current"
_REFERENCE = re.compile(r"\$\{((?:data\.)?\w+\.\w+)\.(\w+)\}")


def untagged(
    content: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], session: boto3.Session
) -> Iterator[tuple[str, str]]:
    """The address and the import id of what is in AWS and in the configuration, but not in the state.

    Args:
        content: The stack's configuration in Terraform's JSON syntax.
        known: The attributes of the resources and data sources that are known, by address.
        session: AWS, in the stack's region.
    """
    values = dict(known)
    for kind, find in _FINDERS.items():
        missing = {
            f"{kind}.{name}": resource
            for name, resource in content.get("resource", {}).get(kind, {}).items()
            if f"{kind}.{name}" not in known
        }
        if not missing:
            continue
        if kind == "aws_s3_bucket" and ACCOUNT not in values:  # its name ends in the account's id
            values[ACCOUNT] = {"account_id": session.client("sts").get_caller_identity()["Account"]}
        wanted = {address: _resolved(resource, values) for address, resource in missing.items()}
        yield from find(session, wanted)


def _resolved(resource: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Arguments:
    """The arguments of a resource whose values are known."""

    def value_of(reference: re.Match[str]) -> str:
        return str(known.get(reference[1], {}).get(reference[2], reference[0]))

    texts = {name: _REFERENCE.sub(value_of, value) for name, value in resource.items() if isinstance(value, str)}
    numbers = {name: value for name, value in resource.items() if isinstance(value, int)}
    return {**{name: text for name, text in texts.items() if "${" not in text}, **numbers}


def _aliases(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    pages = session.client("kms").get_paginator("list_aliases").paginate()
    there = {alias["AliasName"] for page in pages for alias in page["Aliases"]}
    yield from ((address, each["name"]) for address, each in wanted.items() if each.get("name") in there)


def _buckets(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    s3 = session.client("s3")
    for address, each in wanted.items():
        if "bucket" in each:
            with suppress(s3.exceptions.ClientError):  # not there, or another account's
                s3.head_bucket(Bucket=each["bucket"])
                yield address, each["bucket"]


def _schedules(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    scheduler = session.client("scheduler")
    for address, each in wanted.items():
        with suppress(scheduler.exceptions.ResourceNotFoundException):
            scheduler.get_schedule(Name=each["name"])
            yield address, f"default/{each['name']}"


def _records(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    route53 = session.client("route53")
    for address, each in wanted.items():
        if {"zone_id", "name", "type"} <= each.keys():
            zone, name, kind = each["zone_id"], each["name"], each["type"]
            answer = route53.list_resource_record_sets(
                HostedZoneId=zone, StartRecordName=name, StartRecordType=kind, MaxItems="1"
            )
            if [(name, kind)] == [(one["Name"].rstrip("."), one["Type"]) for one in answer["ResourceRecordSets"]]:
                yield address, f"{zone}_{name}_{kind}"


def _routes(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    for address, each, table in _with_tables(session, wanted):
        destination = each.get("destination_cidr_block")
        if any(route.get("DestinationCidrBlock") == destination for route in table["Routes"]):
            yield address, f"{table['RouteTableId']}_{destination}"


def _associations(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    for address, each, table in _with_tables(session, wanted):
        subnet = each.get("subnet_id")
        if subnet and any(one.get("SubnetId") == subnet for one in table["Associations"]):
            yield address, f"{subnet}/{table['RouteTableId']}"


def _with_tables(
    session: boto3.Session, wanted: Mapping[str, Arguments]
) -> Iterator[tuple[str, Arguments, dict[str, Any]]]:
    """What hangs on a route table that is known, with what AWS says of that table."""
    ids = sorted({each["route_table_id"] for each in wanted.values() if "route_table_id" in each})
    filters = [{"Name": "route-table-id", "Values": ids}]
    pages = session.client("ec2").get_paginator("describe_route_tables").paginate(Filters=filters) if ids else ()
    tables: dict[str, Any] = {table["RouteTableId"]: table for page in pages for table in page["RouteTables"]}
    for address, each in wanted.items():
        table = tables.get(each.get("route_table_id", ""))
        if table is not None:
            yield address, each, table


def _rules(session: boto3.Session, wanted: Mapping[str, Arguments], *, egress: bool) -> Found:
    ids = sorted({each["security_group_id"] for each in wanted.values() if "security_group_id" in each})
    filters = [{"Name": "group-id", "Values": ids}]
    pages = (
        session.client("ec2").get_paginator("describe_security_group_rules").paginate(Filters=filters) if ids else ()
    )
    there = {
        _rule_in_aws(rule): rule["SecurityGroupRuleId"]
        for page in pages
        for rule in page["SecurityGroupRules"]
        if rule["IsEgress"] == egress
    }
    for address, each in wanted.items():
        peer = each.get("cidr_ipv4") or each.get("referenced_security_group_id")
        ports = (each.get("from_port"), each.get("to_port"))
        key = (each.get("security_group_id"), each.get("description"), each["ip_protocol"], *ports, peer)
        if key in there:
            yield address, there[key]


def _rule_in_aws(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a rule from others, as Terraform's arguments say it; of all ports, AWS says -1.

    The description is part of it: the rule that AWS gives to every new group has none, and is not ours.
    """
    ports = (None if rule.get(name, -1) == -1 else rule[name] for name in ("FromPort", "ToPort"))
    peer = rule.get("CidrIpv4") or rule.get("ReferencedGroupInfo", {}).get("GroupId")
    return (rule["GroupId"], rule.get("Description"), rule["IpProtocol"], *ports, peer)


def _ingress_rules(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    return _rules(session, wanted, egress=False)


def _egress_rules(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    return _rules(session, wanted, egress=True)


def _mount_targets(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    efs = session.client("efs")
    for address, each in wanted.items():
        if {"file_system_id", "subnet_id"} <= each.keys():
            for target in efs.describe_mount_targets(FileSystemId=each["file_system_id"])["MountTargets"]:
                if target["SubnetId"] == each["subnet_id"]:
                    yield address, target["MountTargetId"]


_FINDERS: dict[str, Callable[[boto3.Session, Mapping[str, Arguments]], Found]] = {
    "aws_efs_mount_target": _mount_targets,
    "aws_kms_alias": _aliases,
    "aws_route": _routes,
    "aws_route53_record": _records,
    "aws_route_table_association": _associations,
    "aws_s3_bucket": _buckets,
    "aws_scheduler_schedule": _schedules,
    "aws_vpc_security_group_egress_rule": _egress_rules,
    "aws_vpc_security_group_ingress_rule": _ingress_rules,
}
