"""Repeated calls in one process leave no file or socket open, with a script as Terraform and the emulator as AWS."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from operations.deploy.deploy import plan
from operations.rehearsal.emulator.client import Emulator
from operations.stack import initialized_stack, prepared_stack
from stacks.project import Selection, load
from tests.support.reporter import Recorder
from tests.support.scripted_terraform import ScriptedTerraform

PROJECT = """\
project_id: shop
region: eu-west-1
environments: {dev: {}}
services: {mailer: {type: worker, image: "python:3.12"}}
"""

pytestmark = pytest.mark.slow


def open_descriptors() -> int:
    gc.collect()
    return len([*Path("/dev/fd").iterdir()])


def test_planning_and_reading_a_stack_leave_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ecsforge.yaml").write_text(PROJECT)
    terraform = ScriptedTerraform.write(tmp_path / "terraform")
    with Emulator() as emulator:
        for name, value in emulator.settings().items():
            monkeypatch.setenv(name, value)
        counts = []
        for _ in range(4):
            loaded = load(Selection(file=tmp_path / "ecsforge.yaml", env="dev"))
            with prepared_stack(loaded, tmp_path / "out", Recorder(), binary=terraform.path) as stack:
                plan(stack, Recorder(), tmp_path / "plan")
            initialized_stack(loaded, tmp_path / "out", Recorder(), binary=terraform.path)[1].output()
            counts.append(open_descriptors())

    assert counts[1:] == counts[:1] * 3


def test_an_emulator_leaves_nothing_open() -> None:
    before = open_descriptors()

    for _ in range(2):
        with Emulator() as emulator:
            emulator.client("sts", "eu-west-1").get_caller_identity()

    assert open_descriptors() == before
