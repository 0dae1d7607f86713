"""The tags of what environments run: set by a deploy, removed when an environment no longer runs a service."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import boto3
import pytest

from operations.deploy.deployed_tags import in_own_repositories, mark_deployed, unmark_deployed
from stacks.project.models import Project
from tests.support.reporter import Recorder

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PROJECT = Project.model_validate(
    {
        "project_id": "shop",
        "env": "dev",
        "region": "eu-west-1",
        "services": {"web": {"build": "."}, "other": {"type": "worker", "image": "app:1"}},
    }
)


@pytest.fixture
def ecr(account: boto3.Session) -> Any:
    """The registry, with an empty repository for `web`."""
    client = account.client("ecr")
    client.create_repository(repositoryName="shop/web", imageTagMutability="IMMUTABLE")
    return client


def put(ecr: Any, tag: str) -> str:
    text = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "annotations": {"tag": tag}})
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    ecr.put_image(
        repositoryName="shop/web", imageManifest=text, imageManifestMediaType=MANIFEST, imageTag=tag, imageDigest=digest
    )
    return digest


def tags(ecr: Any, digest: str) -> list[str]:
    found = ecr.describe_images(repositoryName="shop/web", imageIds=[{"imageDigest": digest}])
    return sorted(found["imageDetails"][0]["imageTags"])


@pytest.mark.parametrize("image", ["@{digest}", ":v1"])
def test_an_image_of_the_registry_is_tagged_once(ecr: Any, image: str) -> None:
    digest = put(ecr, "v1")
    name, reporter = f"{HOST}/shop/web{image.format(digest=digest)}", Recorder()

    for _ in range(2):
        mark_deployed(PROJECT, {"web": name}, reporter)

    assert tags(ecr, digest) == [f"deployed-dev-{digest[7:19]}", "v1"]
    assert reporter.warnings == []


@pytest.mark.parametrize(
    "images",
    [
        {"web": "nginx:1"},
        {"web": f"{HOST}/shop/other:v1"},
        {"web": f"{HOST.replace('eu-west-1', 'eu-west-2')}/shop/web:v1"},
        {"other": f"{HOST}/shop/web:v1"},
        {"gone": f"{HOST}/shop/web:v1"},
        {"web": ""},
    ],
)
def test_an_image_from_elsewhere_is_not_tagged(ecr: Any, images: dict[str, str]) -> None:
    digest, reporter = put(ecr, "v1"), Recorder()

    mark_deployed(PROJECT, images, reporter)

    assert tags(ecr, digest) == ["v1"]
    assert reporter.warnings == []


def test_an_image_that_can_not_be_tagged_is_a_warning(ecr: Any) -> None:
    reporter = Recorder()

    mark_deployed(PROJECT, {"web": f"{HOST}/shop/web@sha256:{'a' * 64}"}, reporter)

    assert reporter.warnings == [
        f"repository shop/web: the image does not exist; got sha256:{'a' * 64}; run the command again: without a tag "
        "deployed-dev-* ECR may remove the image that runs"
    ]


def test_the_tags_of_an_environment_are_removed_for_the_services_it_no_longer_runs(ecr: Any) -> None:
    digest, reporter = put(ecr, "v1"), Recorder()
    mark_deployed(PROJECT, {"web": f"{HOST}/shop/web@{digest}"}, reporter)
    mark_deployed(PROJECT.model_copy(update={"env": "dev-eu"}), {"web": f"{HOST}/shop/web@{digest}"}, reporter)

    unmark_deployed(PROJECT, ["web", "never-deployed"], reporter)

    assert tags(ecr, digest) == [f"deployed-dev-eu-{digest[7:19]}", "v1"]
    assert reporter.details == ["Removed 1 tag deployed-dev-*"]


def test_only_images_in_the_repository_of_their_service_have_tags() -> None:
    images = {"web": f"{HOST}/shop/web:1", "gone": f"{HOST}/shop/gone:1", "other": "app:1", "api": f"{HOST}/shop/web:1"}

    assert in_own_repositories(PROJECT, images) == {"web", "gone"}
