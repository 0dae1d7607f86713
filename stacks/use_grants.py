"""The IAM statements with which a service's containers use resources and the queues of other workers, as data.

Sources: the Service Authorization Reference of S3, DynamoDB, SNS and SQS; for keys the S3 User Guide ("Using
server-side encryption with AWS KMS keys": uploads in parts need `kms:Decrypt`), the DynamoDB Developer Guide
("DynamoDB encryption at rest"), the SNS Developer Guide ("Key management") and the SQS Developer Guide ("Key
management"). A name in `kms:ViaService` ends in `amazonaws.com` in every partition (KMS Developer Guide, "Condition
keys for AWS KMS").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stacks.grants import Grant
from stacks.project.uses import QUEUE, Used

_READ_OBJECTS = ("s3:GetObject",)
_WRITE_OBJECTS = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject")
_READ_ITEMS = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
)
_WRITE_ITEMS = (
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
_SEND = ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage")
_DECRYPT = ("kms:Decrypt",)
_ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")
_OPEN_TABLE = ("kms:Decrypt", "kms:DescribeKey")
_CHANGE_TABLE = (*_OPEN_TABLE, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


def use_grants(used: Sequence[tuple[Used, str]], region: str, key_arn: str | None) -> list[Grant]:
    """What a task role needs for what a service uses.

    Args:
        used: What it uses, each with its ARN, which may be a Terraform expression.
        region: The region, for the names of services that use the key.
        key_arn: The ARN of the environment's key; None with AWS managed keys.
    """
    numbered = enumerate(used, start=1)
    return [grant for number, (each, arn) in numbered for grant in _grants(number, each, arn, region, key_arn)]


def _grants(number: int, used: Used, arn: str, region: str, key_arn: str | None) -> Iterator[Grant]:
    """The statements for one target. Statement IDs must be unique in a policy, so they have its number."""
    service = ""
    key_actions: Sequence[str] = _ENCRYPT
    if used.kind == "bucket":
        yield from _bucket(number, used, arn)
        service, key_actions = "s3", _ENCRYPT if used.may_write else _DECRYPT
    elif used.kind == "table":
        actions = {*(_READ_ITEMS if used.may_read else ()), *(_WRITE_ITEMS if used.may_write else ())}
        yield Grant(f"Use{number}Items", sorted(actions), [arn])
        service, key_actions = "dynamodb", _CHANGE_TABLE if used.may_write else _OPEN_TABLE
    elif used.kind == "topic":
        yield Grant(f"Use{number}Publish", ["sns:Publish"], [arn])
        service = "sns"
    elif used.kind == QUEUE:
        yield Grant(f"Use{number}Send", _SEND, [arn])
        service = "sqs"
    if service and key_arn is not None:
        via = {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
        yield Grant(f"Use{number}Key", key_actions, [key_arn], via)


def _bucket(number: int, used: Used, arn: str) -> Iterator[Grant]:
    """Objects, and for reading also their list: without it S3 answers 403 for an object that does not exist."""
    actions = [*(_READ_OBJECTS if used.may_read else ()), *(_WRITE_OBJECTS if used.may_write else ())]
    yield Grant(f"Use{number}Objects", sorted(actions), [f"{arn}/*"])
    if used.may_read:
        yield Grant(f"Use{number}List", ["s3:ListBucket"], [arn])
