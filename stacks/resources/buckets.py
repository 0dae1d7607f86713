"""Buckets and tables."""

from __future__ import annotations

from stacks.resources.actions import Actions, of
from stacks.resources.model import STORAGE, ArnImport, Listing, NameImport, ResourceType, Shown

TYPES = (
    ResourceType(
        "aws_s3_bucket",
        "bucket",
        STORAGE,
        data_loss="its objects are lost",
        arn_import=ArnImport(r"s3:([^/:]+)"),
        # Terraform tags a bucket in a second request, which an interrupt can prevent.
        name_import=NameImport("bucket", ("bucket",), "{bucket}"),
        listing=Listing("s3", "list_buckets", "Buckets[].Name"),
        shown=(Shown("bucket", "name"),),
        user_data=True,
        no_user_data=frozenset({"access_logs"}),
        sets=frozenset({"grant", "noncurrent_version_transition", "permissions", "rules", "transition"}),
        actions=Actions(
            read=of(
                "s3",
                "GetAccelerateConfiguration",
                "GetBucketAcl",
                "GetBucketCORS",
                "GetBucketLogging",
                "GetBucketObjectLockConfiguration",
                "GetBucketPolicy",
                "GetBucketRequestPayment",
                "GetBucketTagging",
                "GetBucketVersioning",
                "GetBucketWebsite",
                "GetEncryptionConfiguration",
                "GetLifecycleConfiguration",
                "GetReplicationConfiguration",
                "ListBucket",
            ),
            create=of("s3", "CreateBucket"),
            delete=of("s3", "DeleteBucket", "DeleteObject", "DeleteObjectVersion", "ListBucketVersions"),
            tag=of("s3", "PutBucketTagging"),
            unrecorded={
                "s3:DeleteObjectVersion": "DeleteObjects needs it for versions (S3 API Reference)",
            },
        ),
    ),
    ResourceType(
        "aws_s3_bucket_policy",
        "bucket policy",
        STORAGE,
        actions=Actions(
            read=of("s3", "GetBucketPolicy"),
            create=of("s3", "PutBucketPolicy"),
            update=of("s3", "PutBucketPolicy"),
            delete=of("s3", "DeleteBucketPolicy"),
        ),
    ),
    ResourceType(
        "aws_s3_bucket_versioning",
        "bucket versioning",
        STORAGE,
        actions=Actions(
            read=of("s3", "GetBucketVersioning"),
            create=of("s3", "PutBucketVersioning"),
            update=of("s3", "PutBucketVersioning"),
            delete=of("s3", "PutBucketVersioning"),
        ),
    ),
    ResourceType(
        "aws_s3_bucket_ownership_controls",
        "bucket ownership",
        STORAGE,
        actions=Actions(
            read=of("s3", "GetBucketOwnershipControls"),
            create=of("s3", "PutBucketOwnershipControls"),
            update=of("s3", "PutBucketOwnershipControls"),
            delete=of("s3", "PutBucketOwnershipControls"),
        ),
    ),
    ResourceType(
        "aws_s3_bucket_public_access_block",
        "bucket public access block",
        STORAGE,
        actions=Actions(
            read=of("s3", "GetBucketPublicAccessBlock"),
            create=of("s3", "PutBucketPublicAccessBlock"),
            update=of("s3", "PutBucketPublicAccessBlock"),
            delete=of("s3", "PutBucketPublicAccessBlock"),
        ),
    ),
    ResourceType(
        "aws_s3_bucket_lifecycle_configuration",
        "bucket lifecycle",
        STORAGE,
        sets=frozenset({"noncurrent_version_transition", "transition"}),
        actions=Actions(
            read=of("s3", "GetLifecycleConfiguration"),
            create=of("s3", "PutLifecycleConfiguration"),
            update=of("s3", "PutLifecycleConfiguration"),
            delete=of("s3", "PutLifecycleConfiguration"),
        ),
    ),
    ResourceType(
        "aws_s3_bucket_cors_configuration",
        "bucket CORS",
        STORAGE,
        sets=frozenset({"cors_rule", "allowed_headers", "allowed_methods", "allowed_origins", "expose_headers"}),
        actions=Actions(
            read=of("s3", "GetBucketCORS"),
            create=of("s3", "PutBucketCORS"),
            update=of("s3", "PutBucketCORS"),
            delete=of("s3", "PutBucketCORS"),
        ),
    ),
    ResourceType(
        "aws_s3_bucket_server_side_encryption_configuration",
        "bucket encryption",
        STORAGE,
        sets=frozenset({"rule"}),
        actions=Actions(
            read=of("s3", "GetEncryptionConfiguration"),
            create=of("s3", "PutEncryptionConfiguration"),
            update=of("s3", "PutEncryptionConfiguration"),
            delete=of("s3", "PutEncryptionConfiguration"),
        ),
    ),
    ResourceType(
        "aws_dynamodb_table",
        "table",
        STORAGE,
        data_loss="its items are lost",
        user_data=True,
        arn_import=ArnImport(r"dynamodb:table/([^/]+)"),
        listing=Listing("dynamodb", "list_tables", "TableNames[]"),
        shown=(
            Shown("name"),
            Shown("hash_key", "key"),
            Shown("range_key", "sort key"),
            Shown("deletion_protection_enabled", "deletion protection", default=False),
        ),
        sets=frozenset(
            {
                "attribute",
                "global_secondary_index",
                "header_list",
                "local_secondary_index",
                "non_key_attributes",
                "replica",
            }
        ),
        actions=Actions(
            # The provider looks up the key that DynamoDB uses by default.
            read=(
                *of("dynamodb", "DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive"),
                *of("dynamodb", "ListTagsOfResource"),
                *of("kms", "DescribeKey"),
            ),
            create=(
                *of("dynamodb", "CreateTable", "UpdateContinuousBackups", "UpdateTimeToLive"),
                *of("kms", "CreateGrant", "Decrypt"),
            ),
            update=of("dynamodb", "UpdateContinuousBackups", "UpdateTable", "UpdateTimeToLive"),
            delete=of("dynamodb", "DeleteTable"),
            tag=of("dynamodb", "TagResource", "UntagResource"),
        ),
    ),
)
