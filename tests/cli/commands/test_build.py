"""`ecsforge build`, with a script as docker, and the options of `deploy` and `plan` for images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Invoke
from tests.support.repository import commit, git
from tests.support.scripted_terraform import ScriptedTerraform

PROJECT = """\
project_id: shop
region: eu-west-1
environments: {dev: {}, prod: {protected: true}}
services:
  web: {build: {context: web, args: {VERSION: "1"}}, port: 80}
  mailer: {type: worker, build: mailer, architecture: arm64}
  proxy: {type: worker, image: "nginx:1"}
"""
# Builds for the platform that it is asked for; its arguments are in the file `calls`.
DOCKER = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$1" in
  version) echo 27.0 ;;
  image) sed -n 's/^build --platform \\([^ ]*\\).*/\\1/p' "$CALLS" | tail -n 1 ;;
  build)
    echo "Step 1/1 : FROM scratch"
    [ -z "$BROKEN" ] || exit 1
    while [ $# -gt 0 ]; do [ "$1" = --iidfile ] && printf 'sha256:%064d' 1 > "$2"; shift; done ;;
esac
"""


@pytest.fixture(autouse=True)
def calls(terraform: ScriptedTerraform, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What docker was called with; the project has two services to build."""
    for name in ("web", "mailer"):
        (folder / name).mkdir()
        (folder / name / "Dockerfile").write_text("FROM scratch\n")
    (folder / "ecsforge.yaml").write_text(PROJECT)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(programs / "calls"))
    (programs / "calls").touch()
    return programs / "calls"


def builds(calls: Path) -> list[str]:
    return [line for line in calls.read_text().splitlines() if line.startswith("build ")]


def test_every_image_is_a_line_on_stdout(invoke: Invoke, calls: Path) -> None:
    result = invoke("build", "--env", "dev", "--tag", "1.0")

    assert (result.exit_code, result.stdout) == (
        0,
        "web\tlocalhost/shop/web:1.0\nmailer\tlocalhost/shop/mailer:1.0\n",
    )
    assert "Step 1/1 : FROM scratch" in result.stderr
    web, mailer = builds(calls)
    assert web.startswith("build --platform linux/amd64 ")
    assert "--build-arg VERSION=1" in web
    assert mailer.startswith("build --platform linux/arm64 ")


def test_json_has_an_object_for_each_image(invoke: Invoke) -> None:
    result = invoke("build", "web", "--env", "dev", "--tag", "1.0", "--json")

    assert json.loads(result.stdout) == [
        {"service": "web", "image": "localhost/shop/web:1.0", "tag": "1.0", "id": f"sha256:{1:064d}"}
    ]


def test_the_default_tag_is_the_same_for_the_same_files(invoke: Invoke) -> None:
    first, second = (invoke("build", "web", "--env", "dev").stdout for _ in range(2))

    assert first == second
    assert first.startswith("web\tlocalhost/shop/web:local-")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("proxy",), "services.proxy: the service has no build; the services with build are web and mailer"),
        (("wep",), "unknown service; got wep; did you mean web?"),
        (("--engine", "containerd"), "--engine: unknown engine; got containerd; choose docker, podman or buildah"),
    ],
)
def test_what_can_not_be_built_is_invalid_input(
    invoke: Invoke, calls: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = invoke("build", "--env", "dev", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert builds(calls) == []


def test_an_environment_has_to_be_selected(invoke: Invoke) -> None:
    result = invoke("build")

    assert result.exit_code == 2
    assert "select it with --env: dev, prod" in result.stderr


def test_a_build_that_fails_exits_with_1_after_its_output(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN", "1")

    result = invoke("build", "--env", "dev")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.index("Step 1/1 : FROM scratch") < result.stderr.index("error: web: Dockerfile did not build")


def test_a_push_needs_the_repository(invoke: Invoke, calls: Path) -> None:
    result = invoke("build", "web", "--env", "dev", "--push")

    assert result.exit_code == 1
    assert result.stderr.endswith(
        "error: repository shop/web: does not exist; create it with `ecsforge deploy --shared`\n"
    )
    assert builds(calls) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--engine", "podman"), "--engine is for builds: pass --build too"),
        (("--shared", "--build"), "--build can't be combined with --shared: the shared stack has no images"),
        (("--shared", "--image", "web=a:1"), "--image can't be combined with --shared"),
        (("--plan", "ecsforge.yaml", "--tag", "1"), "--tag can't be combined with --plan: a saved plan has its images"),
        (("--plan", "ecsforge.yaml", "--shared"), "--plan can't be combined with --shared"),
        (("--image", "web"), "--image: no service is named; got web"),
        (("--image", "wep=a:1"), "--image: unknown service; got wep; did you mean web?"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    invoke: Invoke, terraform: ScriptedTerraform, arguments: tuple[str, ...], message: str
) -> None:
    result = invoke("deploy", "--env", "dev", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert terraform.calls == []


@pytest.mark.parametrize("other", ["--destroy", "--shared"])
def test_a_plan_has_images_only_of_an_environment(invoke: Invoke, other: str) -> None:
    result = invoke("plan", "--env", "dev", "--tag", "1", other)

    assert result.exit_code == 2
    assert f"--tag can't be combined with {other}" in result.stderr


def test_an_image_is_passed_as_a_variable_or_written_as_the_service_s_image(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    images = ("web=example.com/web:1", "mailer=example.com/mailer:2", "proxy=nginx:1.28")

    result = invoke("plan", "--env", "dev", *(part for image in images for part in ("--image", image)))

    assert result.exit_code == 0, result.stderr
    (planned,) = [line for line in (terraform.folder / "calls").read_text().splitlines() if line.startswith("plan ")]
    assert "web_image=example.com/web:1 " in planned
    assert "mailer_image=example.com/mailer:2" in planned
    written = (folder / "cdktf.out/stacks/shop-dev/cdk.tf.json").read_text()
    assert "docker.io/library/nginx:1.28" in written


def test_without_an_engine_a_deploy_ends_before_terraform(
    invoke: Invoke, terraform: ScriptedTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    result = invoke("deploy", "--env", "dev", "--build", "--auto-approve")

    assert result.exit_code == 1
    assert (
        "error: engine: nothing can build the image; install Docker or Podman, build in a CI pipeline" in result.stderr
    )
    assert terraform.calls == []


def test_only_the_shared_stack_is_deployed(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({"aws_ecr_repository.web": "create"})

    result = invoke("deploy", "--shared", "--auto-approve")

    assert result.exit_code == 0
    assert result.stderr.endswith("Deployed shop-shared\n")
    assert terraform.calls.count("apply") == 1


def test_a_shared_stack_without_changes_says_so(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({})

    result = invoke("deploy", "--shared", "--auto-approve")

    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "shop-shared: no changes")


def test_only_services_that_changed_are_built(
    invoke: Invoke, calls: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    (folder / ".gitignore").write_text(".*\n!.gitignore\n")
    git(folder, "init", "--quiet")
    commit(folder)
    (folder / "mailer" / "main.py").write_text("a")
    commit(folder)

    result = invoke("build", "--env", "dev", "--changed-since", "HEAD~1")

    assert (result.exit_code, [line.partition("\t")[0] for line in result.stdout.splitlines()]) == (0, ["mailer"])
    assert result.stderr.splitlines()[0] == "web: unchanged since HEAD~1; nothing is built"
    assert len(builds(calls)) == 1
    assert invoke("build", "--env", "dev", "--changed-since", "HEAD", "--json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("build", "--changed-since", "HEAD", "--tag", "1"), "--changed-since can't be combined with --tag, which "),
        (("deploy", "--changed-since", "HEAD"), "--changed-since is for builds: pass --build too"),
        (("build", "--changed-since", "nowhere"), "--changed-since: there is no repository to compare with; "),
    ],
)
def test_changed_since_needs_a_build_and_a_commit(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))

    result = invoke(*arguments, "--env", "dev")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
