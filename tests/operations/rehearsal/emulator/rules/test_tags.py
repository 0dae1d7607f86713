"""Tags that every service refuses, and the deletion of repositories with images."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Aws, refusal, trust, unique

CASES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "ec2": ("create_vpc", "TagSpecifications", {"CidrBlock": "10.0.0.0/16"}, "InvalidParameterValue"),
    "ecs": ("create_cluster", "tags", {"clusterName": "tagged"}, "InvalidParameterException"),
    "iam": ("create_role", "Tags", {"RoleName": "tagged", "AssumeRolePolicyDocument": trust()}, "ValidationError"),
    "kms": ("create_key", "Tags", {}, "ValidationException"),
    "logs": ("create_log_group", "tags", {"logGroupName": "tagged"}, "InvalidParameterException"),
}


def tags(service: str, *keys: str) -> Any:
    if service == "logs":
        return dict.fromkeys(keys, "x")
    key, value = {"ecs": ("key", "value"), "kms": ("TagKey", "TagValue")}.get(service, ("Key", "Value"))
    found = [{key: each, value: "x"} for each in keys]
    return [{"ResourceType": "vpc", "Tags": found}] if service == "ec2" else found


@pytest.mark.parametrize("service", CASES)
def test_reserved_keys(aws: Aws, service: str) -> None:
    operation, parameter, arguments, code = CASES[service]
    call = getattr(aws(service), operation)

    assert refusal(call, **arguments, **{parameter: tags(service, "Name", "aws:cloudformation")}) == (
        code,
        "Tag keys starting with 'aws:' are reserved for internal use; got aws:cloudformation",
    )


@pytest.mark.parametrize("service", sorted({*CASES} - {"logs"}))
def test_one_key_twice(aws: Aws, service: str) -> None:
    operation, parameter, arguments, code = CASES[service]
    call = getattr(aws(service), operation)

    assert refusal(call, **arguments, **{parameter: tags(service, "Name", "Name")}) == (
        code,
        "Duplicate tag keys found; got Name",
    )


def test_more_tags_than_a_resource_can_have(aws: Aws) -> None:
    many = tags("ec2", *(f"tag-{n}" for n in range(51)))

    assert refusal(aws("ec2").create_vpc, CidrBlock="10.0.0.0/16", TagSpecifications=many) == (
        "InvalidParameterValue",
        "A resource can have at most 50 tags",
    )


def test_a_repository_with_images(aws: Aws) -> None:
    """moto refuses it too."""
    ecr, name = aws("ecr"), unique("repository")
    ecr.create_repository(repositoryName=name)
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}'
    ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="1")

    assert refusal(ecr.delete_repository, repositoryName=name)[0] == "RepositoryNotEmptyException"
