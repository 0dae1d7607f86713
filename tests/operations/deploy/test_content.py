"""Whether what a plan deletes is empty, in moto."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.sentences import sentence, sentences
from operations.deploy.consent import Consent
from operations.deploy.content import content_problems
from operations.deploy.deploy import deploy, destroy, plan
from operations.plan.model import Plan
from operations.plan.undeletable import OnlyIfEmpty
from operations.terraform.stream import Planned
from stacks.errors import AwsError, TerraformError
from tests.operations.deploy.test_deploy import stack
from tests.support.fake_terraform import FakeTerraform
from tests.support.refusals import DENIED, THROTTLED, refuse
from tests.support.reporter import Recorder

BUCKET = OnlyIfEmpty("aws_s3_bucket", "aws_s3_bucket.uploads", "uploads")
REPOSITORY = OnlyIfEmpty("aws_ecr_repository", "aws_ecr_repository.web", "shop-prod/web")
FIX = "empty it; or keep it, and deploy it with `protected: false` before you remove or replace it"

DELETES: dict[str, Any] = {
    "planned_values": {},
    "resource_changes": [
        {
            "address": BUCKET.address,
            "type": BUCKET.type,
            "mode": "managed",
            "change": {"actions": ["delete"], "before": {"bucket": "uploads", "force_destroy": False}, "after": None},
        }
    ],
}


@pytest.fixture
def s3(account: boto3.Session) -> Any:
    client: Any = account.client("s3")
    client.create_bucket(Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def problems(account: boto3.Session, resource: OnlyIfEmpty, reporter: Recorder | None = None) -> list[str]:
    planned = Plan("shop-prod", (), only_if_empty=(resource,))
    return [sentence(each) for each in content_problems(planned, account, reporter or Recorder())]


def versioned(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})


def test_an_empty_bucket_can_be_deleted(account: boto3.Session, s3: Any) -> None:
    assert problems(account, BUCKET) == []


def test_a_bucket_that_is_gone_needs_no_deletion(account: boto3.Session) -> None:
    assert problems(account, BUCKET) == []
    assert problems(account, REPOSITORY) == []


def test_a_bucket_with_an_object(account: boto3.Session, s3: Any) -> None:
    s3.put_object(Bucket="uploads", Key="a.txt")

    assert problems(account, BUCKET) == [
        "aws_s3_bucket.uploads: the bucket uploads is not empty, so S3 refuses to delete it; got the object a.txt; "
        f"{FIX}"
    ]


def test_an_earlier_version_is_content_too(account: boto3.Session, s3: Any) -> None:
    versioned(s3)
    version = s3.put_object(Bucket="uploads", Key="a.txt")["VersionId"]
    s3.delete_object(Bucket="uploads", Key="a.txt")

    assert "; got a version of a.txt; " in problems(account, BUCKET)[0]
    s3.delete_object(Bucket="uploads", Key="a.txt", VersionId=version)
    assert "; got a delete marker of a.txt; " in problems(account, BUCKET)[0]


def test_objects_that_the_plan_deletes_are_not_content(account: boto3.Session, s3: Any) -> None:
    versioned(s3)
    for _ in range(2):
        s3.put_object(Bucket="uploads", Key="a.txt")
    bucket = OnlyIfEmpty("aws_s3_bucket", "aws_s3_bucket.uploads", "uploads", "own", frozenset({"a.txt"}))

    assert problems(account, bucket) == []
    s3.put_object(Bucket="uploads", Key="b.txt")
    assert "; got the object b.txt; " in problems(account, bucket)[0]


def test_a_repository_with_an_image(account: boto3.Session) -> None:
    ecr: Any = account.client("ecr")
    ecr.create_repository(repositoryName="shop-prod/web")
    assert problems(account, REPOSITORY) == []
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {}}
    put = ecr.put_image(repositoryName="shop-prod/web", imageManifest=json.dumps(manifest))
    digest = put["image"]["imageId"]["imageDigest"]

    assert problems(account, REPOSITORY) == [
        "aws_ecr_repository.web: the repository shop-prod/web is not empty, so ECR refuses to delete it; "
        f"got the image {digest}; {FIX}"
    ]


@pytest.mark.parametrize("call", ["s3.ListObjectsV2", "s3.ListObjectVersions"])
def test_what_may_not_be_listed_is_a_warning(account: boto3.Session, s3: Any, call: str) -> None:
    refuse(account, call, *DENIED)
    reporter = Recorder()

    assert problems(account, BUCKET, reporter) == []
    (warning,) = reporter.warnings
    assert warning.startswith(
        "aws_s3_bucket.uploads: can't look whether uploads is empty; AWS refuses to delete it if it is not; "
        "got AccessDeniedException: refused; allow this for the user or role that deploys"
    )


def test_another_error_ends_the_plan(account: boto3.Session, s3: Any) -> None:
    refuse(account, "s3.ListObjectsV2", *THROTTLED)

    with pytest.raises(AwsError):
        problems(account, BUCKET)


@pytest.mark.parametrize("way", ["plan", "deploy", "saved plan", "destroy"])
def test_nothing_is_applied_that_deletes_a_bucket_with_objects(
    account: boto3.Session, s3: Any, tmp_path: Path, way: str
) -> None:
    s3.put_object(Bucket="uploads", Key="a.txt")
    terraform = FakeTerraform(tmp_path, [Planned(BUCKET.address, BUCKET.type, "uploads", "delete")], shown=DELETES)
    prepared = stack(terraform, session=account)

    with pytest.raises(TerraformError) as caught:
        if way == "plan":
            plan(prepared, Recorder(), tmp_path / "plan")
        elif way == "destroy":
            destroy(prepared, Recorder(), Consent(stack="shop-dev"))
        else:
            saved = tmp_path / "saved" if way == "saved plan" else None
            if saved is not None:
                saved.touch()
            deploy(prepared, Recorder(), Consent(stack="shop-dev"), saved_plan=saved, timeout=None)

    assert sentences(caught.value).startswith("aws_s3_bucket.uploads: the bucket uploads is not empty")
    assert "apply" not in terraform.calls
