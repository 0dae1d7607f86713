"""Terraform, the AWS provider from a mirror, and a stack with every kind of block."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stacks.hcl import BlockSchema

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Terraform:
    """The terraform on the PATH; it installs providers only from the local mirror."""

    executable: str
    configuration: Path

    def __call__(self, *arguments: str, folder: Path, given: str = "") -> str:
        environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(self.configuration), "CHECKPOINT_DISABLE": "1"}
        command = [self.executable, *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, input=given, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def provider_mirror() -> str:
    named = os.environ.get("ECSFORGE_PROVIDER_MIRROR", "")
    finder = REPOSITORY.parent / "shared" / "bin" / "provider-mirror"
    if named or not finder.is_file():
        return named
    return subprocess.run([finder], capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    executable = shutil.which("terraform")
    if executable is None:
        pytest.skip("no terraform on the PATH")
    configuration = tmp_path_factory.mktemp("terraform") / "terraformrc"
    configuration.write_text("")
    return Terraform(executable, configuration)


@pytest.fixture(scope="session")
def terraform_with_provider(terraform: Terraform) -> Terraform:
    mirror = provider_mirror()
    if not mirror:
        pytest.skip("no mirror of the AWS provider: set ECSFORGE_PROVIDER_MIRROR")
    source = json.dumps(mirror)
    terraform.configuration.write_text(
        f"provider_installation {{\n  filesystem_mirror {{\n    path = {source}\n  }}\n}}\n"
    )
    return terraform


@pytest.fixture(scope="session")
def stack() -> dict[str, Any]:
    """The JSON of a stack as cdktf writes it, with every kind of block."""
    content: dict[str, Any] = json.loads((GOLDEN / "cdk.tf.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def schema(stack: dict[str, Any]) -> BlockSchema:
    """The nested blocks of the stack's resources, from the bindings."""
    from stacks.bindings import aws
    from stacks.hcl.blocks import blocks_of_classes

    resources = [getattr(aws, kind.removeprefix("aws_")) for kind in stack["resource"]]
    data = [getattr(aws, kind.replace("aws_", "data_aws_", 1)) for kind in stack["data"]]
    modules = [aws.provider, *resources, *data]
    return blocks_of_classes(bound for module in modules for bound in vars(module).values() if isinstance(bound, type))
