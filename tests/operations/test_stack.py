"""The preparation of a stack, with a shell script as Terraform and moto as AWS; tests/e2e runs the real ones."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cli.sentences import sentences
from operations.stack import initialized_stack, prepared_stack
from operations.state.apply_marker import marked
from stacks.errors import AwsError, TerraformError
from stacks.naming import Names
from stacks.project import Loaded, Selection, load
from tests.support.reporter import Recorder

PROJECT = """\
project_id: shop
region: eu-west-1
environments: {dev: {}}
services: {web: {image: "nginx:1.27", port: 80}}
"""
# Behaves like Terraform: a version, an init that creates the same files, an empty state, one output.
TERRAFORM = """#!/bin/sh
case "$1" in
  version) echo '{"terraform_version": "%(version)s"}' ;;
  init)
    %(init)s
    mkdir -p .terraform/providers/registry.terraform.io/hashicorp/aws/5.100.0/linux_amd64
    echo 'provider {}' > .terraform.lock.hcl
    echo '{"backend": {"type": "local", "config": {"path": "../../../terraform.shop-dev.tfstate"}}}' \
      > .terraform/terraform.tfstate
    echo init >> ../../../calls ;;
  output) echo '{"cluster": {"value": "x"}}' ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_"))]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    (tmp_path / "ecsforge.yaml").write_text(PROJECT)
    return tmp_path


@pytest.fixture
def account(folder: Path) -> Iterator[None]:
    with mock_aws():
        yield


def terraform(folder: Path, version: str = "1.11.4", init: str = ":") -> str:
    path = folder / "terraform"
    path.write_text(TERRAFORM % {"version": version, "init": init})
    path.chmod(0o755)
    return str(path)


def loaded(**selection: str) -> Loaded:
    return load(Selection(env="dev", **selection))  # type: ignore[arg-type]


def test_a_stack_is_synthesized_initialized_and_in_the_right_account(account: None, folder: Path) -> None:
    reporter = Recorder()

    with prepared_stack(loaded(), folder / "cdktf.out", reporter, binary=terraform(folder)) as stack:
        assert (stack.name, stack.exists, stack.unfinished.found) == ("shop-dev", False, False)
        assert stack.backend.file == stack.terraform.folder / "../../../terraform.shop-dev.tfstate"
        assert stack.stored_state().is_empty
        assert (stack.terraform.folder / "cdk.tf.json").is_file()

    assert reporter.messages[0].startswith("shop-dev in eu-west-1, account 123456789012 (arn:aws:sts::123456789012:")
    assert reporter.details[0] == f"Terraform 1.11.4 ({folder / 'terraform'}), in cdktf.out/stacks/shop-dev"


def test_an_existing_cluster_is_found(account: None, folder: Path) -> None:
    tags = [{"key": key, "value": value} for key, value in (("Project", "shop"), ("Environment", "dev"))]
    boto3.client("ecs", "eu-west-1").create_cluster(clusterName=Names("shop", "dev").cluster, tags=tags)  # type: ignore[arg-type]

    with prepared_stack(loaded(), folder / "cdktf.out", Recorder(), binary=terraform(folder)) as stack:
        assert stack.exists


def test_files_that_ecsforge_did_not_write_are_named(account: None, folder: Path) -> None:
    own = folder / "cdktf.out" / "stacks" / "shop-dev" / "database.tf"
    own.parent.mkdir(parents=True)
    own.touch()
    reporter = Recorder()

    with prepared_stack(loaded(), folder / "cdktf.out", reporter, binary=terraform(folder)):
        pass

    text = "Terraform also reads files in cdktf.out/stacks/shop-dev that ecsforge did not write: database.tf"
    assert text in reporter.messages


def test_after_an_unfinished_apply_the_stack_has_its_ending(account: None, folder: Path) -> None:
    stack_folder = folder / "cdktf.out" / "stacks" / "shop-dev"
    stack_folder.mkdir(parents=True)
    with pytest.raises(KeyboardInterrupt), marked(stack_folder):
        raise KeyboardInterrupt

    with prepared_stack(loaded(), folder / "cdktf.out", Recorder(), binary=terraform(folder)) as stack:
        assert stack.unfinished.ending == "interrupted"
        assert stack.unfinished.orphans == {}


def test_another_account_is_refused_before_terraform_runs(account: None, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(f"account_id: '210987654321'\n{PROJECT}")

    with (
        pytest.raises(AwsError, match="the environment dev belongs to account 210987654321"),
        prepared_stack(loaded(), folder / "cdktf.out", Recorder(), binary=terraform(folder)),
    ):
        pass
    assert not (folder / "calls").exists()


def test_a_lock_file_in_s3_needs_terraform_1_10(account: None, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(f"state: {{backend: s3, bucket: states}}\n{PROJECT}")

    with (
        pytest.raises(TerraformError) as caught,
        prepared_stack(loaded(), folder / "cdktf.out", Recorder(), binary=terraform(folder, "1.9.8")),
    ):
        pass
    assert caught.value.problems[0].what == "state.lock needs Terraform 1.10 or later"


def test_a_database_needs_terraform_1_11(account: None, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(f"resources: {{db: {{type: mysql, instance: db.t4g.micro}}}}\n{PROJECT}")

    with (
        pytest.raises(TerraformError) as caught,
        prepared_stack(loaded(), folder / "cdktf.out", Recorder(), binary=terraform(folder, "1.10.5")),
    ):
        pass
    assert caught.value.problems[0].what == (
        "resources.db, whose password must stay out of the state, needs Terraform 1.11 or later"
    )
    assert caught.value.problems[0].got == "1.10.5"


@pytest.mark.parametrize("exists", [False, True])
def test_when_init_fails_a_missing_configuration_of_terraform_is_a_warning(
    account: None, folder: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    config = folder / "terraformrc"
    if exists:
        config.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(config))
    reporter = Recorder()

    with (
        pytest.raises(TerraformError) as caught,
        prepared_stack(
            loaded(), folder / "cdktf.out", reporter, binary=terraform(folder, init="echo 'no provider' >&2; exit 1")
        ),
    ):
        pass

    assert sentences(caught.value).startswith("preparing the stack: Terraform failed; got no provider")
    warning = f"TF_CLI_CONFIG_FILE names {config}, which is not a file: ignored"
    assert reporter.warnings == ([] if exists else [warning])


def test_reading_the_state_initializes_only_once_and_does_not_need_credentials(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    binary = terraform(folder)

    for _ in range(2):
        name, ready = initialized_stack(loaded(), folder / "cdktf.out", Recorder(), binary=binary)
        assert (name, list(ready.output().values)) == ("shop-dev", ["cluster"])

    assert (folder / "calls").read_text() == "init\n"


def test_a_changed_backend_is_initialized_again(account: None, folder: Path) -> None:
    binary = terraform(folder)
    initialized_stack(loaded(), folder / "cdktf.out", Recorder(), binary=binary)
    file = folder / "cdktf.out" / "stacks" / "shop-dev" / "cdk.tf.json"
    content = json.loads(file.read_text())
    content["terraform"]["backend"] = {"s3": {"bucket": "states", "key": "x", "region": "eu-west-1"}}
    file.write_text(json.dumps(content))

    initialized_stack(loaded(), folder / "cdktf.out", Recorder(), binary=binary)

    assert "local" in json.loads(file.read_text())["terraform"]["backend"]
