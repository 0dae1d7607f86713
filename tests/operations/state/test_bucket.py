"""The bucket for states, in moto; tests/e2e creates one with the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from cli.sentences import sentences
from operations.state.bucket import create_state_bucket
from stacks.errors import AwsError

ACCOUNT = "123456789012"
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
OWNER = {"Bucket": "states", "ExpectedBucketOwner": ACCOUNT}
KMS_KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("s3", region_name="eu-west-1", **KEYS)


def create(s3: Any, *, region: str = "eu-west-1", partition: str = "aws", kms_key: str | None = None) -> list[str]:
    """Create the bucket `states`, and return whether it was created, then the messages."""
    messages: list[str] = []
    created = create_state_bucket(
        s3, "states", region=region, partition=partition, account_id=ACCOUNT, kms_key=kms_key, say=messages.append
    )
    return [str(created), *messages]


def test_a_new_bucket_is_reported_with_its_settings(s3: Any) -> None:
    assert create(s3) == [
        "True",
        "Bucket states: created",
        "Bucket states: private, versioned, encrypted, TLS only; versions are kept for 90 days",
    ]
    assert s3.get_bucket_location(Bucket="states")["LocationConstraint"] == "eu-west-1"


def test_it_is_private(s3: Any) -> None:
    create(s3)

    assert s3.get_public_access_block(**OWNER)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    (rule,) = s3.get_bucket_ownership_controls(**OWNER)["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_old_versions_expire_and_the_current_one_never_does(s3: Any) -> None:
    create(s3)

    assert s3.get_bucket_versioning(**OWNER)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_lifecycle_configuration(**OWNER)["Rules"]
    assert rule == {
        "ID": "old-states",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_requests_without_tls_are_denied(s3: Any, partition: str) -> None:
    create(s3, partition=partition)

    (statement,) = json.loads(s3.get_bucket_policy(**OWNER)["Policy"])["Statement"]
    assert statement == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:{partition}:s3:::states", f"arn:{partition}:s3:::states/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.parametrize(
    ("kms_key", "expected", "bucket_key"),
    [
        (None, {"SSEAlgorithm": "AES256"}, False),
        (KMS_KEY, {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY}, True),
    ],
)
def test_it_is_encrypted(s3: Any, kms_key: str | None, expected: dict[str, str], bucket_key: bool) -> None:
    create(s3, kms_key=kms_key)

    (rule,) = s3.get_bucket_encryption(**OWNER)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == expected
    assert rule.get("BucketKeyEnabled", False) is bucket_key


def test_a_second_run_restores_the_settings(s3: Any) -> None:
    create(s3)
    s3.put_bucket_versioning(**OWNER, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(**OWNER)
    s3.delete_bucket_policy(**OWNER)

    created, first, _ = create(s3)

    assert (created, first) == ("False", "Bucket states: exists")
    assert s3.get_bucket_versioning(**OWNER)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(**OWNER)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_policy(**OWNER)["Policy"]


def test_an_existing_bucket_keeps_its_states(s3: Any) -> None:
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="states", Key="shop/dev/terraform.tfstate", Body=b"{}")

    assert create(s3)[:2] == ["False", "Bucket states: exists"]

    s3.delete_bucket_policy(**OWNER)  # moto ignores its condition, and denies every request
    assert s3.get_object(Bucket="states", Key="shop/dev/terraform.tfstate")["Body"].read() == b"{}"


def test_in_us_east_1_the_location_is_not_named(s3: Any) -> None:
    """S3 refuses the default location as a constraint."""
    client: Any = boto3.client("s3", region_name="us-east-1", **KEYS)

    create(client, region="us-east-1")

    assert client.get_bucket_location(Bucket="states")["LocationConstraint"] is None


def answering(client: Any, status: int) -> Any:
    """The client, with every HeadBucket answered with an HTTP status; S3 sends no body with it."""
    answer = {"Error": {"Code": str(status), "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    response = SimpleNamespace(status_code=status)
    client.meta.events.register_first("before-call.s3.HeadBucket", lambda **arguments: (response, answer))
    return client


def test_a_bucket_of_another_account_is_refused_and_nothing_is_changed(s3: Any) -> None:
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    with pytest.raises(AwsError) as caught:
        create(answering(s3, 403))

    assert sentences(caught.value) == (
        "state.bucket: the bucket belongs to another account, or these credentials may not access it; got states; "
        "bucket names are globally unique: choose another one"
    )
    assert caught.value.codes == {"403"}
    assert "Status" not in s3.get_bucket_versioning(Bucket="states")


def test_any_other_answer_is_raised(s3: Any) -> None:
    with pytest.raises(ClientError) as caught:
        create(answering(s3, 400))

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert s3.list_buckets()["Buckets"] == []
