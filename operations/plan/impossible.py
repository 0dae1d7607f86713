"""Changes that a plan allows and AWS refuses while they are applied, when half of the plan is done.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSubnets.html (the subnets must be
in the load balancer's VPC), https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html (ranges of a
VPC's subnets can't overlap), https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
(one change an hour, and one attribute), and the AWS provider: it replaces security groups and target groups when
`vpc_id` changes, but updates load balancers and services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from operations.plan.impossible_stores import impossible_store_changes
from operations.plan.undeletable import protected_from_deletion
from stacks.addresses import Owners
from stacks.errors import Position, Problem

_IN_A_VPC = ("aws_security_group", "aws_lb_target_group")
_CANNOT_MOVE = ("aws_lb", "aws_ecs_service", "aws_efs_mount_target")
_NETWORK = Position("network")


def impossible_changes(changes: Iterable[Mapping[str, Any]], owners: Owners | None = None) -> tuple[Problem, ...]:
    """The problems of a plan's `resource_changes`, in the format of `terraform show -json`; empty if there are none.

    `owners` has the resources of the user's own Terraform; by default there are none.
    """
    owners = owners or Owners()
    planned = [each for each in changes if each.get("mode") != "data"]
    other_vpc = _other_vpc(planned)
    if other_vpc is not None:
        return (other_vpc,)
    stores = tuple(impossible_store_changes(planned, owners))
    protected = protected_from_deletion(planned, owners)
    return (*_overlapping_subnets(planned), *protected, *_other_ttl(planned), *stores)


def _other_vpc(changes: list[Mapping[str, Any]]) -> Problem | None:
    """The problem of a plan that moves what is deployed to another VPC."""
    moved = [each for each in changes if each["type"] in _IN_A_VPC and _is_replaced(each) and _changes_vpc(each)]
    stays = any(
        each["type"] in _CANNOT_MOVE and each["change"]["actions"] != ["delete"] and _exists(each) for each in changes
    )
    if not moved or not stays:
        return None
    before, after = moved[0]["change"]["before"]["vpc_id"], (moved[0]["change"]["after"] or {}).get("vpc_id")
    own: Mapping[str, Any] = next((each["change"] for each in changes if each["type"] == "aws_vpc"), {})
    old, new = ((own.get(side) or {}).get("cidr_block") for side in ("before", "after"))
    return Problem(
        _NETWORK,
        "the load balancer and the services of a deployed stack can't move to another VPC",
        f"{_shown(before, old)} -> {_shown(after, new)}",
        "restore `network`; or deploy a new environment with the new network, switch to it and destroy this one; or "
        "destroy this environment and deploy it again",
    )


def _shown(vpc: str | None, cidr: str | None) -> str:
    """A VPC by its ID; one that does not exist yet, by its range."""
    return f"{vpc} ({cidr})" if vpc and cidr else str(vpc or f"a new VPC ({cidr})")


def _overlapping_subnets(changes: list[Mapping[str, Any]]) -> Iterator[Problem]:
    """The problems of subnets that are created while another subnet has their range.

    Subnets are created before those that they replace are destroyed, because EC2 can't delete a subnet in use.
    """
    subnets = [each for each in changes if each["type"] == "aws_subnet"]
    existing = [each["change"]["before"] for each in subnets if _exists(each)]
    for each in subnets:
        after = each["change"]["after"]
        if "create" not in each["change"]["actions"] or not after or not after.get("cidr_block"):
            continue
        if (each["change"].get("after_unknown") or {}).get("vpc_id") is True:  # a VPC that does not exist yet
            continue
        new = ip_network(after["cidr_block"])
        for old in existing:
            if after.get("vpc_id") == old.get("vpc_id") and new.overlaps(ip_network(old["cidr_block"])):
                yield Problem(
                    _NETWORK,
                    "a new subnet would have the range of one that is in use, which EC2 refuses",
                    f"{_subnet(after)} for {_subnet(old)}",
                    "add the new zone at the end of `availability_zones` and keep the others, or write "
                    "`public_subnets` and `private_subnets` with ranges that are free",
                    address=each["address"],
                )
                break


def _other_ttl(changes: list[Mapping[str, Any]]) -> Iterator[Problem]:
    """The problems of tables whose items would expire by another attribute."""
    for each in changes:
        if each["type"] != "aws_dynamodb_table" or each["change"]["actions"] != ["update"]:
            continue
        before, after = (_ttl(each["change"].get(side) or {}) for side in ("before", "after"))
        if before and after and before != after:
            yield Problem(
                Position(each["address"]),
                "DynamoDB can't change the attribute of `ttl` in one step",
                f"{before} -> {after}",
                "remove `ttl` and deploy, and an hour later deploy with the other attribute",
                address=each["address"],
            )


def _ttl(table: Mapping[str, Any]) -> str | None:
    """The attribute by which the items of a table expire."""
    enabled = (each for each in table.get("ttl") or () if each.get("enabled"))
    return next((each.get("attribute_name") for each in enabled), None)


def _subnet(values: Mapping[str, Any]) -> str:
    zone = values.get("availability_zone")
    return f"{values['cidr_block']} in {zone}" if zone else str(values["cidr_block"])


def _changes_vpc(resource: Mapping[str, Any]) -> bool:
    change = resource["change"]
    unknown = change.get("after_unknown") or {}
    return unknown.get("vpc_id") is True or change["before"].get("vpc_id") != (change["after"] or {}).get("vpc_id")


def _is_replaced(resource: Mapping[str, Any]) -> bool:
    return {*resource["change"]["actions"]} == {"create", "delete"}


def _exists(resource: Mapping[str, Any]) -> bool:
    return bool(resource["change"].get("before"))
