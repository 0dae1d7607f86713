"""Start-up is fast: a command imports only what it needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.scripted_terraform import ScriptedTerraform
from tests.support.session_plugin import FakePlugin

GITHUB = "{repository: acme/shop, install: pip install .}"
HEAVY = ("boto3", "botocore", "cdktf", "jsii", "pydantic", "rich", "yaml")
CODE = """
import sys
from cli.main import main
try:
    main()
finally:
    print("LOADED", *sorted(name for name in sys.modules if "." not in name), file=sys.stderr)
"""


def loaded(stderr: str) -> set[str]:
    return set(stderr.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [["--help"], ["synth", "--help"], ["--version"], ["synht"]])
def test_help_imports_nothing_heavy(ecsforge, arguments: list[str]) -> None:
    result = ecsforge(*arguments, code=CODE)

    assert loaded(result.stderr).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "--project-id", "node-app", "--env", "prod"],
        ["list", "--project-id", "node-app", "--env", "prod"],
        ["init", "--project-id", "node-app"],
        ["schema"],
        ["ci", "github", "--project-id", "node-app", "--env", "prod", "--set", f"ci.github={GITHUB}"],
    ],
)
def test_commands_that_only_read_the_project_file_never_import_cdktf(ecsforge, arguments: list[str]) -> None:
    result = ecsforge(*arguments, code=CODE)

    assert result.returncode == 0, result.stderr
    assert loaded(result.stderr).isdisjoint(("cdktf", "jsii", "constructs", "boto3", "botocore", "rich"))


@pytest.mark.parametrize("arguments", [["secrets", "list"], ["open"], ["doctor"], ["ci", "remove"]])
def test_commands_on_the_account_never_import_cdktf(ecsforge, folder: Path, arguments: list[str]) -> None:
    (folder / "ecsforge.yaml").write_text(
        "project_id: shop\nregion: eu-west-1\nenvironments: {dev: {}}\nservices: {w: {image: nginx, port: 80}}\n"
    )

    result = ecsforge(*arguments, "--env", "dev", code=CODE, AWS_EC2_METADATA_DISABLED="true", AWS_PROFILE="nobody")

    assert result.returncode == 1, result.stderr
    assert loaded(result.stderr).isdisjoint(("cdktf", "jsii", "constructs"))


@pytest.mark.parametrize("arguments", [["output"], ["state", "unlock", "0f7e", "--auto-approve"]])
def test_commands_that_only_read_the_state_of_an_initialized_stack_never_import_cdktf(
    ecsforge, folder: Path, tmp_path: Path, arguments: list[str]
) -> None:
    (folder / "ecsforge.yaml").write_text(
        "project_id: shop\nregion: eu-west-1\nenvironments: {dev: {}}\nservices: {w: {type: worker}}\n"
    )
    terraform = ScriptedTerraform.write(tmp_path / "terraform")
    ecsforge("output", "--env", "dev", TERRAFORM_BINARY_NAME=terraform.path)

    result = ecsforge(*arguments, "--env", "dev", code=CODE, TERRAFORM_BINARY_NAME=terraform.path)

    assert result.returncode == 0, result.stderr
    assert loaded(result.stderr).isdisjoint(("cdktf", "jsii", "constructs", "boto3", "botocore"))


def test_a_release_never_imports_cdktf(ecsforge, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(
        "project_id: shop\nregion: eu-west-1\nenvironments: {dev: {}}\n"
        "services: {w: {type: worker, image: 'nginx:1', deployment: {image_owner: external}}}\n"
    )
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}

    result = ecsforge("release", "w", "--env", "dev", "--image", "nginx:2", code=CODE, **nowhere)

    assert result.returncode == 1, result.stderr
    assert "boto3" in loaded(result.stderr)
    assert loaded(result.stderr).isdisjoint(("cdktf", "jsii", "constructs"))


@pytest.mark.parametrize("command", ["run", "exec", "tunnel"])
def test_commands_in_tasks_never_import_cdktf(ecsforge, folder: Path, tmp_path: Path, command: str) -> None:
    (folder / "ecsforge.yaml").write_text(
        "project_id: shop\nregion: eu-west-1\nenvironments: {dev: {}}\n"
        "services: {w: {type: worker, image: 'nginx:1'}}\n"
    )
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    plugin = FakePlugin.write(tmp_path / "bin")
    path = f"{plugin.folder}{os.pathsep}{os.environ['PATH']}"

    result = ecsforge(command, "db:1" if command == "tunnel" else "w", "--env", "dev", code=CODE, PATH=path, **nowhere)

    assert result.returncode == (1 if command == "tunnel" else 125), result.stderr
    assert "boto3" in loaded(result.stderr)
    assert loaded(result.stderr).isdisjoint(("cdktf", "jsii", "constructs"))
