"""Plans as text in 60 and 100 columns."""

from __future__ import annotations

from typing import Any

import pytest

from cli.console import Console
from cli.views.plan import render
from operations.plan.model import Plan, PlannedTask
from operations.plan.read import plan_from_json
from stacks.addresses import Owners


def resource(address: str, after: dict[str, Any], *actions: str, **change: Any) -> dict[str, Any]:
    kind = address.partition(".")[0]
    content = {"actions": list(actions or ("create",)), "before": None, "after": after, **change}
    return {"address": address, "type": kind, "mode": "managed", "change": content}


STRATEGY = {"capacity_provider": "FARGATE", "base": 0, "weight": 1}
ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-prod:1"
OPEN = {"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"}
NAMESPACE = "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-5wz6ooq4f4up11h3avsp"
SHOWN = {
    "resource_changes": [
        resource("aws_ecs_service.web", {"desired_count": 2, "capacity_provider_strategy": [STRATEGY]}),
        resource("aws_iam_role.web_task", {}),
        resource("aws_iam_role.web_execution", {}),
        resource("aws_vpc_security_group_ingress_rule.load_balancer_https", OPEN),
        resource("aws_nat_gateway.nat_0", {}),
        resource("aws_nat_gateway.nat_1", {}),
        resource(
            "aws_ecs_service.api",
            {
                "capacity_provider_strategy": [STRATEGY, {**STRATEGY, "capacity_provider": "FARGATE_SPOT"}],
                "service_connect_configuration": [{"namespace": NAMESPACE}],
            },
            "update",
            before={"capacity_provider_strategy": [STRATEGY], "task_definition": ARN, "arn": "a"},
            after_unknown={"task_definition": True, "arn": True, "deployment_circuit_breaker": True},
        ),
    ],
    "configuration": {
        "root_module": {
            "resources": [{"address": "aws_ecs_service.api", "expressions": {"task_definition": {"references": []}}}]
        }
    },
}


def rendered(width: int) -> str:
    plan = plan_from_json("shop-prod", SHOWN, Owners(services=("web", "api")))
    return render(plan, Console(), width=width)


def test_a_plan_in_100_columns() -> None:
    assert rendered(100) == (
        """\
shop-prod: 6 to create, 1 to change

web
  + service: count 2, capacity FARGATE weight 1
  + execution role, task role

api
  ~ service, restarts all tasks
      capacity_provider_strategy
        + capacity_provider FARGATE_SPOT, base 0, weight 1
      service_connect_configuration.namespace
        arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-5wz6ooq4f4up11h3avsp
      task_definition                          web-shop-prod:1 -> the new revision
      known after apply: arn, deployment_circuit_breaker

network
  + NAT gateway 0, NAT gateway 1

security groups
  + load balancer https ingress rule: allows tcp 443 from 0.0.0.0/0

Public addresses and open ports
  open to 0.0.0.0/0 on tcp 443: load balancer https ingress rule

Billed by the hour
  2 NAT gateways (33 USD each)
  Fargate tasks: 2 of web (30 USD a vCPU and 3 USD a GB)
  Prices: about, a month without traffic, in us-east-1 in 2026"""
    )


def test_a_plan_in_60_columns_has_the_same_values() -> None:
    narrow = rendered(60)

    assert max(map(len, narrow.splitlines())) <= 60
    values = rendered(100).replace(" -> ", " ").split()
    assert [value for value in values if value not in "".join(narrow.split())] == []


def test_a_long_value_is_shown_in_full() -> None:
    """Two long values may differ only at their end."""
    before, after = ("x" * 300 + end for end in "ab")
    plan = plan_from_json(
        "shop-prod",
        {"resource_changes": [resource("aws_sqs_queue.web", {"name": after}, "update", before={"name": before})]},
        Owners(services=("web",)),
    )

    text = "".join(render(plan, Console()).split())

    assert f"-{before}+{after}" in text


@pytest.mark.parametrize(
    ("value", "shown"), [("", '""'), (" a", '" a"'), ("a\nb", '"a\\nb"'), (None, "(none)"), ({}, "{}")]
)
def test_values_that_are_hard_to_see(value: object, shown: str) -> None:
    changed = resource("aws_sqs_queue.web", {"tags": {"a": value}}, "update", before={"tags": {"a": "old"}})
    plan = plan_from_json("shop-prod", {"resource_changes": [changed]}, Owners(services=("web",)))

    expected = "(none)" if value in (None, {}) else shown
    assert render(plan, Console()).endswith(f"\n      tags.a  old -> {expected}")


def test_one_off_tasks_are_listed_in_order() -> None:
    tasks = (PlannedTask("web", "before", "npm run migrate", 600), PlannedTask("web", "after", "npm run warm-up", 60))

    assert render(Plan("shop-dev", (), kept=3, tasks=tasks), Console(), width=60).splitlines()[1:] == [
        "",
        "One-off tasks",
        "  web runs before: npm run migrate",
        "  web runs after: npm run warm-up",
    ]
