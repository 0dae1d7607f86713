"""Whether images in ECR exist and fit the architecture, in moto's ECR."""

from __future__ import annotations

import json
from typing import Any

import boto3

from operations.checks.ecr import find_image
from operations.clients import Clients, Requests
from operations.images.login import Login
from stacks.image_reference import ImageReference
from tests.operations.checks.conftest import ACCOUNT, Run, texts
from tests.support.refusals import DENIED, refuse

REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = f"{REGISTRY}/shop/web:1"
SERVICE = f"services: {{web: {{image: '{IMAGE}'%s}}}}"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "sha256:" + "c" * 64


def index(*architectures: str) -> dict[str, Any]:
    platforms = [{"os": "linux", "architecture": each} for each in architectures]
    attestation = {"os": "unknown", "architecture": "unknown"}
    items = [
        {"digest": f"sha256:{number:064}", "platform": platform, "mediaType": "x", "size": 1}
        for number, platform in enumerate([*platforms, attestation])
    ]
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": items}


def push(account: boto3.Session, manifest: dict[str, Any]) -> None:
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="shop/web")
    ecr.put_image(
        repositoryName="shop/web",
        imageManifest=json.dumps(manifest),
        imageTag="1",
        imageManifestMediaType=str(manifest["mediaType"]),
    )


def test_a_public_image_is_not_checked(run: Run) -> None:
    assert run("images", "services: {web: {image: 'nginx:1.27'}}") == []


def test_a_missing_repository_and_a_missing_image_are_named(account: boto3.Session, run: Run) -> None:
    without = run("images", SERVICE % "")
    account.client("ecr").create_repository(repositoryName="shop/web")

    assert texts([*without, *run("images", SERVICE % "")]) == [
        f"missing: services.web.image: the repository does not exist; got {IMAGE}; create it and push the image, or "
        "correct its name",
        f"missing: services.web.image: the image does not exist; got {IMAGE}; push it, or correct its tag or digest",
    ]
    assert without[0].calls == ("ecr:DescribeImages",)


def test_an_image_for_the_architecture_is_ok(account: boto3.Session, run: Run) -> None:
    push(account, index("amd64", "arm64"))

    assert texts(run("images", SERVICE % "")) == ["ok: 1 image in ECR"]


def test_an_image_for_another_architecture_is_a_problem(account: boto3.Session, run: Run) -> None:
    push(account, index("amd64"))

    assert texts(run("images", SERVICE % ", architecture: arm64")) == [
        f"missing: services.web.image: the image is not for linux/arm64; got {IMAGE} for linux/amd64; build it for "
        "linux/arm64, or set services.web.architecture"
    ]


def single(account: boto3.Session) -> None:
    kind = "application/vnd.oci.image.manifest.v1+json"
    push(account, {"schemaVersion": 2, "mediaType": kind, "config": {"digest": CONFIG}, "layers": []})


def test_the_platform_of_a_single_image_is_in_its_configuration(account: boto3.Session) -> None:
    single(account)
    reference = ImageReference.parse(IMAGE)
    assert reference.ecr is not None

    def fetch(login: Login, repository: str, digest: str, *, ca_bundle: str | None = None) -> bytes:
        assert (login.registry, repository, digest) == (REGISTRY, "shop/web", CONFIG)
        return b'{"os": "linux", "architecture": "arm64"}'

    requests = Requests(Clients(account, "eu-west-1"))
    found = find_image(requests, reference, reference.ecr, fetch=fetch)

    assert found.platforms == ("linux/arm64",)
    assert list(requests.calls) == [
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
    ]


def test_an_image_whose_platform_can_t_be_read_is_a_warning(account: boto3.Session, run: Run) -> None:
    single(account)
    refuse(account, "ecr.GetAuthorizationToken", *DENIED)

    assert texts(run("images", SERVICE % "")) == [
        "warning: services.web.image: its architecture was not checked: AWS refused GetAuthorizationToken; got "
        "AccessDeniedException: refused; allow this for the user or role that deploys, then run the same command "
        "again; completed changes are kept"
    ]


def test_a_deploy_finds_the_images_of_repositories_itself(run: Run) -> None:
    built = "web: {repository: true}, mailer: {type: worker, repository: true}"
    services = f"services: {{{built}, own: {{type: worker, image: '{IMAGE}'}}}}"

    assert [str(each.problem.where) for each in run("images", services) if each.problem] == ["services.own.image"]


def test_the_image_of_a_sidecar_is_checked_beside_a_built_one(run: Run) -> None:
    services = f"services: {{web: {{repository: true, sidecars: {{proxy: {{image: '{IMAGE}'}}}}}}}}"

    assert [str(each.problem.where) for each in run("images", services) if each.problem] == [
        "services.web.sidecars.proxy.image"
    ]


def test_a_missing_image_that_a_pipeline_has_replaced_is_a_warning(run: Run) -> None:
    owned = SERVICE % ", deployment: {image_owner: external}"

    assert [each.status for each in run("images", owned, deployed=True)] == ["warning"]
    assert [each.status for each in run("images", owned)] == ["missing"]


def test_a_denied_registry_is_a_warning(account: boto3.Session, run: Run) -> None:
    refuse(account, "ecr.DescribeImages", *DENIED)

    (found,) = run("images", SERVICE % "")

    assert (found.status, found.calls) == ("warning", ("ecr:DescribeImages",))
