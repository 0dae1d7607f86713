"""Buckets and bucket policies that S3 refuses.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/, pages bucketnamingrules.html and
access-control-block-public-access.html; https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.principals import as_list, invalid_principals, principals, statements

MALFORMED = "MalformedPolicy"
_NAME = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


@rule("s3", "CreateBucket")
def bucket_name(request: Request) -> None:
    """A name outside the rules."""
    name = request.parameters["Bucket"]
    valid = _NAME.fullmatch(name) and ".." not in name and not name.endswith(_SUFFIXES) and not _ADDRESS.fullmatch(name)
    refused_unless(valid, "InvalidBucketName", "The specified bucket is not valid.")


@rule("s3", "PutBucketPolicy")
def policy_principals(request: Request) -> None:
    """A policy with a principal that does not exist."""
    if invalid_principals(request, request.parameters["Policy"]):
        raise Refused(MALFORMED, "Invalid principal in policy")


@rule("s3", "PutBucketPolicy")
def policy_resources(request: Request) -> None:
    """A policy about another bucket."""
    bucket = request.parameters["Bucket"]
    own = re.compile(rf"arn:[^:]+:s3:::{re.escape(bucket)}(?:/.*)?", re.DOTALL)
    for statement in statements(request.parameters["Policy"]):
        for resource in (*as_list(statement.get("Resource")), *as_list(statement.get("NotResource"))):
            refused_unless(own.fullmatch(resource), MALFORMED, "Policy has invalid resource")


@rule("s3", "PutBucketPolicy")
def public_policy(request: Request) -> None:
    """A public policy of a bucket that blocks them."""
    bucket = request.backend().buckets.get(request.parameters["Bucket"])
    block = getattr(bucket, "public_access_block", None)
    blocked = block is not None and str(getattr(block, "block_public_policy", "")).lower() == "true"
    if blocked and any(_is_public(each) for each in statements(request.parameters["Policy"])):
        raise Refused("AccessDenied", "Access Denied", 403)


def _is_public(statement: Mapping[str, Any]) -> bool:
    everyone = any(name == "*" for kind, name in principals(statement) if kind == "AWS")
    return statement.get("Effect") == "Allow" and everyone and not statement.get("Condition")
