"""Checks of the topics that a worker's queue receives messages from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from operations.rehearsal.check import Check
from stacks.project.models import Queue, Subscription


def subscription_checks(
    subject: str, queue: Queue, name: str, sqs: Any, sns: Any, own_topics: Mapping[str, str]
) -> Iterator[Check]:
    """The subscriptions of the queue `name`, their filters, and whether the queue admits the topics.

    `own_topics` are the ARNs of the topics of `resources`, by name.
    """
    if not queue.subscribe:
        return
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "Policy"])["Attributes"]
    allowed = [
        arn
        for statement in json.loads(attributes["Policy"])["Statement"]
        for arn in statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", [])
    ]
    arns = {each.topic: _arn(each, own_topics) for each in queue.subscriptions}
    topics = sorted(arns.values())
    yield Check(subject, "topics that may send to the queue", topics, sorted(allowed))
    for each in queue.subscriptions:
        found = _subscription(sns, arns[each.topic], attributes["QueueArn"])
        topic = each.topic.rpartition(":")[2]
        yield Check(subject, f"subscription to {topic}", "sqs", found.get("Protocol"))
        policy = json.loads(json.dumps(each.filter_policy))
        yield Check(subject, f"filter policy of {topic}", policy, json.loads(found.get("FilterPolicy", "{}")))
        yield Check(
            subject, f"raw messages of {topic}", str(each.raw).lower(), found.get("RawMessageDelivery", "false")
        )


def _arn(subscription: Subscription, own_topics: Mapping[str, str]) -> str:
    return own_topics.get(subscription.topic, subscription.topic)


def _subscription(sns: Any, topic: str, queue_arn: str) -> dict[str, Any]:
    """The attributes of the queue's subscription to a topic; none if there is none."""
    found = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    own = next((each for each in found if each["Endpoint"] == queue_arn), None)
    if own is None:
        return {}
    attributes: dict[str, Any] = sns.get_subscription_attributes(SubscriptionArn=own["SubscriptionArn"])["Attributes"]
    return {**attributes, "Protocol": own["Protocol"]}
