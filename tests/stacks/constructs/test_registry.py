"""The ECR repository that a CI pipeline pushes a service's images to."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synth

EXTERNAL = "services: {web: {deployment: {image_owner: external}}}"


def test_an_external_image_owner_has_a_repository(small: Synth) -> None:
    made = small(EXTERNAL)

    repository = made["aws_ecr_repository.web"]
    assert repository["name"] == "shop-prod/web"
    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}
    assert made.content["output"]["ecr_urls"]["value"] == {"web": "${aws_ecr_repository.web.repository_url}"}


def test_the_last_thirty_images_are_kept(small: Synth) -> None:
    policy = json.loads(small(EXTERNAL)["aws_ecr_lifecycle_policy.web"]["policy"])

    assert policy == {
        "rules": [
            {
                "rulePriority": 1,
                "description": "Keep the last 30 images",
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30},
                "action": {"type": "expire"},
            }
        ]
    }


def test_an_image_in_an_existing_repository_does_not_create_another(small: Synth) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"

    made = small(f"services: {{web: {{image: '{image}', deployment: {{image_owner: external}}}}}}")

    assert made.names("aws_ecr_repository") == []
    assert made.content["output"]["ecr_urls"]["value"] == {}


def test_an_image_that_terraform_owns_does_not_create_a_repository(small: Synth) -> None:
    assert small().names("aws_ecr_repository") == []


def test_images_are_deleted_with_their_environment_unless_it_is_protected(small: Synth) -> None:
    assert small(EXTERNAL)["aws_ecr_repository.web"]["force_delete"] is True

    kept = small(f"{EXTERNAL}\nprotected: true")["aws_ecr_repository.web"]

    assert kept["force_delete"] is False
    assert kept["lifecycle"] == {"prevent_destroy": True}
