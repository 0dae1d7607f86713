"""The repository is a cdktf project: the real `cdktf` command lists and synthesizes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.npm


def _stacks(checkout: Path) -> list[str]:
    return sorted(folder.name for folder in (checkout / "cdktf.out" / "stacks").iterdir())


def test_list_names_every_environment(cdktf: Any) -> None:
    result = cdktf("list")

    assert 0 == result.returncode, result.stdout + result.stderr
    assert "node-app-dev " in result.stdout
    assert "node-app-prod " in result.stdout


def test_synth_writes_every_environment_one_stack_each(cdktf: Any, checkout: Path) -> None:
    result = cdktf("synth")

    assert 0 == result.returncode, result.stdout + result.stderr
    assert ["node-app-dev", "node-app-prod"] == _stacks(checkout)


def test_synth_writes_the_environment_that_ecsforge_env_names(cdktf: Any, checkout: Path) -> None:
    result = cdktf("synth", ECSFORGE_ENV="prod", ECSFORGE_PROJECT_ID="other")

    assert 0 == result.returncode, result.stdout + result.stderr
    assert ["other-prod"] == _stacks(checkout)
    stack = json.loads((checkout / "cdktf.out" / "stacks" / "other-prod" / "cdk.tf.json").read_text())
    assert "web-cluster-other-prod" == stack["resource"]["aws_ecs_cluster"]["web_cluster"]["name"]


def test_synth_shows_what_is_wrong_with_the_project_file(cdktf: Any, checkout: Path) -> None:
    project = checkout / "ecsforge.yaml"
    project.write_text(project.read_text().replace("memory: 1024", "memory: 700"))

    result = cdktf("synth")

    assert 0 != result.returncode
    assert "services.web.memory" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
