"""The ECR repository of a service that all environments share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.policy import policy
from stacks.grants import PULL
from stacks.jsonencode import terraform_json
from stacks.naming import DEPLOYED_TAG, identifier, shared_repository
from stacks.references import partition_of
from stacks.shared_registry import SharedRegistry

KEPT_IMAGES = 30
UNTAGGED_DAYS = 7
EVERY_DEPLOYED = 9999
"""More images than environments run."""
_DESCRIBE = ("ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:ListImages")


def repository_id(service: str) -> str:
    """The construct ID of the repository of a service."""
    return f"repository_{identifier(service)}"


class SharedRepository(Construct):
    """A repository with immutable tags and scan on push, which keeps what environments run and the last 30 images.

    Its policy lets other accounts pull, describe and tag images. ECR can't change the encryption of a repository, and
    Terraform would replace it with its images, so a change is ignored.

    Attributes:
        url: The repository's URL, for push and pull.
    """

    def __init__(
        self, scope: Scope, registry: SharedRegistry, service: str, *, key_arn: str | None, accounts: Sequence[str]
    ) -> None:
        super().__init__(scope, repository_id(service))
        kind = aws.ecr_repository
        name, id_ = shared_repository(registry.project_id, service), identifier(service)
        repository = self.make(
            kind.EcrRepository,
            id_,
            comment="The encryption of a repository can't change; Terraform would replace it with its images.",
            name=name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=kind.EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[
                kind.EcrRepositoryEncryptionConfiguration(
                    encryption_type="KMS" if key_arn else "AES256", kms_key=key_arn
                )
            ],
            force_delete=False,
            tags={"Name": name},
            lifecycle=TerraformResourceLifecycle(ignore_changes=["encryption_configuration"]),
        )
        self.make(
            aws.ecr_lifecycle_policy.EcrLifecyclePolicy,
            id_,
            repository=repository.name,
            policy=terraform_json({"rules": _expiry()}),
        )
        if accounts:
            self.make(
                aws.ecr_repository_policy.EcrRepositoryPolicy,
                id_,
                repository=repository.name,
                policy=policy([_for_accounts(partition_of(registry.region), accounts)]),
            )
        self.url: str = repository.repository_url


def _for_accounts(partition: str, accounts: Sequence[str]) -> dict[str, Any]:
    """The statement that lets other accounts pull images, and tag those that they run."""
    return {
        "Sid": "Environments",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:{partition}:iam::{account}:root" for account in accounts]},
        "Action": sorted([*PULL, *_DESCRIBE, "ecr:PutImage"]),
    }


def _expiry() -> list[dict[str, Any]]:
    """The rules of the lifecycle policy. ECR never expires an image by a rule after one that it matches."""
    return [
        _expire(
            1,
            "Keep what environments run",
            tagStatus="tagged",
            tagPrefixList=[DEPLOYED_TAG],
            countType="imageCountMoreThan",
            countNumber=EVERY_DEPLOYED,
        ),
        _expire(
            2,
            f"Remove untagged images after {UNTAGGED_DAYS} days",
            tagStatus="untagged",
            countType="sinceImagePushed",
            countUnit="days",
            countNumber=UNTAGGED_DAYS,
        ),
        _expire(
            3,
            f"Keep the last {KEPT_IMAGES} images",
            tagStatus="any",
            countType="imageCountMoreThan",
            countNumber=KEPT_IMAGES,
        ),
    ]


def _expire(priority: int, description: str, **selection: Any) -> dict[str, Any]:
    return {
        "action": {"type": "expire"},
        "description": description,
        "rulePriority": priority,
        "selection": selection,
    }
