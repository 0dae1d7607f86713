"""Creates the S3 bucket for states: versioned, encrypted, private, TLS only.

Every setting is written each time, so that running it again restores what was changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from stacks.errors import AwsError

OLD_VERSION_DAYS = 90
UPLOAD_DAYS = 7
_PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def create_state_bucket(
    s3: Any,
    bucket: str,
    *,
    region: str,
    partition: str,
    account_id: str,
    kms_key: str | None,
    say: Callable[[str], None],
) -> bool:
    """Create `bucket`, or give an existing one the settings that states need; returns whether it was created.

    Args:
        s3: A boto3 S3 client of `region`.
        bucket: The name of the bucket.
        region: Its region.
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        account_id: The account that owns the bucket; a bucket of that name in another account is refused.
        kms_key: The KMS key that encrypts it; S3's own when None.
        say: Called with messages.

    Raises:
        AwsError: The bucket belongs to another account.
        botocore.exceptions.ClientError: AWS refused something.
    """
    created = _create(s3, bucket, region, account_id)
    say(f"Bucket {bucket}: {'created' if created else 'exists'}")
    owner = {"Bucket": bucket, "ExpectedBucketOwner": account_id}
    s3.put_public_access_block(**owner, PublicAccessBlockConfiguration=_PRIVATE)
    s3.put_bucket_ownership_controls(**owner, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    s3.put_bucket_versioning(**owner, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(**owner, ServerSideEncryptionConfiguration={"Rules": [_encryption(kms_key)]})
    s3.put_bucket_lifecycle_configuration(**owner, LifecycleConfiguration={"Rules": [_LIFECYCLE]})
    s3.put_bucket_policy(**owner, Policy=json.dumps(_tls_only(f"arn:{partition}:s3:::{bucket}")))
    say(f"Bucket {bucket}: private, versioned, encrypted, TLS only; versions are kept for {OLD_VERSION_DAYS} days")
    return created


def _create(s3: Any, bucket: str, region: str, account_id: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account_id)
        return False
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == 403:
            raise AwsError.of(
                "state.bucket",
                "the bucket belongs to another account, or these credentials may not access it",
                got=bucket,
                fix="bucket names are globally unique: choose another one",
                code="403",
            ) from error
        if status != 404:
            raise
    # us-east-1 must not be named: it is S3's default and refused as a constraint.
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    s3.get_waiter("bucket_exists").wait(Bucket=bucket, WaiterConfig={"Delay": 1})
    return True


def _encryption(kms_key: str | None) -> dict[str, Any]:
    if kms_key is None:
        return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    return {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_key},
        "BucketKeyEnabled": True,
    }


# Every apply writes a version; the current one never expires.
_LIFECYCLE = {
    "ID": "old-states",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSION_DAYS},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UPLOAD_DAYS},
}


def _tls_only(arn: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
