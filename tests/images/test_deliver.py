"""docker, podman and buildah bring images to ECR."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psutil
import pytest

from cli.sentences import sentences
from operations.images.build import build_locally, build_service
from operations.images.engine import Engine
from operations.images.registry import Registry, StoredImage
from operations.images.resolve import resolve
from stacks.errors import ImageError
from stacks.image_reference import ImageReference
from tests.support.registry.front import Fault
from tests.support.registry.programs import program
from tests.support.registry.workshop import DOCKERFILE, HOST, Workshop

TOKEN = "123456789012-auth-token"


def fails(workshop: Workshop, **changes: object) -> ImageError:
    with pytest.raises(ImageError) as caught:
        workshop.deliver(**changes)
    return caught.value


def first_line(error: ImageError) -> str:
    return sentences(error).splitlines()[0]


def test_an_image_is_built_and_pushed_and_its_digest_comes_from_ecr(workshop: Workshop) -> None:
    image = workshop.deliver()

    stored = workshop.ecr.describe_images(repositoryName=workshop.repository)["imageDetails"]
    assert [(each["imageDigest"], each["imageTags"]) for each in stored] == [(image.digest, [image.tag])]
    assert str(image.reference) == f"{HOST}/{workshop.repository}@{image.digest}"
    assert (image.built, image.pushed) == (True, True)
    assert workshop.registry.platforms(workshop.repository, image.digest) == ("linux/amd64",)


def test_the_second_time_nothing_is_built(workshop: Workshop) -> None:
    first = workshop.deliver()
    workshop.front.seen.clear()
    workshop.reporter.messages.clear()

    second = workshop.deliver()

    assert (second.reference, second.built, second.pushed) == (first.reference, False, False)
    assert workshop.pushed == []
    name = f"{HOST}/{workshop.repository}:{first.tag}"
    assert workshop.reporter.messages == [f"web: the registry has {name}; nothing is built"]


def test_a_commit_is_built_once_and_a_change_in_the_tree_again(workshop: Workshop) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(workshop.context)]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"]):
        subprocess.run([*git, *arguments], check=True)

    committed = workshop.deliver()
    (workshop.context / "app").write_bytes(program("amd64", 1))
    changed = workshop.deliver()
    (workshop.context / "app").write_bytes(program("amd64"))
    again = workshop.deliver()

    assert changed.tag.partition("-")[0] == committed.tag.partition("-")[0]
    assert changed.digest != committed.digest
    assert (again.reference, again.built) == (committed.reference, False)


def test_an_explicit_tag_with_other_content_is_refused_and_with_the_same_accepted(workshop: Workshop) -> None:
    first = workshop.deliver(tag="1.0")
    same = workshop.deliver(tag="1.0")
    assert (same.reference, same.built, same.pushed) == (first.reference, True, False)

    (workshop.context / "app").write_bytes(program("amd64", 1))

    assert sentences(fails(workshop, tag="1.0")) == (
        f"web: the tag exists with other content; got 1.0, which is {first.digest}; use another tag, or deploy the "
        "existing image with `--tag 1.0`"
    )
    assert len(workshop.pushed) == 1


def test_two_architectures_are_two_images_also_with_the_same_files(workshop: Workshop) -> None:
    intel = workshop.deliver(platform="linux/amd64")
    arm = workshop.deliver(platform="linux/arm64")

    assert intel.tag != arm.tag
    platforms = {workshop.registry.platforms(workshop.repository, image.digest) for image in (intel, arm)}
    assert platforms == {("linux/amd64",), ("linux/arm64",)}


def test_a_target_and_arguments_are_passed_to_the_build(workshop: Workshop) -> None:
    (workshop.context / "Dockerfile").write_text(
        f"ARG BASE=nix\nFROM scratch AS first\nARG FILE=nix\nCOPY $FILE /app\n{DOCKERFILE.replace('app /app', 'nix /')}"
    )

    image = workshop.deliver(target="first", args={"FILE": "app"})

    assert image.pushed


def test_a_file_that_dockerignore_leaves_out_is_not_in_the_build(workshop: Workshop) -> None:
    (workshop.context / ".dockerignore").write_text("secret*\n")
    (workshop.context / "Dockerfile").write_text("FROM scratch\nCOPY secret.txt /\n")
    (workshop.context / "secret.txt").write_text("x")

    assert first_line(fails(workshop)).startswith("web: Dockerfile did not build; got ")


def test_a_dockerfile_may_be_outside_of_the_context(workshop: Workshop) -> None:
    dockerfile = workshop.context.parent / "web.Dockerfile"
    (workshop.context / "Dockerfile").rename(dockerfile)

    assert workshop.deliver(dockerfile=dockerfile).pushed


def test_a_dockerfile_that_does_not_build_shows_its_output_and_pushes_nothing(workshop: Workshop) -> None:
    (workshop.context / "Dockerfile").write_text('FROM scratch\nCOPY app /app\nRUN ["/app"]\n')
    (workshop.context / "app").write_bytes(program("amd64", 3))
    (workshop.context / "app").chmod(0o755)

    error = fails(workshop)

    name = workshop.engine.name
    assert first_line(error) == (
        f"web: Dockerfile did not build; got {name}: exit code 3; fix the reported problem, then run the same command "
        "again"
    )
    (problem,) = error.problems
    assert any('RUN ["/app"]' in line for line in problem.details)
    assert set(problem.details) <= set(workshop.reporter.messages)
    assert workshop.pushed == []
    assert workshop.ecr.describe_images(repositoryName=workshop.repository)["imageDetails"] == []


def test_a_program_of_another_architecture_can_not_run_in_a_build(workshop: Workshop) -> None:
    (workshop.context / "Dockerfile").write_text('FROM scratch\nCOPY app /app\nRUN ["/app"]\n')
    (workshop.context / "app").write_bytes(program("arm64"))
    (workshop.context / "app").chmod(0o755)

    assert first_line(fails(workshop)).endswith(
        "; this machine can't run programs of that architecture: install QEMU (`docker run --privileged --rm "
        "tonistiigi/binfmt --install all`), build on a machine of that architecture, or set `architecture`"
    )


def test_a_base_image_without_a_registry(workshop: Workshop) -> None:
    """Docker asks Docker Hub, which the tests do not reach; podman and buildah do not guess."""
    (workshop.context / "Dockerfile").write_text("FROM alpine\n")

    fix = {"docker": "check the network and the proxy settings of the engine, then run the same command again"}
    registry = "write the registry in FROM: docker.io/library/alpine for alpine"
    assert first_line(fails(workshop)).endswith(f"; {fix.get(workshop.engine.name, registry)}")


def test_a_base_image_from_the_own_registry_is_pulled_with_the_same_login(workshop: Workshop) -> None:
    base = workshop.deliver()
    (workshop.context / "Dockerfile").write_text(f"FROM {base.reference}\nCOPY Dockerfile /\n")

    assert workshop.deliver().digest != base.digest


def test_a_push_that_fails_half_way_leaves_no_image_and_the_next_one_succeeds(workshop: Workshop) -> None:
    workshop.front.fail("PATCH", "/blobs/uploads/", Fault())

    error = fails(workshop)

    name, tag = workshop.engine.name, workshop.build().tag
    assert tag is None
    assert first_line(error).startswith(f"web: {HOST}/{workshop.repository}:local-")
    assert first_line(error).endswith(
        f" was not pushed; got {name}: exit code {1 if name == 'docker' else 125}; check the network and the proxy "
        "settings of the engine, then run the same command again; layers that were pushed are kept"
    )
    assert workshop.front.failed
    assert workshop.ecr.describe_images(repositoryName=workshop.repository)["imageDetails"] == []

    workshop.front.reset()
    assert workshop.deliver().pushed


def test_a_push_that_fails_at_the_manifest_leaves_no_image(workshop: Workshop) -> None:
    workshop.front.fail("PUT", "/manifests/", Fault(403, "DENIED", "not authorized to perform: ecr:PutImage"))

    error = fails(workshop)

    assert "ecr:PutImage for the user or role, then run the same command again" in first_line(error)
    assert workshop.ecr.describe_images(repositoryName=workshop.repository)["imageDetails"] == []


def test_a_login_that_the_registry_refuses_builds_nothing(workshop: Workshop) -> None:
    workshop.front.fail("GET", "/v2/$", Fault(401, "UNAUTHORIZED", "authentication required"))

    error = fails(workshop)

    assert first_line(error).startswith(f"{HOST}: the login failed; got {workshop.engine.name}: ")
    assert first_line(error).endswith("; check the credentials, and the registry's account and region")
    assert workshop.reporter.messages == []


def test_a_missing_repository_is_an_error_before_anything_is_built(workshop: Workshop) -> None:
    workshop.ecr.delete_repository(repositoryName=workshop.repository)

    assert sentences(fails(workshop)) == (
        f"repository {workshop.repository}: does not exist; create it with `ecsforge deploy --shared`"
    )
    assert workshop.reporter.messages == []


class LateRegistry(Registry):
    """A registry to which another build pushes the tag after it was looked up for the first time."""

    looked_up = False

    def find(self, repository: str, *, tag: str | None = None, digest: str | None = None) -> StoredImage | None:
        first, self.looked_up = not self.looked_up, True
        return None if first else super().find(repository, tag=tag, digest=digest)


def test_a_tag_that_another_build_pushed_at_the_same_time_is_taken(workshop: Workshop) -> None:
    """The default tag identifies the content, so the other image is as good."""
    first = workshop.deliver()
    workshop.front.fail("PUT", "/manifests/", Fault(400, "TAG_INVALID", "the image tag already exists"))

    second = build_service(workshop.build(), workshop.engine, LateRegistry(workshop.session), workshop.reporter)

    assert second.reference == first.reference
    assert workshop.front.failed


def test_the_password_is_in_no_argument_message_or_file_that_stays(workshop: Workshop, tmp_path: Path) -> None:
    calls, folder = tmp_path / "calls", tmp_path / "wrapped"
    folder.mkdir()
    path = workshop.engine.env_vars["PATH"]
    wrapper = folder / workshop.engine.name
    wrapper.write_text(f'#!/bin/sh\necho "$0 $*" >> {calls}\nPATH="{path}"\nexec {workshop.engine.name} "$@"\n')
    wrapper.chmod(0o755)
    env_vars = {**workshop.engine.env_vars, "PATH": f"{folder}:{path}"}

    build_service(workshop.build(), Engine(workshop.engine.name, env_vars), workshop.registry, workshop.reporter)

    assert "login --username AWS --password-stdin" in calls.read_text()
    assert TOKEN not in calls.read_text()
    assert TOKEN not in "\n".join(workshop.reporter.messages + workshop.reporter.details)
    logins = [file for file in Path(env_vars["HOME"]).rglob("*") if file.name in ("config.json", "auth.json")]
    assert [file for file in logins if HOST in file.read_text()] == []


def test_an_interrupt_ends_the_build_and_leaves_nothing_running(workshop: Workshop) -> None:
    (workshop.context / "Dockerfile").write_text('FROM scratch\nCOPY app /app\nRUN ["/app"]\n')
    (workshop.context / "app").write_bytes(program("amd64", forever=True))
    (workshop.context / "app").chmod(0o755)

    def running() -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["name", "cmdline"]):
            about = process.info["cmdline"] or []
            if about[:1] == ["/app"] or str(workshop.context) in about:
                found.append(process)
        return found

    def interrupt(text: str) -> None:
        workshop.reporter.messages.append(text)
        if 'RUN ["/app"]' in text:
            deadline = time.monotonic() + 20
            while not any(process.info["cmdline"][0] == "/app" for process in running()):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            raise KeyboardInterrupt

    workshop.reporter.say = interrupt  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        workshop.deliver()

    deadline = time.monotonic() + 20
    while running():
        assert time.monotonic() < deadline, running()
        time.sleep(0.05)
    assert workshop.pushed == []


def test_an_image_can_be_built_without_a_registry(workshop: Workshop) -> None:
    local = build_locally(workshop.build(tag="1"), workshop.engine, workshop.reporter)

    assert str(local.reference) == f"localhost/{workshop.repository}:1"
    assert local.image_id.startswith("sha256:")
    assert workshop.front.seen == []


def test_an_image_is_promoted_by_its_digest(workshop: Workshop) -> None:
    image = workshop.deliver()
    tag = workshop.registry.mark_deployed(workshop.repository, "dev", image.digest)

    deployed = resolve(
        workshop.session,
        "web",
        ImageReference.parse(f"{HOST}/{workshop.repository}:{tag}"),
        platform="linux/amd64",
    )

    assert deployed == image.reference
