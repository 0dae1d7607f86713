"""What is built and pushed, with a scripted engine. tests/images does the same with real engines and a registry."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import boto3
import pytest

from cli.sentences import sentences
from operations.images.build import ServiceBuild, build_locally, build_service
from operations.images.engine import Engine
from operations.images.login import Login
from operations.images.registry import Registry
from operations.reporter import Finished, Started
from operations.text import shown_path
from stacks.errors import ImageError
from tests.support.reporter import Recorder

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = json.dumps({"os": "linux", "architecture": "amd64"}).encode()
ID = f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
# Builds an image with that ID, for linux/amd64; its arguments are in the file `calls`.
SCRIPT = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$1" in
  image) echo linux/amd64 ;;
  build) while [ $# -gt 0 ]; do [ "$1" = --iidfile ] && printf %s "$IMAGE_ID" > "$2"; shift; done ;;
  buildx) exit "${BUILDX:-1}" ;;
  push) echo "$OUTPUT"; exit "${STATUS:-0}" ;;
esac
"""


class Place:
    """A service's folder, a scripted docker and an ECR repository."""

    def __init__(self, folder: Path, session: boto3.Session) -> None:
        self.context = folder / "web"
        self.context.mkdir()
        (self.context / "Dockerfile").write_text("FROM scratch\n")
        self.calls = folder / "calls"
        self.calls.touch()
        docker = folder / "docker"
        docker.write_text(SCRIPT)
        docker.chmod(0o755)
        self.env_vars = {
            "PATH": f"{folder}:/usr/bin:/bin",
            "CALLS": str(self.calls),
            "IMAGE_ID": ID,
            "HOME": str(folder),
        }
        self.ecr = session.client("ecr")
        self.ecr.create_repository(repositoryName="shop/web", imageTagMutability="IMMUTABLE")
        self.registry = Registry(session, fetch=self.fetch)
        self.reporter = Recorder()

    @staticmethod
    def fetch(login: Login, repository: str, digest: str, *, ca_bundle: str | None = None) -> bytes:
        return CONFIG

    @property
    def engine(self) -> Engine:
        return Engine("docker", self.env_vars)

    def build(self, tag: str | None = None, platform: str = "linux/amd64") -> ServiceBuild:
        return ServiceBuild("web", "shop/web", self.context, platform=platform, tag=tag)

    def put(self, tag: str, config: str = ID) -> str:
        """Put an image into ECR, as a push does, and return its digest."""
        text = json.dumps({"schemaVersion": 2, "config": {"digest": config}, "layers": []})
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        self.ecr.put_image(
            repositoryName="shop/web",
            imageManifest=text,
            imageManifestMediaType=MEDIA_TYPE,
            imageTag=tag,
            imageDigest=digest,
        )
        return digest

    def asked(self) -> list[str]:
        """The commands of docker."""
        return [line.partition(" ")[0] for line in self.calls.read_text().splitlines()]


@pytest.fixture
def place(tmp_path: Path, account: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return Place(tmp_path, account)


def deliver(place: Place, build: ServiceBuild) -> ImageError:
    with pytest.raises(ImageError) as caught:
        build_service(build, place.engine, place.registry, place.reporter)
    return caught.value


def test_an_image_that_ecr_has_is_not_built(place: Place) -> None:
    tag = build_locally(place.build(), place.engine, place.reporter).reference.tag
    assert tag is not None
    digest = place.put(tag)
    place.calls.write_text("")

    image = build_service(place.build(), place.engine, place.registry, place.reporter)

    assert (image.digest, image.tag, image.built, image.pushed) == (digest, tag, False, False)
    assert place.asked() == []


def test_an_explicit_tag_with_the_same_image_is_not_pushed(place: Place) -> None:
    digest = place.put("1.0")

    image = build_service(place.build("1.0"), place.engine, place.registry, place.reporter)

    assert (image.digest, image.built, image.pushed) == (digest, True, False)
    assert place.asked() == ["login", "build", "image"]
    assert place.reporter.events == [
        Started("Building web for linux/amd64 with docker"),
        Finished("Building web for linux/amd64 with docker"),
    ]


def test_an_explicit_tag_with_another_image_is_refused(place: Place) -> None:
    digest = place.put("1.0", config="sha256:" + "0" * 64)

    assert sentences(deliver(place, place.build("1.0"))) == (
        f"web: the tag exists with other content; got 1.0, which is {digest}; use another tag, or deploy the existing "
        "image with `--tag 1.0`"
    )
    assert "push" not in place.asked()


def test_a_push_without_an_image_in_ecr_is_an_error(place: Place) -> None:
    assert sentences(deliver(place, place.build("1.0"))) == (
        "repository shop/web: the tag does not exist; got 1.0; push an image first"
    )
    assert place.asked() == ["login", "build", "image", "push"]


def test_a_failed_push_of_an_explicit_tag_is_an_error_although_the_tag_exists_now(place: Place) -> None:
    """It may be another image."""
    place.env_vars |= {"STATUS": "1", "OUTPUT": "tag invalid: the image tag '1.0' already exists"}

    assert sentences(deliver(place, place.build("1.0"))).splitlines() == [
        f"web: {HOST}/shop/web:1.0 was not pushed; got docker: exit code 1; the tag exists with other content, and "
        "tags of this repository are immutable: use another tag",
        "  tag invalid: the image tag '1.0' already exists",
    ]


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        ("-x", "web: the image has an invalid tag; got -x; a tag contains letters, digits, `_`, `.` and `-`, and does "
         "not begin with `.` or `-`"),
        ("t" * 129, "web: the image has a tag of more than 128 characters; got 129 characters; use a shorter tag"),
    ],
)  # fmt: skip
def test_an_invalid_tag_is_an_error_before_anything_is_built(place: Place, tag: str, says: str) -> None:
    assert sentences(deliver(place, place.build(tag))) == says
    assert place.asked() == []


def test_an_image_of_another_platform_is_never_pushed(place: Place) -> None:
    error = deliver(place, place.build("1.0", "linux/arm64"))

    assert error.problems[0].what == "docker did not build for linux/arm64"
    assert "push" not in place.asked()


def test_an_invalid_dockerignore_is_an_error_before_anything_is_built(place: Place) -> None:
    (place.context / ".dockerignore").write_text("[\n")

    assert deliver(place, place.build("1.0")).problems[0].what == "has an invalid pattern"
    assert "build" not in place.asked()


def test_a_local_image_can_have_another_name(place: Place) -> None:
    local = build_locally(place.build("1"), place.engine, place.reporter, name="example.com/web")

    assert (str(local.reference), local.image_id) == ("example.com/web:1", ID)


@pytest.mark.parametrize(("buildx", "warned"), [("0", False), ("1", True)])
def test_docker_without_buildkit_does_not_read_the_ignore_file_of_the_dockerfile(
    place: Place, buildx: str, warned: bool
) -> None:
    (place.context / "Dockerfile.dockerignore").write_text("secret\n")
    place.env_vars["BUILDX"] = buildx

    build_locally(place.build("1"), place.engine, place.reporter)

    warning = (
        "web: docker without BuildKit ignores Dockerfile.dockerignore, so more files can be in the image; install "
        "Docker's buildx plugin, or use Podman"
    )
    assert place.reporter.warnings == ([warning] if warned else [])


@pytest.mark.parametrize(("ignored", "warned"), [(None, True), ("node_modules\n", True), ("*.tfstate*\n", False)])
def test_a_state_that_can_get_into_the_image_is_named(place: Place, ignored: str | None, warned: bool) -> None:
    (place.context / "terraform.shop-dev.tfstate").touch()
    if ignored is not None:
        (place.context / ".dockerignore").write_text(ignored)

    build_locally(place.build(), place.engine, place.reporter)

    file = place.context / ".dockerignore"
    expected = (
        "web: terraform.shop-dev.tfstate is in the build context, and can get into the image with its secrets; "
        f"add *.tfstate* and cdktf.out to {shown_path(file)}"
    )
    assert place.reporter.warnings == ([expected] if warned else [])
