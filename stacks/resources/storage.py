"""Queues, file systems, buckets and image repositories."""

from __future__ import annotations

from stacks.resources.actions import TAGS_REMOVED, Actions, of, put_back
from stacks.resources.model import STORAGE, ArnImport, Listing, NameImport, ResourceType, Shown

TYPES = (
    ResourceType(
        "aws_sqs_queue",
        "queue",
        STORAGE,
        data_loss="its messages are lost",
        listing=Listing("sqs", "list_queues", "QueueUrls[]"),
        shown=(
            Shown("visibility_timeout_seconds", "visibility timeout"),
            Shown("message_retention_seconds", "retention"),
        ),
        actions=Actions(
            read=of("sqs", "GetQueueAttributes", "ListQueueTags"),
            create=of("sqs", "CreateQueue"),
            update=of("sqs", "SetQueueAttributes"),
            delete=of("sqs", "DeleteQueue"),
            tag=of("sqs", "TagQueue", "UntagQueue"),
        ),
    ),
    ResourceType(
        "aws_sqs_queue_policy",
        "queue policy",
        STORAGE,
        actions=Actions(
            read=of("sqs", "GetQueueAttributes"),
            create=of("sqs", "SetQueueAttributes"),
            update=of("sqs", "SetQueueAttributes"),
            delete=of("sqs", "SetQueueAttributes"),
        ),
    ),
    ResourceType(
        "aws_efs_file_system",
        "file system",
        STORAGE,
        data_loss="its files are lost",
        arn_import=ArnImport(r"elasticfilesystem:file-system/(.+)"),
        listing=Listing("efs", "describe_file_systems", "FileSystems[].FileSystemId"),
        shown=(
            Shown("encrypted"),
            Shown("throughput_mode", "throughput"),
        ),
        actions=Actions(
            read=of("elasticfilesystem", "DescribeFileSystems", "DescribeLifecycleConfiguration"),
            create=(
                *of("elasticfilesystem", "CreateFileSystem"),
                *of("kms", "CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext"),
            ),
            delete=of("elasticfilesystem", "DeleteFileSystem"),
            tag=of("elasticfilesystem", "TagResource", "UntagResource"),
            unrecorded={"elasticfilesystem:UntagResource": TAGS_REMOVED},
        ),
    ),
    ResourceType(
        "aws_efs_file_system_policy",
        "file system policy",
        STORAGE,
        actions=Actions(
            read=of("elasticfilesystem", "DescribeFileSystemPolicy"),
            create=of("elasticfilesystem", "PutFileSystemPolicy"),
            update=of("elasticfilesystem", "PutFileSystemPolicy"),
            delete=of("elasticfilesystem", "DeleteFileSystemPolicy"),
        ),
    ),
    ResourceType(
        "aws_efs_backup_policy",
        "file system backup",
        STORAGE,
        actions=Actions(
            read=of("elasticfilesystem", "DescribeBackupPolicy"),
            create=of("elasticfilesystem", "PutBackupPolicy"),
            update=of("elasticfilesystem", "PutBackupPolicy"),
            delete=of("elasticfilesystem", "PutBackupPolicy"),
            service_linked_role="elasticfilesystem.amazonaws.com",
        ),
    ),
    ResourceType(
        "aws_efs_mount_target",
        "mount target",
        STORAGE,
        replaced="tasks cannot mount the volume during the replacement",
        name_import=NameImport("mount_target", ("file_system_id", "subnet_id"), "{id}"),
        sets=frozenset({"security_groups"}),
        actions=Actions(
            read=(
                *of("ec2", "DescribeNetworkInterfaceAttribute"),
                *of("elasticfilesystem", "DescribeMountTargetSecurityGroups", "DescribeMountTargets"),
            ),
            create=(
                *of("ec2", "CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets"),
                *of("elasticfilesystem", "CreateMountTarget"),
            ),
            update=(
                *of("ec2", "ModifyNetworkInterfaceAttribute"),
                *of("elasticfilesystem", "ModifyMountTargetSecurityGroups"),
            ),
            delete=(*of("ec2", "DeleteNetworkInterface"), *of("elasticfilesystem", "DeleteMountTarget")),
            unrecorded={
                "ec2:ModifyNetworkInterfaceAttribute": "ModifyMountTargetSecurityGroups needs it (EFS API Reference)",
                "elasticfilesystem:ModifyMountTargetSecurityGroups": put_back("efs/mount_target.go"),
            },
        ),
    ),
    ResourceType(
        "aws_efs_access_point",
        "access point",
        STORAGE,
        replaced="tasks cannot mount the volume during the replacement",
        arn_import=ArnImport(r"elasticfilesystem:access-point/(.+)"),
        sets=frozenset({"secondary_gids"}),
        actions=Actions(
            read=of("elasticfilesystem", "DescribeAccessPoints"),
            create=of("elasticfilesystem", "CreateAccessPoint"),
            delete=of("elasticfilesystem", "DeleteAccessPoint"),
            tag=of("elasticfilesystem", "TagResource", "UntagResource"),
            unrecorded={"elasticfilesystem:UntagResource": TAGS_REMOVED},
        ),
    ),
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
    ResourceType(
        "aws_ecr_repository",
        "image repository",
        STORAGE,
        data_loss="its images are lost",
        arn_import=ArnImport(r"ecr:repository/(.+)"),
        listing=Listing("ecr", "describe_repositories", "repositories[].repositoryName"),
        shown=(
            Shown("name"),
            Shown("image_tag_mutability", "tags"),
        ),
        actions=Actions(
            read=of("ecr", "DescribeRepositories", "ListTagsForResource"),
            create=(*of("ecr", "CreateRepository"), *of("kms", "CreateGrant", "DescribeKey")),
            update=of("ecr", "PutImageScanningConfiguration", "PutImageTagMutability"),
            delete=(*of("ecr", "DeleteRepository"), *of("kms", "RetireGrant")),
            tag=of("ecr", "TagResource", "UntagResource"),
            unrecorded={
                "ecr:UntagResource": TAGS_REMOVED,
                "ecr:PutImageScanningConfiguration": put_back("ecr/repository.go"),
                "ecr:PutImageTagMutability": put_back("ecr/repository.go"),
                "kms:RetireGrant": "ECR retires the grant of a deleted repository (ECR User Guide)",
            },
        ),
    ),
    ResourceType(
        "aws_ecr_lifecycle_policy",
        "image lifecycle",
        STORAGE,
        actions=Actions(
            read=of("ecr", "GetLifecyclePolicy"),
            create=of("ecr", "PutLifecyclePolicy"),
            delete=of("ecr", "DeleteLifecyclePolicy"),
        ),
    ),
    ResourceType(
        "aws_ecr_repository_policy",
        "image repository policy",
        STORAGE,
        actions=Actions(
            read=of("ecr", "GetRepositoryPolicy"),
            create=of("ecr", "SetRepositoryPolicy"),
            update=of("ecr", "SetRepositoryPolicy"),
            delete=of("ecr", "DeleteRepositoryPolicy"),
            unrecorded={
                "ecr:DeleteRepositoryPolicy": "the destroy of the shared stack deletes repositories with images first"
            },
        ),
    ),
)
