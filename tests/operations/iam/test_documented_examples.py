"""AWS's documented examples are decided as their pages state."""

from __future__ import annotations

import pytest

from operations.iam import decide
from tests.operations.iam.examples import EXAMPLES, Example


def name(example: Example) -> str:
    return f"{example.url.rpartition('/')[2]}-{example.note}".rstrip("-")


@pytest.mark.parametrize("example", EXAMPLES, ids=name)
def test_an_example_is_decided_as_its_page_states(example: Example) -> None:
    expected = [(*request[:3], request[3]) for request in example.requests]
    found = [
        (action, resource, context, decide(example.policies, example.request(action, resource, context)).outcome)
        for action, resource, context, _ in example.requests
    ]

    assert found == expected, example.url


def test_every_example_names_a_page_of_aws() -> None:
    assert all(example.url.startswith("https://docs.aws.amazon.com/") for example in EXAMPLES)


def test_an_explicit_deny_names_its_statement() -> None:
    carlos = EXAMPLES[0]
    decision = decide(carlos.policies, carlos.request(*carlos.requests[1][:3]))

    assert decision.statement is not None
    assert (decision.outcome, decision.statement.sid, decision.kind) == ("explicitly denied", "DenyS3Logs", "identity")
