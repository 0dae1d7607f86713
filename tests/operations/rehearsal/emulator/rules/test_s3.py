"""Buckets and bucket policies that S3 refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, REGION, Aws, policy, refusal, unique

WHERE = {"LocationConstraint": REGION}


@pytest.mark.parametrize(
    "name", ["logs_1", "Logs", "-logs", "logs-", "a..b", "192.168.0.1", "xn--logs", "logs-s3alias"]
)
def test_bucket_names(aws: Aws, name: str) -> None:
    assert refusal(aws("s3").create_bucket, Bucket=name, CreateBucketConfiguration=WHERE) == (
        "InvalidBucketName",
        "The specified bucket is not valid.",
    )


@pytest.fixture
def bucket(aws: Aws) -> str:
    name = unique("bucket")
    aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration=WHERE)
    return name


def statement(bucket: str, **changes: Any) -> dict[str, Any]:
    resource = f"arn:aws:s3:::{bucket}/*"
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": resource, **changes}


def put(aws: Aws, bucket: str, document: dict[str, Any]) -> tuple[str, str]:
    return refusal(aws("s3").put_bucket_policy, Bucket=bucket, Policy=policy(document))


def test_a_principal_that_does_not_exist(aws: Aws, bucket: str) -> None:
    document = statement(bucket, Principal={"AWS": MISSING_ROLE})

    assert put(aws, bucket, document) == ("MalformedPolicy", "Invalid principal in policy")


def test_a_policy_about_another_bucket(aws: Aws, bucket: str) -> None:
    assert put(aws, bucket, statement(f"{bucket}-2")) == ("MalformedPolicy", "Policy has invalid resource")
    assert put(aws, bucket, statement("*"))[0] == "MalformedPolicy"


def test_a_public_policy_under_a_block(aws: Aws, bucket: str) -> None:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=policy(statement(bucket)))
    block = dict.fromkeys(names, True)
    aws("s3").put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)

    assert put(aws, bucket, statement(bucket)) == ("AccessDenied", "Access Denied")
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    for private in ({"Effect": "Deny"}, {"Condition": insecure}, {"Principal": {"Service": "sns.amazonaws.com"}}):
        aws("s3").put_bucket_policy(Bucket=bucket, Policy=policy(statement(bucket, **private)))


def test_a_bucket_with_objects(aws: Aws, bucket: str) -> None:
    """moto refuses it too."""
    aws("s3").put_object(Bucket=bucket, Key="a", Body=b"")

    assert refusal(aws("s3").delete_bucket, Bucket=bucket)[0] == "BucketNotEmpty"
