"""Queues, file systems and image repositories."""

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
