"""What the checks of a rehearsal look at, seen through stand-ins for AWS's answers; tests/e2e sees the whole."""

from __future__ import annotations

from typing import Any

from operations.rehearsal.checks import Check, _container, _values
from stacks.project.models import Service

SERVICE = Service(
    image="shop:1", environment={"GREETING": "hi ${USER}", "API_TOKEN": "t0p"}, secrets={"DB": "ssm:/shop/db"}
)


def definition(**environment: str) -> dict[str, Any]:
    """A container of a task definition, as ECS describes it."""
    variables = [{"name": name, "value": value} for name, value in environment.items()]
    return {"image": "shop:1", "environment": variables, "secrets": [{"name": "DB", "valueFrom": "arn"}]}


def faults(container: dict[str, Any]) -> list[str]:
    return [str(check) for check in _container("service `web`", SERVICE, container) if not check.passed]


def test_a_container_is_as_asked_when_every_variable_is_as_written() -> None:
    assert faults(definition(PORT="3000", GREETING="hi ${USER}", API_TOKEN="t0p")) == []


def test_a_variable_that_arrives_changed_is_told() -> None:
    assert faults(definition(GREETING="hi root", API_TOKEN="t0p")) == [
        "service `web`: environment variable GREETING is not as asked; got 'hi root'; the project file says "
        "'hi ${USER}'"
    ]


def test_the_value_of_a_credential_is_not_told() -> None:
    assert faults(definition(GREETING="hi ${USER}", API_TOKEN="changed")) == [
        "service `web`: environment variable API_TOKEN is not as asked; got 'another value'; the project file says "
        "'(sensitive)'"
    ]


def test_a_container_that_is_missing_is_told_by_all_it_lacks() -> None:
    assert len(faults({})) == 4


def test_values_of_rules_are_read_in_either_form() -> None:
    """DescribeRules gives them as `Values`, as a configuration, or as both."""
    rules: list[dict[str, Any]] = [
        {"Conditions": [{"Field": "path-pattern", "Values": ["/a"]}, {"Field": "host-header", "Values": ["x.y"]}]},
        {"Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/b", "/c"]}}]},
    ]

    assert _values(rules, "path-pattern") == {"/a", "/b", "/c"}
    assert _values(rules, "host-header") == {"x.y"}


def test_a_check_passes_when_what_was_found_is_what_was_asked_for() -> None:
    assert Check("cluster", "status", "ACTIVE", "ACTIVE").passed
    assert not Check("cluster", "status", "ACTIVE", None).passed
