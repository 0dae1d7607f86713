"""Whether a rehearsal finds that a queue does not receive what the project file says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.queue_checks import subscription_checks
from stacks.project.models import Queue, Subscription

TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"
FILTER: Any = {"filter_policy": {"kind": ("placed",)}, "raw": True}
QUEUES = [Queue(subscribe=(Subscription(topic=topic, **FILTER),)) for topic in (TOPIC, "orders")]
"""The same subscription, with the ARN of the topic and with its name in `resources`."""


def policy(*topics: str) -> str:
    """The policy of a queue that admits topics."""
    admits = {"Effect": "Allow", "Condition": {"ArnEquals": {"aws:SourceArn": list(topics)}}}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}, admits]})


def wrong(sqs: Any, sns: Any, queue: Queue) -> list[str]:
    found = subscription_checks("mailer", queue, "mailer", sqs, sns, {"orders": TOPIC})
    return [check.what for check in found if not check.passed]


@pytest.mark.parametrize("queue", QUEUES, ids=["by ARN", "by name"])
def test_subscriptions_their_filters_and_the_queues_policy_are_checked(queue: Queue) -> None:
    with Emulator() as emulator:
        emulator.create_existing("topic", region="eu-west-1", arn=TOPIC)
        sqs, sns = (emulator.client(service, "eu-west-1") for service in ("sqs", "sns"))
        url = sqs.create_queue(QueueName="mailer", Attributes={"Policy": policy()})["QueueUrl"]
        nothing = wrong(sqs, sns, queue)

        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(TOPIC)})
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        attributes = {"FilterPolicy": json.dumps({"kind": ["placed"]}), "RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn, Attributes=attributes)

        assert wrong(sqs, sns, queue) == []
        assert nothing == [
            "topics that may send to the queue",
            "subscription to orders",
            "filter policy of orders",
            "raw messages of orders",
        ]
