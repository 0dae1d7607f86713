"""The page lists the JSON keys of a plan."""

from __future__ import annotations

import re
from typing import Any

import pytest

from operations.plan.diff import AttributeChange
from operations.plan.facts import Charge, Facts, Value
from operations.plan.model import OutputChange, Plan, PlannedTask, ResourceChange
from stacks.addresses import Owners, place
from stacks.resources import Risk
from tests.docs.pages import ROOT, rows

PAGE = ROOT / "docs" / "plan-json.md"


def listed(header: str) -> set[str]:
    """The keys in the first column of the table with this heading."""
    return {key for cell, *_ in rows(PAGE, header) for key in re.findall(r"`(\w+)`", cell)}


@pytest.fixture
def printed() -> dict[str, Any]:
    address = "aws_ecs_service.web"
    attribute = AttributeChange(path="desired_count", before=1, after=2)
    owners = Owners({address: "web"}, ("web",))
    facts = Facts((Value("desired_count", "count", 2),), ("tasks with public addresses",), (Charge("Fargate tasks"),))
    resource = ResourceChange(
        address,
        "aws_ecs_service",
        place(address, owners),
        "replace",
        (attribute,),
        Risk("traffic", "its tasks stop"),
        facts=facts,
    )
    outputs, tasks = (OutputChange("alb_url", None, "http://..."),), (PlannedTask("web", "before", "migrate", 600),)
    return Plan("shop-prod", (resource,), outputs=outputs, tasks=tasks).to_json()


def test_the_keys_of_a_plan(printed: dict[str, Any]) -> None:
    assert listed("key") == printed.keys()


def test_the_keys_of_a_resource(printed: dict[str, Any]) -> None:
    assert listed("key of a resource") == printed["resources"][0].keys()


def test_the_keys_of_an_attribute(printed: dict[str, Any]) -> None:
    assert listed("key of an attribute") == printed["resources"][0]["attributes"][0].keys()


def test_the_keys_of_a_value(printed: dict[str, Any]) -> None:
    assert listed("key of a value") == printed["resources"][0]["values"][0].keys()


def test_the_keys_of_a_task(printed: dict[str, Any]) -> None:
    assert listed("key of a task") == printed["tasks"][0].keys()


def test_the_keys_of_a_charge(printed: dict[str, Any]) -> None:
    assert listed("key of a charge") == printed["resources"][0]["billed"][0].keys()
