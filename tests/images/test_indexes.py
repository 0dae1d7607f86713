"""Images for several platforms in ECR, pushed and copied by buildah and skopeo, and compared with what skopeo reads."""

from __future__ import annotations

import hashlib
import shutil
import subprocess

import pytest

from operations.images.build import build_locally
from operations.images.resolve import resolve
from stacks.errors import ImageError
from stacks.image_reference import ImageReference
from tests.support.registry.workshop import HOST, Workshop

TOKEN = "AWS:123456789012-auth-token"


@pytest.fixture
def engine_name() -> str:
    """Only buildah: its `manifest` commands make indexes."""
    return "buildah"


def skopeo(workshop: Workshop, *arguments: str) -> bytes:
    """Run skopeo with the engine's environment."""
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed: run .ci/engines")
    command = ["skopeo", *arguments]
    return subprocess.run(command, env=dict(workshop.engine.env_vars), check=True, stdout=subprocess.PIPE).stdout


def push_index(workshop: Workshop, tag: str) -> ImageReference:
    """Build an image for both platforms, and push an index of them."""
    reference = ImageReference.parse(f"{HOST}/{workshop.repository}:{tag}")
    commands = [["manifest", "create", "both"]]
    for architecture in ("amd64", "arm64"):
        build = workshop.build(tag=architecture, platform=f"linux/{architecture}")
        local = build_locally(build, workshop.engine, workshop.reporter)
        commands.append(["manifest", "add", "both", str(local.reference)])
    commands.append(["manifest", "push", "--all", "--creds", TOKEN, "both", f"docker://{reference}"])
    for command in commands:
        subprocess.run(["buildah", *command], env=dict(workshop.engine.env_vars), check=True, stdout=subprocess.PIPE)
    return reference


def test_the_digest_of_an_image_is_that_of_its_manifest_in_the_registry(workshop: Workshop) -> None:
    image = workshop.deliver()

    raw = skopeo(workshop, "inspect", "--raw", "--creds", TOKEN, f"docker://{image.reference}")

    assert f"sha256:{hashlib.sha256(raw).hexdigest()}" == image.digest
    assert workshop.registry.manifest(workshop.repository, image.digest).text == raw.decode()


def test_an_index_has_the_platforms_of_its_images(workshop: Workshop) -> None:
    reference = push_index(workshop, "both")

    resolved = resolve(workshop.session, "web", reference, platform="linux/arm64")

    assert resolved.digest is not None
    assert workshop.registry.platforms(workshop.repository, resolved.digest) == ("linux/amd64", "linux/arm64")
    with pytest.raises(ImageError, match="the image is not for linux/s390x"):
        resolve(workshop.session, "web", reference, platform="linux/s390x")


def test_an_index_that_is_copied_keeps_its_digest(workshop: Workshop) -> None:
    reference = push_index(workshop, "both")
    copy = f"{reference.name}-copy"
    workshop.ecr.create_repository(repositoryName=f"{workshop.repository}-copy")

    credentials = ("--src-creds", TOKEN, "--dest-creds", TOKEN)
    skopeo(workshop, "copy", "--all", "--preserve-digests", *credentials, f"docker://{reference}", f"docker://{copy}:1")

    original = resolve(workshop.session, "web", reference)
    copied = resolve(workshop.session, "web", ImageReference.parse(f"{copy}:1"), platform="linux/amd64")
    assert copied.digest == original.digest


def test_an_index_gets_the_tag_of_the_environment_that_runs_it(workshop: Workshop) -> None:
    digest = resolve(workshop.session, "web", push_index(workshop, "both")).digest
    assert digest is not None

    tag = workshop.registry.mark_deployed(workshop.repository, "prod", digest)

    assert workshop.registry.require(workshop.repository, tag).digest == digest
