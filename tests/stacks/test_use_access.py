"""The task roles of services that use resources allow what `access` says, and nothing else.

Every role is asked for every action on every resource; the evaluator's answers are compared with a table.
"""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth
from tests.support.access import Access

SYSTEM = """
region: eu-west-1
encryption: {encryption}
resources:
  uploads: {{type: bucket}}
  other: {{type: bucket}}
  sessions: {{type: table, key: {{id: S}}}}
  plans: {{type: table, key: {{id: S}}}}
  events: {{type: topic}}
  news: {{type: topic}}
services:
  reader: {{type: worker, uses: {{uploads: {{}}, sessions: {{access: read}}}}}}
  writer: {{type: worker, uses: {{uploads: {{access: write}}, sessions: {{access: write}}}}}}
  both: {{type: worker, uses: {{uploads: {{access: read_write}}, sessions: {{access: read_write}}}}}}
  publisher: {{type: worker, uses: {{events: {{arn: EVENTS}}}}}}
  sender: {{type: worker, uses: {{mailer: {{url: QUEUE}}}}}}
  mailer: {{type: worker, queue: {{}}}}
  printer: {{type: worker, queue: {{}}}}
  none: {{type: worker}}
"""
READ_OBJECTS = {"s3:GetObject uploads/x", "s3:ListBucket uploads"}
WRITE_OBJECTS = {
    f"s3:{each} uploads/x" for each in ("PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts")
}
SHARED_ITEMS = {"dynamodb:DescribeTable sessions"}
READ_ITEMS = SHARED_ITEMS | {
    f"dynamodb:{each} sessions" for each in ("GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem")
}
WRITE_ITEMS = SHARED_ITEMS | {
    f"dynamodb:{each} sessions" for each in ("PutItem", "BatchWriteItem", "UpdateItem", "DeleteItem")
}
SEND = {f"sqs:{each} mailer_queue" for each in ("SendMessage", "GetQueueUrl", "GetQueueAttributes")}
CONSUME = {f"sqs:{each}" for each in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")}
OWN = {f"sqs:{each}" for each in ("GetQueueUrl", "GetQueueAttributes")} | CONSUME
ALLOWED = {
    "reader": READ_OBJECTS | READ_ITEMS,
    "writer": WRITE_OBJECTS | WRITE_ITEMS,
    "both": READ_OBJECTS | WRITE_OBJECTS | READ_ITEMS | WRITE_ITEMS,
    "publisher": {"sns:Publish events"},
    "sender": SEND,
    "mailer": {f"{action} mailer_queue" for action in OWN},
    "printer": {f"{action} printer_queue" for action in OWN},
    "none": set(),
}
KEY = {
    "reader": {"Decrypt s3", "Decrypt dynamodb", "DescribeKey dynamodb"},
    "writer": {"Decrypt s3", "GenerateDataKey s3"}
    | {
        f"{each} dynamodb"
        for each in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
    },
    "publisher": {"Decrypt sns", "GenerateDataKey sns"},
    "sender": {"Decrypt sqs", "GenerateDataKey sqs"},
    "mailer": {"Decrypt sqs"},
    "printer": {"Decrypt sqs"},
    "none": set(),
}
KEY["both"] = KEY["writer"]
BUCKETS = ("uploads", "other")
OBJECT_ACTIONS = (
    *("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "ListMultipartUploadParts"),
    *("PutObjectAcl", "GetObjectVersion", "DeleteObjectVersion", "BypassGovernanceRetention"),
)
BUCKET_ACTIONS = ("ListBucket", "ListBucketVersions", "DeleteBucket", "PutBucketPolicy", "PutEncryptionConfiguration")
ITEM_ACTIONS = (
    *("GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem", "DescribeTable"),
    *("PutItem", "BatchWriteItem", "UpdateItem", "DeleteItem", "DeleteTable", "UpdateTable", "PartiQLInsert"),
)
TOPIC_ACTIONS = ("Publish", "Subscribe", "SetTopicAttributes", "DeleteTopic", "GetTopicAttributes")
QUEUE_ACTIONS = (
    *("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue", "DeleteQueue"),
    *("GetQueueUrl", "GetQueueAttributes", "SetQueueAttributes"),
)


@pytest.fixture(params=["aws", "customer"])
def access(request: pytest.FixtureRequest, small: Synth) -> Access:
    return Access(small(SYSTEM.format(encryption=request.param)))


def asked(access: Access) -> dict[str, tuple[str, str]]:
    """Every request: `action resource` -> the action and the ARN."""
    found: dict[str, tuple[str, str]] = {}
    for bucket in BUCKETS:
        arn = access.arn(f"aws_s3_bucket.{bucket}")
        found |= {f"s3:{each} {bucket}/x": (f"s3:{each}", f"{arn}/x") for each in OBJECT_ACTIONS}
        found |= {f"s3:{each} {bucket}": (f"s3:{each}", arn) for each in BUCKET_ACTIONS}
    for kind, prefix, actions in (
        ("aws_dynamodb_table", "dynamodb", ITEM_ACTIONS),
        ("aws_sns_topic", "sns", TOPIC_ACTIONS),
        ("aws_sqs_queue", "sqs", QUEUE_ACTIONS),
    ):
        for name in access.stack.names(kind):
            arn = access.arn(f"{kind}.{name}")
            found |= {f"{prefix}:{each} {name}": (f"{prefix}:{each}", arn) for each in actions}
    return found


@pytest.mark.parametrize("service", ALLOWED)
def test_a_task_role_may_do_what_its_service_uses_and_nothing_else(access: Access, service: str) -> None:
    role = f"{service}_task"
    allowed = {label for label, (action, arn) in asked(access).items() if access.decide(role, action, arn).allowed}

    assert allowed == ALLOWED[service]


@pytest.mark.parametrize("service", KEY)
def test_the_key_is_only_used_through_the_services_of_what_is_used(small: Synth, service: str) -> None:
    access = Access(small(SYSTEM.format(encryption="customer")))
    key = access.arn("aws_kms_key.main")
    actions = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo", "CreateGrant")
    allowed = {
        f"{action} {via}"
        for action in actions
        for via in ("s3", "dynamodb", "sns", "sqs", "secretsmanager")
        if access.decide(
            f"{service}_task", f"kms:{action}", key, **{"kms:ViaService": f"{via}.eu-west-1.amazonaws.com"}
        ).allowed
    }
    direct = [each for each in actions if access.decide(f"{service}_task", f"kms:{each}", key).allowed]

    assert allowed == KEY[service]
    assert direct == []
