"""Queues that SQS refuses."""

from __future__ import annotations

import json

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID
from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, REGION, Aws, policy, refusal, unique


def arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"


def test_a_name_that_was_deleted_within_a_minute(aws: Aws) -> None:
    sqs, name = aws("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)

    assert refusal(sqs.create_queue, QueueName=name) == (
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
    )


@pytest.mark.parametrize("name", ["queue.dead", "q" * 81, "queue 1"])
def test_a_name_with_other_characters(aws: Aws, name: str) -> None:
    assert refusal(aws("sqs").create_queue, QueueName=name) == (
        "InvalidParameterValue",
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    )


@pytest.mark.parametrize(("name", "fifo"), [("queue", "true"), ("queue.fifo", None)])
def test_the_suffix_of_a_fifo_queue(aws: Aws, name: str, fifo: str | None) -> None:
    attributes = {"FifoQueue": fifo} if fifo else {}

    assert refusal(aws("sqs").create_queue, QueueName=name, Attributes=attributes) == (
        "InvalidParameterValue",
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
        ".fifo suffix.",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VisibilityTimeout", "43201"),
        ("MessageRetentionPeriod", "30"),
        ("MessageRetentionPeriod", "1209601"),
        ("DelaySeconds", "901"),
        ("MaximumMessageSize", "1023"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("VisibilityTimeout", "x"),
    ],
)
def test_numbers_outside_their_range(aws: Aws, name: str, value: str) -> None:
    refused = ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    sqs, attributes = aws("sqs"), {name: value}

    assert refusal(sqs.create_queue, QueueName=unique("queue"), Attributes=attributes) == refused
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes) == refused


def test_redrive_policies(aws: Aws) -> None:
    sqs, dead, fifo = aws("sqs"), unique("dead"), f"{unique('dead')}.fifo"
    sqs.create_queue(QueueName=dead)
    sqs.create_queue(QueueName=fifo, Attributes={"FifoQueue": "true"})
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]

    for target, count, reason in (
        (dead, 0, "Invalid value for maxReceiveCount: 0."),
        (dead, 1001, "Invalid value for maxReceiveCount: 1001."),
        (fifo, 5, "Dead-letter queue must be same type of queue as the source."),
    ):
        text = json.dumps({"deadLetterTargetArn": arn(target), "maxReceiveCount": count})
        assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"RedrivePolicy": text}) == (
            "InvalidAttributeValue",
            f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}",
        )
    text = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 1000})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": text})


def test_a_principal_that_does_not_exist(aws: Aws) -> None:
    sqs, name = aws("sqs"), unique("queue")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    statement = {"Effect": "Allow", "Principal": {"AWS": MISSING_ROLE}, "Action": "sqs:*", "Resource": arn(name)}

    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": policy(statement)}) == (
        "InvalidAttributeValue",
        "Invalid value for the parameter Policy.",
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy({**statement, "Principal": "*"})})
