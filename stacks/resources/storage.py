"""Queues, file systems, buckets and image repositories."""

from __future__ import annotations

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
    ),
    ResourceType("aws_sqs_queue_policy", "queue policy", STORAGE),
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
    ),
    ResourceType("aws_efs_file_system_policy", "file system policy", STORAGE),
    ResourceType("aws_efs_backup_policy", "file system backup", STORAGE),
    ResourceType(
        "aws_efs_mount_target",
        "mount target",
        STORAGE,
        replaced="tasks cannot mount the volume during the replacement",
        name_import=NameImport("mount_target", ("file_system_id", "subnet_id"), "{id}"),
        sets=frozenset({"security_groups"}),
    ),
    ResourceType(
        "aws_efs_access_point",
        "access point",
        STORAGE,
        replaced="tasks cannot mount the volume during the replacement",
        arn_import=ArnImport(r"elasticfilesystem:access-point/(.+)"),
        sets=frozenset({"secondary_gids"}),
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
        sets=frozenset({"grant", "noncurrent_version_transition", "permissions", "rules", "transition"}),
    ),
    ResourceType("aws_s3_bucket_policy", "bucket policy", STORAGE),
    ResourceType("aws_s3_bucket_versioning", "bucket versioning", STORAGE),
    ResourceType("aws_s3_bucket_ownership_controls", "bucket ownership", STORAGE),
    ResourceType("aws_s3_bucket_public_access_block", "bucket public access block", STORAGE),
    ResourceType(
        "aws_s3_bucket_lifecycle_configuration",
        "bucket lifecycle",
        STORAGE,
        sets=frozenset({"noncurrent_version_transition", "transition"}),
    ),
    ResourceType(
        "aws_s3_bucket_server_side_encryption_configuration", "bucket encryption", STORAGE, sets=frozenset({"rule"})
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
    ),
    ResourceType("aws_ecr_lifecycle_policy", "image lifecycle", STORAGE),
    ResourceType("aws_ecr_repository_policy", "image repository policy", STORAGE),
)
