"""What depends on what in a plan."""

from __future__ import annotations

from typing import Any

import pytest

from operations.plan.dependencies import Dependencies, node_of


def resource(address: str, *references: str, **more: Any) -> dict[str, Any]:
    return {"address": address, "expressions": {"a": [{"b": {"references": list(references)}}]}, **more}


def plan(*resources: dict[str, Any], prior: dict[str, list[str]] | None = None, **root: Any) -> dict[str, Any]:
    state = [{"address": address, "depends_on": on} for address, on in (prior or {}).items()]
    return {
        "configuration": {"root_module": {"resources": list(resources), **root}},
        "prior_state": {"values": {"root_module": {"resources": state}}},
    }


NODES = {
    "aws_ecs_service.web.name": "aws_ecs_service.web",
    'aws_subnet.private["a.b"].id': "aws_subnet.private",
    "aws_subnet.private[0]": "aws_subnet.private",
    "data.aws_vpc.main.id": "data.aws_vpc.main",
    "module.network.aws_vpc.main": "module.network",
    "module.network[0].id": "module.network",
    "local.name": "",
    "var.web_image": "",
    "each.key": "",
    "aws_subnet": "",
}


@pytest.mark.parametrize("reference", NODES)
def test_a_reference_has_a_node(reference: str) -> None:
    assert node_of(reference) == NODES[reference]


def test_dependents_are_found_through_blocks_data_modules_and_depends_on() -> None:
    shown = plan(
        resource("aws_ecs_service.web"),
        resource("data.aws_ecs_service.web", "aws_ecs_service.web.id", "aws_ecs_service.web"),
        resource("aws_alarm.cpu", "data.aws_ecs_service.web.name"),
        resource("aws_later.a", depends_on=["aws_alarm.cpu"]),
        resource("aws_each.a", for_each_expression={"references": ["module.m.out", "module.m"]}),
        resource("aws_other.a", "aws_first.a.id"),
        resource("aws_first.a"),
        module_calls={"m": {"expressions": {"x": {"references": ["aws_later.a.id"]}}, "module": {"resources": []}}},
    )

    assert Dependencies(shown).with_dependents(["aws_ecs_service.web"]) == {
        "aws_ecs_service.web",
        "data.aws_ecs_service.web",
        "aws_alarm.cpu",
        "aws_later.a",
        "module.m",
        "aws_each.a",
    }


def test_a_cycle_of_references_ends() -> None:
    shown = plan(resource("aws_a.a", "aws_b.b"), resource("aws_b.b", "aws_a.a"), resource("aws_c.c", "aws_c.c.id"))

    assert Dependencies(shown).with_dependents(["aws_a.a"]) == {"aws_a.a", "aws_b.b"}
    assert Dependencies(shown).with_dependents(["aws_c.c"]) == {"aws_c.c"}


def test_the_state_says_what_is_deployed() -> None:
    found = Dependencies(plan(prior={"aws_ecs_service.web[0]": ["aws_lb.main", "data.aws_vpc.main"]}))

    assert found.deployed("aws_ecs_service.web") == {"aws_lb.main", "data.aws_vpc.main"}
    assert found.deployed("aws_ecs_service.api") == frozenset()


def test_a_plan_without_configuration_has_no_dependencies() -> None:
    assert Dependencies({}).with_dependents(["aws_a.a"]) == {"aws_a.a"}
