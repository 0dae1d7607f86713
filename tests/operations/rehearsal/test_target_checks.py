"""The conditions of listener rules, as AWS returns them."""

from __future__ import annotations

from typing import Any

from operations.rehearsal.target_checks import condition_values


def test_values_of_rules_are_read_in_either_form() -> None:
    """DescribeRules returns them as `Values`, as a configuration, or as both."""
    rules: list[dict[str, Any]] = [
        {"Conditions": [{"Field": "path-pattern", "Values": ["/a"]}, {"Field": "host-header", "Values": ["x.y"]}]},
        {"Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/b", "/c"]}}]},
    ]

    assert condition_values(rules, "path-pattern") == {"/a", "/b", "/c"}
    assert condition_values(rules, "host-header") == {"x.y"}
