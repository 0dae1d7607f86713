"""The repository that a CI pipeline pushes a service's images to."""

from __future__ import annotations

from stacks.bindings import Construct, aws
from stacks.constructs.base import Chosen, Concept
from stacks.constructs.environment import Environment
from stacks.jsonencode import terraform_json
from stacks.naming import identifier

KEPT_IMAGES = 30


class Registry(Concept):
    """An ECR repository with immutable tags, scanning on push, and the last 30 images.

    Attributes:
        arn: the repository's ARN.
        url: where images are pushed and pulled.
    """

    def __init__(self, scope: Construct, environment: Environment, service: str) -> None:
        super().__init__(scope, "registry")
        kind = aws.ecr_repository
        name = environment.names.repository(service)
        encryption = kind.EcrRepositoryEncryptionConfiguration(
            **Chosen(encryption_type="KMS" if environment.key else "AES256", kms_key=environment.key_arn)
        )
        repository = self.make(
            kind.EcrRepository,
            identifier(service),
            **Chosen(
                name=name,
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration=kind.EcrRepositoryImageScanningConfiguration(scan_on_push=True),
                encryption_configuration=[encryption],
                force_delete=not environment.protected,
                tags={"Name": name},
                lifecycle=environment.keeps_data,
            ),
        )
        self.make(
            aws.ecr_lifecycle_policy.EcrLifecyclePolicy,
            identifier(service),
            repository=repository.name,
            policy=terraform_json({"rules": [_keep_the_last_images()]}),
        )
        self.arn: str = repository.arn
        self.url: str = repository.repository_url


def _keep_the_last_images() -> dict[str, object]:
    return {
        "action": {"type": "expire"},
        "description": f"Keep the last {KEPT_IMAGES} images",
        "rulePriority": 1,
        "selection": {"countNumber": KEPT_IMAGES, "countType": "imageCountMoreThan", "tagStatus": "any"},
    }
