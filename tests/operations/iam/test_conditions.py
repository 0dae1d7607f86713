"""Condition operators beyond the documented examples: values that can't be read, and operators that do not exist."""

from __future__ import annotations

import pytest

from operations.iam import Condition
from operations.iam.conditions import OPERATORS, holds
from stacks.errors import AwsError


def true(operator: str, *expected: str, key: str = "k", **context: str | tuple[str, ...]) -> bool:
    def values(name: str) -> tuple[str, ...]:
        value = context.get(name, ())
        return (value,) if isinstance(value, str) else value

    return holds(Condition(operator, key, expected), values)


@pytest.mark.parametrize(
    ("operator", "expected", "value"),
    [
        ("NumericEquals", "ten", "10"),
        ("NumericLessThan", "10", "few"),
        ("DateEquals", "yesterday", "2024-01-01T00:00:00Z"),
        ("DateEquals", "2024-01-01T00:00:00Z", "yesterday"),
        ("IpAddress", "10.0.0.0/8", "localhost"),
        ("IpAddress", "everywhere", "10.0.0.1"),
        ("BinaryEquals", "not base64!", "QQ=="),
        ("ArnLike", "arn:aws:sns", "arn:aws:sns:us-east-1:123456789012:a"),
        ("ArnLike", "arn:aws:sns:*:*:*", "a text"),
    ],
)
def test_a_value_that_can_not_be_read_does_not_match(operator: str, expected: str, value: str) -> None:
    assert not true(operator, expected, k=value)


@pytest.mark.parametrize("operator", ["StringEqual", "ForSomeValues:StringEquals", "IfExists", "ForAllValues:Null", ""])
def test_an_unknown_operator_is_refused(operator: str) -> None:
    with pytest.raises(AwsError) as caught:
        true(operator, "a", k="a")

    (problem,) = caught.value.problems
    assert (problem.what, problem.got) == ("unknown condition operator for k", operator)
    assert problem.code == "MalformedPolicyDocument"


def test_every_operator_of_the_user_guide_exists() -> None:
    ordered = [f"{kind}{name}" for kind in ("numeric", "date") for name in ("equals", "notequals", *ORDER)]
    strings = [f"string{name}" for name in ("equals", "notequals", "like", "notlike", *IGNORE_CASE)]
    arns = ["arnequals", "arnlike", "arnnotequals", "arnnotlike"]

    assert sorted(OPERATORS) == sorted([*ordered, *strings, *arns, "bool", "binaryequals", "ipaddress", "notipaddress"])


ORDER = ("lessthan", "lessthanequals", "greaterthan", "greaterthanequals")
IGNORE_CASE = ("equalsignorecase", "notequalsignorecase")


def test_a_variable_without_a_value_matches_nothing() -> None:
    assert not true("StringEquals", "${other}", k="${other}")
    assert true("StringNotEquals", "${other}", k="a")


def test_a_key_with_several_values_is_not_a_variable() -> None:
    assert not true("StringLike", "${many}*", k="ab", many=("a", "b"))
    assert true("StringLike", "${one}*", k="ab", one="a")


def test_wildcards_in_the_value_of_a_variable_are_text() -> None:
    assert not true("StringLike", "${one}", k="anything", one="*")
    assert true("StringLike", "${one}", k="*", one="*")


def test_escaped_characters_are_text() -> None:
    assert true("StringLike", "a${*}b${?}c${$}", k="a*b?c$")
    assert not true("StringLike", "a${*}b", k="axb")
    assert true("StringEquals", "a*", k="a*")
    assert not true("StringEquals", "a*", k="ab")
