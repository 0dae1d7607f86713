"""Topics and subscriptions that SNS refuses."""

from __future__ import annotations

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, Aws, policy, refusal, unique


@pytest.mark.parametrize("address", ["ops", "ops@example", "ops example.com", "a@b@example.com", "ops@.com"])
def test_an_endpoint_that_is_not_an_email_address(aws: Aws, address: str) -> None:
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]

    assert refusal(aws("sns").subscribe, TopicArn=topic, Protocol="email", Endpoint=address) == (
        "InvalidParameter",
        "Invalid parameter: Email address",
    )
    aws("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops+shop@mail.example.com")


def test_a_principal_that_does_not_exist(aws: Aws) -> None:
    topic = aws("sns").create_topic(Name=unique("topic"))["TopicArn"]
    statement = {"Effect": "Allow", "Principal": {"AWS": MISSING_ROLE}, "Action": "sns:Publish", "Resource": topic}
    set_policy = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy(statement)}

    assert refusal(aws("sns").set_topic_attributes, **set_policy) == (
        "InvalidParameter",
        "Invalid parameter: Policy Error: PrincipalNotFound",
    )
