"""moto's SQS: policies of queues."""

from __future__ import annotations

import json

from tests.operations.rehearsal.emulator.moto.conftest import REGION, Aws


def test_a_queue_keeps_its_policies(aws: Aws) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:123456789012:dead"
    statement = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    allow = json.dumps({"redrivePermission": "denyAll"})
    redrive = {"maxReceiveCount": 3, "deadLetterTargetArn": arn}
    for attributes in ({"Policy": policy}, {"RedriveAllowPolicy": allow}, {"RedrivePolicy": json.dumps(redrive)}):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["Policy"] == policy
    assert found["RedriveAllowPolicy"] == allow
    assert found["RedrivePolicy"] == f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}'
