"""Queues that SQS refuses.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/, pages API_CreateQueue and
API_SetQueueAttributes.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.principals import invalid_principals

INVALID = "InvalidAttributeValue"
RANGES: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
"""The lowest and highest value of each attribute."""
RECEIVES = (1, 1_000)
WAIT = 60
"""Seconds after the deletion of a queue before its name can be used again."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_deleted: dict[tuple[str, str, str], float] = {}


@rule("sqs", "CreateQueue")
def recently_deleted(request: Request) -> None:
    """A queue whose name was deleted less than a minute ago."""
    name = request.parameters["QueueName"]
    since = _deleted.get((request.account, request.region, name))
    text = "You must wait 60 seconds after deleting a queue before you can create another with the same name."
    waited = since is None or time.monotonic() - since >= WAIT
    refused_unless(waited, "AWS.SimpleQueueService.QueueDeletedRecently", text)


@rule("sqs", "DeleteQueue")
def deletion(request: Request) -> None:
    """Refuses nothing: it remembers when a queue was deleted."""
    name = request.parameters["QueueUrl"].rpartition("/")[2]
    if name in request.backend().queues:
        _deleted[request.account, request.region, name] = time.monotonic()


@rule("sqs", "CreateQueue")
def name(request: Request) -> None:
    """A name with other characters, and a FIFO queue without the suffix."""
    value = request.parameters["QueueName"]
    text = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    refused_unless(_NAME.fullmatch(value), "InvalidParameterValue", text)
    fifo = request.parameters.get("Attributes", {}).get("FifoQueue") == "true"
    text = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
    refused_unless(fifo == value.endswith(".fifo"), "InvalidParameterValue", f"{text}.fifo suffix.")


@rule("sqs", "CreateQueue", "SetQueueAttributes")
def attributes(request: Request) -> None:
    """Numbers outside their range."""
    for name, value in request.parameters.get("Attributes", {}).items():
        low, high = RANGES.get(name, (None, None))
        if low is not None and high is not None:
            valid = value.isdigit() and low <= int(value) <= high
            refused_unless(valid, INVALID, f"Invalid value for the parameter {name}.")


@rule("sqs", "CreateQueue", "SetQueueAttributes")
def redrive_policy(request: Request) -> None:
    """A number of receives outside its range, and a dead-letter queue of the other kind."""
    text = request.parameters.get("Attributes", {}).get("RedrivePolicy")
    if not text:
        return
    policy = json.loads(text)
    count, target = str(policy.get("maxReceiveCount", "")), str(policy.get("deadLetterTargetArn", ""))
    reason = f"Value {text} for parameter RedrivePolicy is invalid. Reason:"
    valid = count.isdigit() and RECEIVES[0] <= int(count) <= RECEIVES[1]
    refused_unless(valid, INVALID, f"{reason} Invalid value for maxReceiveCount: {count}.")
    source = request.parameters.get("QueueName") or request.parameters["QueueUrl"].rpartition("/")[2]
    same = source.endswith(".fifo") == target.endswith(".fifo")
    refused_unless(same, INVALID, f"{reason} Dead-letter queue must be same type of queue as the source.")


@rule("sqs", "CreateQueue", "SetQueueAttributes")
def policy_principals(request: Request) -> None:
    """A queue policy with a principal that does not exist."""
    policy = request.parameters.get("Attributes", {}).get("Policy")
    if policy and invalid_principals(request, policy):
        raise Refused(INVALID, "Invalid value for the parameter Policy.")
