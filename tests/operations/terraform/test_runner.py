"""Runs Terraform. The executables here are shell scripts; tests marked `terraform` run the real one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.terraform import process
from operations.terraform.binary import INSTALL, Binary
from operations.terraform.runner import Terraform
from stacks.errors import TerraformError

NOTHING_CHANGED = [
    "stopping: Terraform finishes the operations that are running; nothing is changed",
    "stopped: nothing was changed",
]


@pytest.mark.parametrize(
    ("command", "disposable", "messages"),
    [
        ("plan", False, NOTHING_CHANGED),
        ("untaint", True, NOTHING_CHANGED),
        (
            "untaint",
            False,
            [
                process.STOPPING,
                "stopped: completed changes are in the state; run the same command again to continue",
            ],
        ),
    ],
)
def test_an_interrupt_reports_whether_anything_was_changed(
    tmp_path: Path, command: str, disposable: bool, messages: list[str]
) -> None:
    stopping = tmp_path / "terraform"
    stopping.write_text("#!/bin/sh\nkill -INT $PPID\nsleep 0.5\n")
    stopping.chmod(0o755)
    warnings: list[str] = []
    binary = Binary((str(stopping),), "Terraform", (1, 11, 4), "terraform")
    terraform = Terraform(binary, tmp_path, os.environ, warn=warnings.append, disposable=disposable)

    with pytest.raises(KeyboardInterrupt):
        terraform.untaint("aws_lb.main") if command == "untaint" else terraform.plan(tmp_path / "plan")

    assert warnings == messages


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
