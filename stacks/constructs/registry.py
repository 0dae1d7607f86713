"""The ECR repository that a CI pipeline pushes a service's images to."""

from __future__ import annotations

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.jsonencode import terraform_json
from stacks.naming import identifier

KEPT_IMAGES = 30


class Registry(Construct):
    """An ECR repository with immutable tags and scan on push, which keeps the last 30 images.

    Attributes:
        arn: The repository's ARN.
        url: The repository's URL, for push and pull.
    """

    def __init__(self, scope: Scope, environment: Environment, service: str) -> None:
        super().__init__(scope, "registry")
        kind = aws.ecr_repository
        name = environment.names.repository(service)
        encryption = kind.EcrRepositoryEncryptionConfiguration(
            encryption_type="KMS" if environment.key_arn else "AES256", kms_key=environment.key_arn
        )
        repository = self.make(
            kind.EcrRepository,
            identifier(service),
            name=name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=kind.EcrRepositoryImageScanningConfiguration(scan_on_push=True),
            encryption_configuration=[encryption],
            force_delete=not environment.protected,
            tags={"Name": name},
            lifecycle=environment.keeps_data,
        )
        self.make(
            aws.ecr_lifecycle_policy.EcrLifecyclePolicy,
            identifier(service),
            repository=repository.name,
            policy=terraform_json({"rules": [_expire_old_images()]}),
        )
        self.arn: str = repository.arn
        self.url: str = repository.repository_url


def _expire_old_images() -> dict[str, object]:
    return {
        "action": {"type": "expire"},
        "description": f"Keep the last {KEPT_IMAGES} images",
        "rulePriority": 1,
        "selection": {"countNumber": KEPT_IMAGES, "countType": "imageCountMoreThan", "tagStatus": "any"},
    }
