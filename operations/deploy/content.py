"""Whether the buckets and repositories are empty that AWS does not delete otherwise, which no plan says.

Sources: Amazon S3 API reference, ListObjectsV2 and ListObjectVersions (which needs `s3:ListBucketVersions`); Amazon ECR
API reference, DescribeImages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.plan.undeletable import BUCKET, OnlyIfEmpty, not_empty

if TYPE_CHECKING:
    import boto3

    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from stacks.errors import Problem

_GONE = frozenset({"404", "NoSuchBucket", "RepositoryNotFoundException"})
_DENIED = aws.DENIED | {"403"}


def content_problems(plan: Plan, session: boto3.Session, reporter: Reporter) -> tuple[Problem, ...]:
    """The problems of what a plan deletes and AWS does not, because it is not empty.

    What the credentials may not list is a warning.

    Raises:
        AwsError: AWS refused a request for another reason.
    """
    return tuple(_problems(plan, session, reporter))


def _problems(plan: Plan, session: boto3.Session, reporter: Reporter) -> Iterator[Problem]:
    from stacks.errors import AwsError

    for each in plan.only_if_empty:
        try:
            with aws.errors(each.address):
                found = _first_object(session, each) if each.type == BUCKET else _image(session, each)
        except AwsError as error:
            if error.codes & _GONE:
                continue
            if not error.codes & _DENIED:
                raise
            what = f"can't look whether {each.name} is empty; AWS refuses to delete it if it is not"
            reporter.warn(replace(error.problems[0], what=what, severity="warning"))
            continue
        if found is not None:
            yield not_empty(each, found)


def _first_object(session: boto3.Session, bucket: OnlyIfEmpty) -> str | None:
    """The first object, earlier version or delete marker in a bucket that the plan does not delete."""
    s3: Any = aws.client(session, "s3")
    # The current objects first: reading them needs a permission that more roles have.
    listed = s3.list_objects_v2(Bucket=bucket.name).get("Contents") or ()
    left = next((each["Key"] for each in listed if each["Key"] not in bucket.deleted), None)
    if left is not None:
        return f"the object {left}"
    answer = s3.list_object_versions(Bucket=bucket.name)
    for key, kind in (("Versions", "version"), ("DeleteMarkers", "delete marker")):
        left = next((each["Key"] for each in answer.get(key) or () if each["Key"] not in bucket.deleted), None)
        if left is not None:
            return f"a {kind} of {left}"
    return None


def _image(session: boto3.Session, repository: OnlyIfEmpty) -> str | None:
    """An image in a repository."""
    ecr: Any = aws.client(session, "ecr")
    images = ecr.describe_images(repositoryName=repository.name, maxResults=1)["imageDetails"]
    return f"the image {images[0]['imageDigest']}" if images else None
