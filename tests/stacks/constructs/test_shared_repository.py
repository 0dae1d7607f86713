"""The repositories that all environments share, and who may use them."""

from __future__ import annotations

import json

from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack

TWO = """
services:
  web: {build: .}
  api: {image: "app:1", repository: true, http: {paths: [/api]}}
  mailer: {type: worker, image: "app:1"}
"""


def lifecycle(stack: Stack) -> list[dict[str, object]]:
    rules = json.loads(stack["aws_ecr_lifecycle_policy.web"]["policy"])["rules"]
    return [rule["selection"] for rule in rules]


def test_services_with_a_build_or_a_repository_have_one(shared_stack: Synth) -> None:
    shared = shared_stack(TWO)

    repositories = {name: each["name"] for name, each in shared.all("aws_ecr_repository").items()}
    assert repositories == {"web": "shop/web", "api": "shop/api"}
    assert shared.content["output"]["repository_urls"]["value"] == {
        "web": "${aws_ecr_repository.web.repository_url}",
        "api": "${aws_ecr_repository.api.repository_url}",
    }


def test_tags_are_immutable_and_images_are_scanned_and_kept(shared_stack: Synth) -> None:
    repository = shared_stack(TWO)["aws_ecr_repository.web"]

    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}
    assert repository["force_delete"] is False


def test_what_environments_run_is_never_expired(shared_stack: Synth) -> None:
    """A rule with a lower number is applied first, and no later rule expires what it matches."""
    assert lifecycle(shared_stack(TWO)) == [
        {"tagStatus": "tagged", "tagPrefixList": ["deployed-"], "countType": "imageCountMoreThan", "countNumber": 9999},
        {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
        {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30},
    ]


def test_it_is_encrypted_by_ecr_or_with_a_key_of_the_shared_stack(shared_stack: Synth) -> None:
    own, customer = shared_stack(TWO), shared_stack(f"encryption: customer{TWO}")

    assert own["aws_ecr_repository.web"]["encryption_configuration"] == [{"encryption_type": "AES256"}]
    assert own.names("aws_kms_key") == []
    assert customer["aws_ecr_repository.web"]["encryption_configuration"] == [
        {"encryption_type": "KMS", "kms_key": "${aws_kms_key.main.arn}"}
    ]
    assert customer["aws_kms_alias.main"]["name"] == "alias/shop-shared"
    assert [each["Sid"] for each in customer.policy("aws_kms_key.main")] == ["Account"]


def test_the_encryption_of_an_existing_repository_never_changes(shared_stack: Synth) -> None:
    """Terraform would replace the repository, and its images would be lost."""
    assert shared_stack(TWO)["aws_ecr_repository.web"]["lifecycle"] == {"ignore_changes": ["encryption_configuration"]}


def test_other_accounts_may_pull_describe_and_tag(shared_stack: Synth) -> None:
    accounts = """
registry: {account_id: "210987654321"}
services: {web: {build: .}}
environments:
  dev: {account_id: "123456789012"}
  stage: {assume_role: "arn:aws:iam::111111111111:role/deploy"}
  prod: {account_id: "210987654321"}
"""
    (statement,) = shared_stack(accounts, None).policy("aws_ecr_repository_policy.web")

    assert statement == {
        "Sid": "Environments",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::123456789012:root"]},
        "Action": [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:DescribeImages",
            "ecr:DescribeRepositories",
            "ecr:GetDownloadUrlForLayer",
            "ecr:ListImages",
            "ecr:PutImage",
        ],
    }


def test_without_other_accounts_there_is_no_policy(shared_stack: Synth) -> None:
    assert shared_stack(TWO).names("aws_ecr_repository_policy") == []


def test_names_that_ecr_refuses_get_single_separators(shared_stack: Synth) -> None:
    stack = shared_stack("services: {a--b: {build: ., http: {paths: [/a]}}, c-: {build: ., http: {paths: [/c]}}}")

    names = {name: each["name"] for name, each in stack.all("aws_ecr_repository").items()}
    assert names == {"a__b": "shop/a-b-faadde14", "c_": "shop/c-c79dd6e9"}
