"""Finds untagged resources of an interrupted apply, by their name or by the resource they belong to.

Routes, rules and schedules have no tags that identify them, and a bucket gets its tags in a second request. AWS refuses
to create them a second time, so they are imported like everything else (`operations.deploy.orphans`). The catalogue
(`stacks.resources`) lists these types. Terraform creates the rest again without harm: inline policies, scaling policies
and the settings of a bucket are written whether they exist or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from stacks.resources import CATALOGUE, Lookup

if TYPE_CHECKING:
    import boto3

Arguments = dict[str, Any]
Found = Iterator[tuple[str, str]]
Find = Callable[["boto3.Session", Mapping[str, Arguments]], Found]
"""Takes the known arguments of resources by address; yields the address and the AWS ID of those that exist."""

ACCOUNT = "data.aws_caller_identity.current"
_REFERENCE = re.compile(r"\$\{((?:data\.)?\w+\.\w+)\.(\w+)\}")


def found_by_name(
    configuration: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], session: boto3.Session
) -> Iterator[tuple[str, str]]:
    """The address and the import ID of each untagged resource that exists in AWS but not in the state.

    Args:
        configuration: The stack in Terraform's JSON syntax.
        known: The attributes of the resources and data sources in the state, by address.
        session: AWS, in the stack's region.
    """
    values = dict(known)
    for entry in CATALOGUE.values():
        by_name = entry.name_import
        resources = configuration.get("resource", {}).get(entry.type, {})
        missing = {f"{entry.type}.{name}": resource for name, resource in resources.items()}
        missing = {address: resource for address, resource in missing.items() if address not in known}
        if by_name is None or not missing:
            continue
        identifying = [resource.get(name) for resource in missing.values() for name in by_name.arguments]
        if ACCOUNT not in values and any(f"${{{ACCOUNT}." in str(value) for value in identifying):
            values[ACCOUNT] = {"account_id": session.client("sts").get_caller_identity()["Account"]}
        resolved = {address: _resolved(resource, values) for address, resource in missing.items()}
        wanted = {address: each for address, each in resolved.items() if each.keys() >= {*by_name.arguments}}
        for address, id_ in _FINDERS[by_name.lookup](session, wanted):
            yield address, by_name.id.format(**{**wanted[address], "id": id_})


def _resolved(resource: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Arguments:
    """The arguments of a resource whose values are known."""

    def value_of(reference: re.Match[str]) -> str:
        return str(known.get(reference[1], {}).get(reference[2], reference[0]))

    texts = {name: _REFERENCE.sub(value_of, value) for name, value in resource.items() if isinstance(value, str)}
    numbers = {name: value for name, value in resource.items() if isinstance(value, int)}
    return {**{name: text for name, text in texts.items() if "${" not in text}, **numbers}


def _key_aliases(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    pages = session.client("kms").get_paginator("list_aliases").paginate() if wanted else ()
    existing = {alias["AliasName"] for page in pages for alias in page["Aliases"]}
    yield from ((address, each["name"]) for address, each in wanted.items() if each["name"] in existing)


def _buckets(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    s3 = session.client("s3")
    for address, each in wanted.items():
        with suppress(s3.exceptions.ClientError):  # it does not exist, or belongs to another account
            s3.head_bucket(Bucket=each["bucket"])
            yield address, each["bucket"]


def _schedules(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    scheduler = session.client("scheduler")
    for address, each in wanted.items():
        with suppress(scheduler.exceptions.ResourceNotFoundException):
            scheduler.get_schedule(Name=each["name"])
            yield address, each["name"]


def _records(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    route53 = session.client("route53")
    for address, each in wanted.items():
        zone, name, kind = each["zone_id"], each["name"], each["type"]
        answer = route53.list_resource_record_sets(
            HostedZoneId=zone, StartRecordName=name, StartRecordType=kind, MaxItems="1"
        )
        if [(name, kind)] == [(one["Name"].rstrip("."), one["Type"]) for one in answer["ResourceRecordSets"]]:
            yield address, name


def _routes(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    for address, each, table in _with_tables(session, wanted):
        destination = each["destination_cidr_block"]
        if any(route.get("DestinationCidrBlock") == destination for route in table["Routes"]):
            yield address, destination


def _route_table_associations(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    for address, each, table in _with_tables(session, wanted):
        for association in table["Associations"]:
            if association.get("SubnetId") == each["subnet_id"]:
                yield address, association["RouteTableAssociationId"]


def _with_tables(
    session: boto3.Session, wanted: Mapping[str, Arguments]
) -> Iterator[tuple[str, Arguments, dict[str, Any]]]:
    """The resources that belong to a known route table, with the description of that table."""
    ids = sorted({each["route_table_id"] for each in wanted.values()})
    filters = [{"Name": "route-table-id", "Values": ids}]
    pages = session.client("ec2").get_paginator("describe_route_tables").paginate(Filters=filters) if ids else ()
    tables: dict[str, Any] = {table["RouteTableId"]: table for page in pages for table in page["RouteTables"]}
    for address, each in wanted.items():
        if each["route_table_id"] in tables:
            yield address, each, tables[each["route_table_id"]]


def _rules(session: boto3.Session, wanted: Mapping[str, Arguments], *, egress: bool) -> Found:
    ids = sorted({each["security_group_id"] for each in wanted.values()})
    filters = [{"Name": "group-id", "Values": ids}]
    pages = (
        session.client("ec2").get_paginator("describe_security_group_rules").paginate(Filters=filters) if ids else ()
    )
    existing = {
        _rule_key(rule): rule["SecurityGroupRuleId"]
        for page in pages
        for rule in page["SecurityGroupRules"]
        if rule["IsEgress"] == egress
    }
    for address, each in wanted.items():
        peer = each.get("cidr_ipv4") or each.get("referenced_security_group_id") or each.get("prefix_list_id")
        ports = (each.get("from_port"), each.get("to_port"))
        key = (each["security_group_id"], each.get("description"), each["ip_protocol"], *ports, peer)
        if key in existing:
            yield address, existing[key]


def _rule_key(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    """The key that identifies a rule, in terms of Terraform's arguments; for all ports, the API returns -1.

    The description is part of it: the rule that AWS adds to every new group does not have one, and is not ours.
    """
    ports = (None if rule.get(name, -1) == -1 else rule[name] for name in ("FromPort", "ToPort"))
    peer = rule.get("CidrIpv4") or rule.get("ReferencedGroupInfo", {}).get("GroupId") or rule.get("PrefixListId")
    return (rule["GroupId"], rule.get("Description"), rule["IpProtocol"], *ports, peer)


def _policies(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    pages = session.client("iam").get_paginator("list_policies").paginate(Scope="Local") if wanted else ()
    existing = {policy["PolicyName"]: policy["Arn"] for page in pages for policy in page["Policies"]}
    yield from ((address, existing[each["name"]]) for address, each in wanted.items() if each["name"] in existing)


def _ingress_rules(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    return _rules(session, wanted, egress=False)


def _egress_rules(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    return _rules(session, wanted, egress=True)


def _mount_targets(session: boto3.Session, wanted: Mapping[str, Arguments]) -> Found:
    efs = session.client("efs")
    for address, each in wanted.items():
        for target in efs.describe_mount_targets(FileSystemId=each["file_system_id"])["MountTargets"]:
            if target["SubnetId"] == each["subnet_id"]:
                yield address, target["MountTargetId"]


_FINDERS: dict[Lookup, Find] = {
    "bucket": _buckets,
    "egress_rule": _egress_rules,
    "ingress_rule": _ingress_rules,
    "key_alias": _key_aliases,
    "mount_target": _mount_targets,
    "policy": _policies,
    "record": _records,
    "route": _routes,
    "route_table_association": _route_table_associations,
    "schedule": _schedules,
}
