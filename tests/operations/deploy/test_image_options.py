"""`--image`, `--tag` and `--build`: which images a deploy gets, and what is refused before anything changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.deploy.image_options import ImageOptions, built_images, resolved_images, written_images
from operations.images.engine import Engine
from operations.stack import Stack
from operations.state.backend import Backend
from stacks.errors import EcsforgeError, ImageError, UsageError
from stacks.project.models import Project
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder
from tests.support.stacks import synthesized

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
INDEX = "application/vnd.oci.image.index.v1+json"
TAGS = {"Project": "shop", "Environment": "dev", "ManagedBy": "ecsforge"}
CONFIGURATION = {"provider": {"aws": [{"default_tags": [{"tags": TAGS}]}]}}
SERVICES: dict[str, Any] = {
    "web": {"build": "."},
    "api": {"repository": True, "architecture": "arm64", "http": {"paths": ("/api/*",)}},
    "mailer": {"type": "worker", "repository": True, "deployment": {"image_owner": "external"}},
    "proxy": {"type": "worker", "image": "nginx:1"},
}


def project(services: dict[str, Any] | None = None) -> Project:
    return Project.model_validate(
        {"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": services or SERVICES}
    )


def stack(
    folder: Path, session: boto3.Session | None = None, *addresses: str, images: dict[str, str] | None = None
) -> Stack:
    resources = [
        {"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": {}}]}
        for kind, _, name in (address.partition(".") for address in addresses)
    ]
    state = {"version": 4, "outputs": {"images": {"value": images or {}}}, "resources": resources}
    terraform = FakeTerraform(folder, state=state)
    written = synthesized("shop-dev", "dev", folder, CONFIGURATION)
    backend = Backend("s3", {"bucket": "states", "key": "shop"}, folder)
    return Stack(project(), "shop-dev", written, terraform, backend, session)  # type: ignore[arg-type]


def put(session: boto3.Session, repository: str, tag: str, *architectures: str) -> str:
    """Put an image for these architectures into a new repository, and return its digest."""
    ecr = session.client("ecr")
    ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    entries = [{"digest": "sha256:x", "platform": {"os": "linux", "architecture": name}} for name in architectures]
    text = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries, "annotations": {"n": repository}})
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    ecr.put_image(
        repositoryName=repository,
        imageManifest=text,
        imageManifestMediaType=INDEX,
        imageTag=tag,
        imageDigest=digest,
    )
    return digest


@pytest.mark.parametrize(
    ("images", "tag", "message"),
    [
        (["web"], None, "--image: no service is named; got web; write SERVICE=IMAGE, for example "),
        (["=app:1"], None, "--image: no service is named; got =app:1; write SERVICE=IMAGE"),
        (["web=app:1", "web=app:2"], None, "--image: two images for web; pass one of them"),
        (["web=App:1"], None, "--image web: the image has upper case letters in its repository; got App; write app"),
        ([], "-", "--tag: has an invalid tag; got -; a tag contains letters"),
    ],
)
def test_an_invalid_image_is_refused(images: list[str], tag: str | None, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        ImageOptions.parse(images, tag)

    assert sentences(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "services", "message"),
    [
        (ImageOptions.parse(["wep=a:1"]), SERVICES, "--image: unknown service; got wep; did you mean web?"),
        (
            ImageOptions(build=True),
            {"web": {"image": "a:1"}},
            "--build: no service has build; add build: . to a service with a Dockerfile",
        ),
        (
            ImageOptions(tag="1"),
            {"web": {"image": "a:1"}},
            "--tag: it is for services with build or repository, and there are none; pass --image SERVICE=IMAGE",
        ),
    ],
)
def test_an_option_without_a_service_is_refused(options: ImageOptions, services: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        options.check(project(services))

    assert sentences(caught.value) == message


def test_the_image_of_a_service_with_image_is_written_by_its_digest(account: boto3.Session) -> None:
    digest = put(account, "mirror/nginx", "1.28", "amd64")
    options = ImageOptions.parse([f"proxy={HOST}/mirror/nginx:1.28", "web=app:1"])

    assert written_images(project(), options) == (f"services.proxy.image={HOST}/mirror/nginx@{digest}",)
    other = written_images(project(), ImageOptions.parse(["proxy=nginx:1.28"]))
    assert other == ("services.proxy.image=docker.io/library/nginx:1.28",)


def test_an_image_that_does_not_exist_is_an_error_before_synthesis(account: boto3.Session) -> None:
    put(account, "mirror/nginx", "1.28", "amd64")

    with pytest.raises(ImageError) as caught:
        written_images(project(), ImageOptions.parse([f"proxy={HOST}/mirror/nginx:1.29"]))

    assert sentences(caught.value) == (
        "repository mirror/nginx: the tag does not exist; got 1.29; choose one of the latest tags (1.28), or push it "
        "first"
    )


def test_a_tag_is_for_every_service_with_a_repository(account: boto3.Session, tmp_path: Path) -> None:
    web, api = put(account, "shop/web", "1", "amd64"), put(account, "shop/api", "1", "amd64", "arm64")
    mailer = put(account, "shop/mailer", "1", "amd64")

    found = resolved_images(stack(tmp_path, account), ImageOptions(tag="1"), Recorder())

    assert found == {
        "web": f"{HOST}/shop/web@{web}",
        "api": f"{HOST}/shop/api@{api}",
        "mailer": f"{HOST}/shop/mailer@{mailer}",
    }


def test_an_image_takes_precedence_over_the_tag(account: boto3.Session, tmp_path: Path) -> None:
    api, mailer = put(account, "shop/api", "1", "arm64"), put(account, "shop/mailer", "1", "amd64")
    options = ImageOptions.parse(["web=registry.example.com/web:7"], "1")

    assert resolved_images(stack(tmp_path, account), options, Recorder()) == {
        "web": "registry.example.com/web:7",
        "api": f"{HOST}/shop/api@{api}",
        "mailer": f"{HOST}/shop/mailer@{mailer}",
    }


def test_an_image_for_another_architecture_is_refused(account: boto3.Session, tmp_path: Path) -> None:
    digest = put(account, "shop/api", "1", "amd64")
    options = ImageOptions.parse([f"api={HOST}/shop/api:1"])

    with pytest.raises(ImageError) as caught:
        resolved_images(stack(tmp_path, account), options, Recorder())

    assert sentences(caught.value) == (
        f"api: the image is not for linux/arm64; got linux/amd64 in {HOST}/shop/api@{digest}; build it for "
        "linux/arm64, or set the service's `architecture`"
    )


def test_a_service_whose_pipeline_deploys_it_keeps_its_image(account: boto3.Session, tmp_path: Path) -> None:
    put(account, "shop/web", "1", "amd64")
    put(account, "shop/api", "1", "arm64")
    deployed, reporter = stack(tmp_path, account, "aws_ecs_service.mailer", images={"mailer": "m@sha256:a"}), Recorder()

    assert set(resolved_images(deployed, ImageOptions(tag="1"), reporter)) == {"web", "api"}
    assert reporter.warnings == [
        "mailer keeps its image, which its pipeline deploys (image_owner: external): ecsforge release mailer --env dev "
        "--tag 1"
    ]
    with pytest.raises(UsageError) as caught:
        resolved_images(deployed, ImageOptions.parse(["mailer=m:2"]), reporter)
    assert sentences(caught.value) == (
        "--image mailer: its pipeline deploys the image of mailer (image_owner: external); run `ecsforge release "
        "mailer --env dev --image docker.io/library/m:2`"
    )


def test_services_with_build_are_built_unless_another_option_names_them(tmp_path: Path) -> None:
    built = stack(tmp_path)

    assert ImageOptions(build=True).builds(built) == ("web",)
    assert ImageOptions.parse(["web=a:1"], build=True).builds(built) == ()
    assert ImageOptions().builds(built) == ()


def test_without_a_service_to_build_nothing_is_asked_of_aws(tmp_path: Path) -> None:
    options = ImageOptions.parse(["web=a:1"], build=True)

    assert built_images(stack(tmp_path), tmp_path, options, Engine("docker", {}), Recorder()) == {}


def test_a_build_without_its_repository_says_what_creates_it(account: boto3.Session, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")

    with pytest.raises(EcsforgeError) as caught:
        built_images(stack(tmp_path, account), tmp_path, ImageOptions(build=True), Engine("docker", {}), Recorder())

    assert sentences(caught.value) == ("repository shop/web: does not exist; create it with `ecsforge deploy --shared`")
