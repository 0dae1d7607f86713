"""actionlint and zizmor find nothing in any workflow.

A pin by commit hides from actionlint which inputs and which runtime an action has, so it also reads the tags.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from operations.ci.github.workflow import render
from tests.support.pipelines import NAMES, workflow

CASES = [
    (name, sets, folder) for name in NAMES for sets, folder in (((), "."), (("ci.github.plan_protected=true",), "a/b"))
]


def program(name: str) -> str:
    """A linter beside this Python, or on the PATH."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    assert found, f"{name} is not installed: see the dependency group dev in pyproject.toml"
    return found


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[2]}")
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name, sets, folder = request.param
    written = tmp_path / ".github" / "workflows" / "ecsforge.yml"
    written.parent.mkdir(parents=True)
    written.write_text(render(workflow(name, *sets, folder=folder)), "utf-8")
    return written


def linted(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return f"{done.returncode}\n{done.stdout}" if done.returncode else done.stdout


def test_actionlint_finds_nothing(file: Path) -> None:
    assert linted(program("actionlint"), str(file)) == ""


def test_actionlint_finds_nothing_in_inputs_and_runtimes(file: Path) -> None:
    tags = re.sub(r"@[0-9a-f]{40} # (v\d+)\S*", r"@\1", file.read_text("utf-8"))
    file.write_text(tags, "utf-8")

    assert len(re.findall(r"uses: \S+@v\d+\n", tags)) > 4
    assert linted(program("actionlint"), str(file)) == ""


def test_zizmor_finds_nothing(file: Path) -> None:
    options = ("--offline", "--persona", "auditor", "--format", "json-v1", "--no-progress")

    assert linted(program("zizmor"), *options, str(file)).strip() == "[]"
