"""Runs Terraform. The executables here are shell scripts; tests marked `terraform` run the real one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.terraform.binary import INSTALL, Binary
from operations.terraform.runner import Terraform
from stacks.errors import TerraformError
from tests.support.scripted_terraform import ScriptedTerraform


def test_a_binary_that_was_removed_is_an_error(tmp_path: Path) -> None:
    binary = Binary((str(tmp_path / "terraform"),), "Terraform", (1, 11, 4), "terraform")

    with pytest.raises(TerraformError) as caught:
        Terraform(binary, tmp_path, os.environ).output()

    message = sentences(caught.value)
    assert message.startswith("terraform: the process could not be started; got [Errno 2]")
    assert message.endswith(INSTALL)


def test_the_output_of_a_failed_command_is_in_the_error(tmp_path: Path) -> None:
    failing = tmp_path / "terraform"
    failing.write_text("#!/bin/sh\necho 'Error: no state file' >&2\nexit 1\n")
    failing.chmod(0o755)
    binary = Binary((str(failing),), "Terraform", (1, 11, 4), "terraform")

    with pytest.raises(TerraformError) as caught:
        Terraform(binary, tmp_path, os.environ).pull_state()

    assert sentences(caught.value) == (
        "reading the state: Terraform failed; got no state file; fix the reported problem"
    )


def test_only_the_targets_of_a_plan_are_planned(tmp_path: Path) -> None:
    scripted = ScriptedTerraform.write(tmp_path / "scripted")
    terraform = scripted.runs_in(tmp_path, {})

    terraform.plan(tmp_path / "plan", targets=("aws_subnet.private[0]", "aws_sqs_queue.web"), variables={"a": "b"})
    terraform.plan(tmp_path / "plan")

    first, second = (scripted.folder / "calls").read_text("utf-8").splitlines()
    assert first.endswith("-var=a=b -target=aws_subnet.private[0] -target=aws_sqs_queue.web")
    assert "-target" not in second
