"""Changes that a plan allows and AWS refuses halfway."""

from __future__ import annotations

from typing import Any

import pytest

from cli.sentences import sentence
from operations.plan.impossible import impossible_changes

CREATE, UPDATE, DELETE, KEEP = ["create"], ["update"], ["delete"], ["no-op"]
REPLACE, REPLACE_FIRST = ["delete", "create"], ["create", "delete"]
OTHER_WAYS = (
    "restore `network`; or deploy a new environment with the new network, switch to it and destroy this one; or "
    "destroy this environment and deploy it again"
)
FREE_RANGES = (
    "add the new zone at the end of `availability_zones` and keep the others, or write `public_subnets` and "
    "`private_subnets` with ranges that are free"
)


def change(
    address: str,
    actions: list[str],
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    **unknown: bool,
) -> dict[str, Any]:
    kind = address.partition(".")[0]
    values = {"actions": actions, "before": before, "after": after, "after_unknown": unknown}
    return {"address": address, "type": kind, "mode": "managed", "change": values}


def found(*changes: dict[str, Any]) -> list[str]:
    return [sentence(problem) for problem in impossible_changes(changes)]


BALANCER = change("aws_lb.main", UPDATE, {"name": "a"}, {"name": "a"}, subnets=True)
SERVICE = change("aws_ecs_service.web", UPDATE, {"name": "web"}, {"name": "web"})


def group(before: str, after: str | None) -> dict[str, Any]:
    """A security group that is replaced; `after` is None for a VPC that does not exist yet."""
    values = {} if after is None else {"vpc_id": after}
    return change("aws_security_group.web_tasks", REPLACE, {"vpc_id": before}, values, vpc_id=after is None)


@pytest.mark.parametrize(
    ("vpc", "before", "after", "got"),
    [
        (
            [change("aws_vpc.main", REPLACE, {"cidr_block": "10.0.0.0/16"}, {"cidr_block": "10.1.0.0/16"}, id=True)],
            "vpc-1",
            None,
            "vpc-1 (10.0.0.0/16) -> a new VPC (10.1.0.0/16)",
        ),
        (
            [change("aws_vpc.main", DELETE, {"cidr_block": "10.0.0.0/16"})],
            "vpc-1",
            "vpc-2",
            "vpc-1 (10.0.0.0/16) -> vpc-2",
        ),
        (
            [change("aws_vpc.main", CREATE, None, {"cidr_block": "10.0.0.0/16"})],
            "vpc-1",
            None,
            "vpc-1 -> a new VPC (10.0.0.0/16)",
        ),
        ([], "vpc-1", "vpc-2", "vpc-1 -> vpc-2"),
    ],
)
@pytest.mark.parametrize("stays", [BALANCER, SERVICE])
def test_what_is_deployed_cannot_move_to_another_vpc(
    vpc: list[dict[str, Any]], before: str, after: str | None, got: str, stays: dict[str, Any]
) -> None:
    assert found(*vpc, group(before, after), stays) == [
        "network: the load balancer and the services of a deployed stack can't move to another VPC; "
        f"got {got}; {OTHER_WAYS}"
    ]


def test_a_vpc_is_replaced_when_nothing_in_it_stays() -> None:
    gone = change("aws_ecs_service.web", DELETE, {"name": "web"})
    new = change("aws_ecs_service.api", CREATE, None, {"name": "api"})

    assert found(group("vpc-1", "vpc-2"), gone, new) == []


def test_a_security_group_is_replaced_in_its_vpc() -> None:
    renamed = change(
        "aws_security_group.web_tasks", REPLACE, {"vpc_id": "vpc-1", "name": "a"}, {"vpc_id": "vpc-1", "name": "b"}
    )

    assert found(renamed, BALANCER) == []


def subnet(name: str, actions: list[str], before: str | None, after: str | None) -> dict[str, Any]:
    """A subnet whose values are written as `10.0.0.0/24 a`, range and zone."""
    values = [
        None if text is None else dict(zip(("cidr_block", "availability_zone"), text.split(), strict=True))
        for text in (before, after)
    ]
    return change(f"aws_subnet.{name}", actions, *values)


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        (
            [subnet("public_1", REPLACE_FIRST, "10.0.1.0/24 b", "10.0.1.0/24 c")],
            "10.0.1.0/24 in c for 10.0.1.0/24 in b",
        ),
        (
            [subnet("public_1", REPLACE_FIRST, "10.0.1.0/24 b", "10.0.0.0/23 b")],
            "10.0.0.0/23 in b for 10.0.1.0/24 in b",
        ),
        (
            [
                subnet("public_0", KEEP, "10.0.0.0/24 a", "10.0.0.0/24 a"),
                subnet("public_1", CREATE, None, "10.0.0.128/25 b"),
            ],
            "10.0.0.128/25 in b for 10.0.0.0/24 in a",
        ),
    ],
)
def test_a_subnet_is_not_created_in_a_range_that_is_in_use(changes: list[dict[str, Any]], got: str) -> None:
    (text,) = found(*changes)

    what = "a new subnet would have the range of one that is in use, which EC2 refuses"
    assert text == f"network ({changes[-1]['address']}): {what}; got {got}; {FREE_RANGES}"


def test_subnets_in_free_ranges_are_created() -> None:
    assert (
        found(
            subnet("public_0", KEEP, "10.0.0.0/24 a", "10.0.0.0/24 a"),
            subnet("public_1", REPLACE_FIRST, "10.0.1.0/24 b", "10.0.3.0/24 c"),
            subnet("public_2", CREATE, None, "10.0.2.0/24 c"),
            subnet("private_2", DELETE, "10.0.4.0/24 c", None),
        )
        == []
    )


def test_a_subnet_of_a_new_vpc_may_have_any_range() -> None:
    replaced = subnet("private_0", REPLACE_FIRST, "10.0.0.0/24 a", "10.0.0.0/24 a")
    replaced["change"]["after_unknown"] = {"vpc_id": True}

    assert found(replaced) == []


def table(actions: list[str], before: dict[str, Any], after: dict[str, Any] | None = None) -> dict[str, Any]:
    return change("aws_dynamodb_table.sessions", actions, before, after)


def ttl(name: str | None) -> dict[str, Any]:
    return {"ttl": [] if name is None else [{"attribute_name": name, "enabled": True}]}


def test_the_attribute_of_a_ttl_can_not_change_in_one_step() -> None:
    assert found(table(UPDATE, ttl("until"), ttl("expires_at"))) == [
        "aws_dynamodb_table.sessions: DynamoDB can't change the attribute of `ttl` in one step; got until -> "
        "expires_at; remove `ttl` and deploy, and an hour later deploy with the other attribute"
    ]


@pytest.mark.parametrize(("before", "after"), [(None, "until"), ("until", None), ("until", "until")])
def test_a_ttl_can_be_added_and_removed(before: str | None, after: str | None) -> None:
    assert found(table(UPDATE, ttl(before), ttl(after))) == []
