"""Policy documents are read as IAM reads them, and refused where IAM refuses them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.iam import Condition, parse
from operations.iam.document import Values
from stacks.errors import AwsError
from tests.operations.iam.examples import document, statement


def test_a_document_can_be_text_or_an_object() -> None:
    given = document(statement("Allow", "s3:GetObject", Sid="Read"))

    assert parse(json.dumps(given), "role") == parse(given, "role")
    assert parse(given, "role").name == "role"


def test_single_values_and_lists_are_the_same() -> None:
    one = parse({"Version": "2012-10-17", "Statement": statement("Allow", "s3:GetObject", "*")})

    assert one == parse(document(statement("Allow", ["s3:GetObject"], ["*"])))


def test_numbers_and_booleans_are_text() -> None:
    (found,) = parse(
        document(statement("Allow", "*", Condition={"Bool": {"a": False}, "NumericEquals": {"b": [1, 2]}}))
    ).statements

    assert found.conditions == (Condition("Bool", "a", ("false",)), Condition("NumericEquals", "b", ("1", "2")))


def test_negated_elements_are_marked() -> None:
    (found,) = parse(document({"Effect": "Deny", "NotAction": "iam:*", "NotResource": ["a", "b"]})).statements

    assert found.actions == Values(("iam:*",), negated=True)
    assert found.resources == Values(("a", "b"), negated=True)


ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("given", "what", "got"),
    [
        ("{", "is not JSON", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", "must be an object", "list"),
        ({"Version": "2012-10-18", "Statement": ALLOW}, "unknown version", "2012-10-18"),
        ({"Version": "2012-10-17"}, "has no Statement", None),
        (document({**ALLOW, "Actions": "*"}), "unknown elements in a statement", "Actions"),
        (document({**ALLOW, "Effect": "allow"}), "Effect must be Allow or Deny", "allow"),
        (document({"Effect": "Allow", "Resource": "*"}), "a statement has neither Action nor NotAction", None),
        (document({**ALLOW, "NotAction": "*"}), "a statement has both Action and NotAction", None),
        (document({**ALLOW, "NotResource": "*"}), "a statement has both Resource and NotResource", None),
        (
            document({**ALLOW, "Principal": "*", "NotPrincipal": "*"}),
            "a statement has both Principal and NotPrincipal",
            None,
        ),
        (
            document({**ALLOW, "Principal": "arn:aws:iam::123456789012:root"}),
            "Principal must be * or an object of AWS, Service, Federated",
            "arn:aws:iam::123456789012:root",
        ),
        (document({**ALLOW, "Resource": {"a": 1}}), "Resource must be text or a list of texts", "{'a': 1}"),
        (document({**ALLOW, "Condition": []}), "Condition must be an object", "list"),
        (document({**ALLOW, "Condition": {"Bool": "x"}}), "Bool must be an object of condition keys", "x"),
        (document({**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}), "statement IDs must be unique", "A, A"),
    ],
)
def test_a_malformed_document_is_refused(given: Any, what: str, got: str | None) -> None:
    with pytest.raises(AwsError) as caught:
        parse(given, "of web")

    (problem,) = caught.value.problems
    assert (str(problem.where), problem.what, problem.got) == ("policy of web", what, got)
    assert problem.code == "MalformedPolicyDocument"
