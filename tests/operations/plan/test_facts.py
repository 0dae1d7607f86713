"""What a plan says about the resources that it creates: values, what is public, and what is billed by the hour."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.plan.facts import Charge, Value
from operations.plan.model import Plan, ResourceChange
from operations.plan.read import plan_from_json
from operations.plan.redact import MASK
from operations.plan.values import UNKNOWN
from stacks.addresses import Owners

OWNERS = Owners(services=("web", "api"))


def resource(address: str, after: dict[str, Any] | None, *actions: str, **change: Any) -> dict[str, Any]:
    kind = address.partition(".")[0]
    content = {"actions": list(actions or ("create",)), "before": None, "after": after, **change}
    return {"address": address, "type": kind, "mode": "managed", "change": content}


def plan(*resources: dict[str, Any], **shown: Any) -> Plan:
    return plan_from_json("shop-prod", {"resource_changes": list(resources), **shown}, OWNERS)


def only(*resources: dict[str, Any], **shown: Any) -> ResourceChange:
    (found,) = plan(*resources, **shown).resources
    return found


def values(found: ResourceChange) -> dict[str, Any]:
    return {each.name: each.value for each in found.facts.values}


def test_a_service_has_its_count_capacity_and_port() -> None:
    strategy = [
        {"capacity_provider": "FARGATE", "base": 1, "weight": 0},
        {"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 1},
    ]
    after = {
        "desired_count": 2,
        "capacity_provider_strategy": strategy,
        "load_balancer": [{"container_port": 8080}],
        "enable_execute_command": False,
    }

    assert only(resource("aws_ecs_service.web", after)).facts.values == (
        Value("desired_count", "count", 2),
        Value("capacity_provider_strategy", "capacity", strategy),
        Value("load_balancer.container_port", "port", 8080),
    )


def test_a_task_definition_has_its_images_ports_and_size() -> None:
    containers = [
        {"name": "web", "image": "nginx:1", "portMappings": [{"containerPort": 80}]},
        {"name": "metrics", "image": "otel:1", "portMappings": [{"containerPort": 4317}, {"containerPort": 4318}]},
    ]
    after = {
        "cpu": "256",
        "memory": "512",
        "container_definitions": json.dumps(containers),
        "runtime_platform": [{"cpu_architecture": "ARM64"}],
    }

    assert values(only(resource("aws_ecs_task_definition.web", after))) == {
        "image": "nginx:1",
        "port": 80,
        "metrics.image": "otel:1",
        "metrics.port": [4317, 4318],
        "cpu": "256",
        "memory": "512",
        "architecture": "ARM64",
    }


def test_values_that_are_not_known_are_left_out_except_the_image() -> None:
    unknown = resource(
        "aws_ecs_task_definition.web",
        {"cpu": "256"},
        after_unknown={"container_definitions": True, "memory": True, "arn": True},
    )

    assert values(only(unknown)) == {"image": UNKNOWN, "cpu": "256"}


def test_sensitive_values_are_masked() -> None:
    secret = resource("aws_ecs_task_definition.web", {"cpu": "256"}, after_sensitive={"cpu": True})
    credential = resource("aws_sns_topic_subscription.web", {"endpoint": "https://me:hunter2@example.com"})

    assert values(only(secret)) == {"cpu": MASK}
    assert values(only(credential)) == {"endpoint": MASK}


@pytest.mark.parametrize(
    ("rule", "allows", "public"),
    [
        ({"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"}, "tcp 443", True),
        ({"ip_protocol": "udp", "from_port": 1, "to_port": 9, "cidr_ipv6": "::/0"}, "udp 1-9", True),
        ({"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}, "all traffic", True),
        ({"ip_protocol": "icmpv6", "from_port": -1, "to_port": -1, "cidr_ipv6": "0::0/0"}, "icmpv6", True),
        ({"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": "10.0.0.0/8"}, "tcp 22", False),
    ],
)
def test_an_ingress_rule_has_its_ports_and_source_and_may_be_open(
    rule: dict[str, Any], allows: str, public: bool
) -> None:
    found = only(resource("aws_vpc_security_group_ingress_rule.load_balancer_http", rule))

    source = rule.get("cidr_ipv4") or rule["cidr_ipv6"]
    assert values(found) == {"allows": f"{allows} from {source}"}
    assert found.facts.public == ((f"open to {source} on {allows}",) if public else ())


def test_a_security_group_without_an_id_is_named() -> None:
    address = "aws_vpc_security_group_ingress_rule.web_tasks_load_balancer"
    rule = resource(
        address,
        {"ip_protocol": "tcp", "from_port": 80, "to_port": 80},
        after_unknown={"referenced_security_group_id": True},
    )
    references = {"references": ["aws_security_group.load_balancer.id", "aws_security_group.load_balancer"]}
    expressions = {"referenced_security_group_id": references}
    configuration = {"root_module": {"resources": [{"address": address, "expressions": expressions}]}}

    assert values(only(rule, configuration=configuration)) == {"allows": "tcp 80 from load balancer security group"}


@pytest.mark.parametrize(
    ("address", "after", "public", "billed"),
    [
        (
            "aws_lb.main",
            {"internal": False},
            ("internet-facing",),
            ("load balancer", "public addresses of the load balancer"),
        ),
        ("aws_lb.main", {"internal": True}, (), ("load balancer",)),
        ("aws_eip.nat_0", {}, ("public address",), ("public address",)),
        ("aws_nat_gateway.nat_0", {}, (), ("NAT gateway",)),
        ("aws_vpc_endpoint.logs", {"vpc_endpoint_type": "Interface"}, (), ("interface endpoint",)),
        ("aws_vpc_endpoint.s3", {"vpc_endpoint_type": "Gateway"}, (), ()),
        ("aws_wafv2_web_acl.main", {}, (), ("web ACL",)),
        ("aws_kms_key.alarms", {}, (), ("encryption key",)),
        ("aws_sqs_queue.web", {}, (), ()),
    ],
)
def test_what_is_public_and_billed(
    address: str, after: dict[str, Any], public: tuple[str, ...], billed: tuple[str, ...]
) -> None:
    facts = only(resource(address, after)).facts

    assert (facts.public, tuple(charge.name for charge in facts.charges)) == (public, billed)


def test_tasks_with_public_addresses_are_public() -> None:
    after = {"desired_count": 1, "network_configuration": [{"assign_public_ip": True}]}

    facts = only(resource("aws_ecs_service.web", after)).facts
    assert facts.public == ("tasks with public addresses",)
    assert Charge("public addresses of tasks", "1 of web", "4 USD a task") in facts.charges


def test_the_tasks_of_a_service_are_billed_by_their_size_also_if_only_the_service_is_new() -> None:
    size = resource("aws_ecs_task_definition.web", {"cpu": "256", "memory": "512"}, "no-op")
    scaling = resource("aws_appautoscaling_target.api", {"min_capacity": 1, "max_capacity": 4}, "no-op")
    services = [resource(f"aws_ecs_service.{name}", {"desired_count": 2}) for name in ("web", "api")]

    assert [each.facts.charges for each in plan(size, scaling, *services).resources] == [
        (Charge("Fargate tasks", "2 of web with cpu 256, memory 512", "30 USD a vCPU and 3 USD a GB"),),
        (Charge("Fargate tasks", "1 to 4 of api", "30 USD a vCPU and 3 USD a GB"),),
    ]


def test_only_what_is_new_about_a_changed_resource_is_listed() -> None:
    opened = resource(
        "aws_vpc_security_group_ingress_rule.load_balancer_http",
        {"ip_protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_ipv4": "0.0.0.0/0"},
        "update",
        before={"ip_protocol": "tcp", "from_port": 80, "to_port": 80, "cidr_ipv4": "10.0.0.0/8"},
    )
    same = resource("aws_lb.main", {"internal": False, "idle_timeout": 60}, "update", before={"internal": False})

    found = {each.type: each.facts for each in plan(opened, same).resources}

    assert found["aws_vpc_security_group_ingress_rule"].public == ("open to 0.0.0.0/0 on tcp 80",)
    assert (found["aws_lb"].public, found["aws_lb"].charges, found["aws_lb"].values) == ((), (), ())
