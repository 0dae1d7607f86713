"""`synth` and Terraform accept project files that `validate` accepts. The files use every field."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from cli.sentences import sentence
from stacks.app import synthesize
from stacks.project import Selection, load, problems_of
from stacks.project.models import Overrides, ProjectFile
from stacks.project.shape import Shape, fields_of
from tests.support.valid_projects import project_content, write_project

# For more files, set for example ECSFORGE_ACCEPTED_SEEDS=100-200.
FIRST, _, LAST = os.environ.get("ECSFORGE_ACCEPTED_SEEDS", "0-7").partition("-")
SEEDS = range(int(FIRST), int(LAST) + 1)
ENOUGH_TO_USE_EVERY_FIELD = range(150)
# Fields that are rejected until they are supported.
NOT_YET = {"ci"}
SOURCE = re.compile(r'"(hashicorp/[a-z]+)"')


class Folder:
    """Terraform on one stack after the other, with providers that are installed once."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        own = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
        self._data = path / ".terraform"
        self._env_vars = {**own, **environment, "TF_DATA_DIR": str(self._data), "CHECKPOINT_DISABLE": "1"}
        self._lock = path / ".terraform.lock.hcl"

    def __call__(self, *arguments: str, stack: Path) -> str:
        command = ["terraform", *arguments]
        return subprocess.run(command, cwd=stack, env=self._env_vars, capture_output=True, text=True).stdout

    def install(self, stack: Path) -> None:
        """Install the providers that no stack before this one needed."""
        locked = self._lock.read_text("utf-8") if self._lock.exists() else ""
        if locked:
            shutil.copyfile(self._lock, stack / self._lock.name)
        texts = [file.read_text("utf-8") for file in stack.iterdir() if file.suffix in (".tf", ".json")]
        if all(f"/{source}" in locked for text in texts for source in SOURCE.findall(text)):
            return
        self("init", "-backend=false", "-input=false", stack=stack)
        shutil.copyfile(stack / self._lock.name, self._lock)

    def faults(self, stack: Path) -> list[str]:
        """Terraform's diagnostics for a stack."""
        self.install(stack)
        answer = json.loads(self("validate", "-json", stack=stack))
        return [f"{one['summary']}: {one['detail']}" for one in answer["diagnostics"]]


@pytest.fixture(scope="session")
def installed(terraform: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("installed"), terraform)


@pytest.mark.parametrize("seed", SEEDS)
def test_synth_and_terraform_accept_files_that_validate_accepts(seed: int, installed: Folder, tmp_path: Path) -> None:
    file = tmp_path / "ecsforge.yaml"
    env = write_project(seed, file)

    assert [sentence(problem) for problem in problems_of(Selection(file=file)) if problem.severity == "error"] == []
    loaded = load(Selection(file=file, env=env))
    stacks = zip(synthesize(loaded, tmp_path / "json"), synthesize(loaded, tmp_path / "hcl", format="hcl"), strict=True)

    for as_json, as_hcl in stacks:
        assert as_json.resources == as_hcl.resources
        assert installed.faults(as_json.path) == []
        assert installed.faults(as_hcl.path) == []
        assert installed("fmt", "-check", "-diff", stack=as_hcl.path) == ""


def test_these_files_use_every_field_and_every_alternative() -> None:
    used = {use for seed in ENOUGH_TO_USE_EVERY_FIELD for use in uses(Shape(ProjectFile), project_content(seed))}

    assert {use for use in every_use(Shape(ProjectFile)) if use not in used} == set()


def uses(shape: Shape, value: Any) -> Iterator[str]:
    """The fields and alternatives that a value uses, as `Service.count=Scaling`."""
    for branch in shape.branches():
        if branch.is_model and isinstance(value, dict) and value.keys() <= fields_of(branch.type).keys():
            for key, inner in value.items():
                field = fields_of(branch.type)[key]
                yield from (f"{branch.type.__name__}.{key}={kind}" for kind in kinds_of(field, inner))
                yield from uses(field, inner)
        elif branch.origin is dict and isinstance(value, dict):
            yield from (use for inner in value.values() for use in uses(below(branch, ""), inner))
        elif branch.origin is tuple and isinstance(value, list):
            yield from (use for inner in value for use in uses(below(branch, 0), inner))


def kinds_of(field: Shape, value: Any) -> Iterator[str]:
    """The alternatives of a field that a value matches."""
    plain = (int, str, bool)
    for branch in field.branches():
        if get_args(branch.type) and branch.origin not in (dict, tuple):
            yield from (str(choice) for choice in get_args(branch.type) if choice is value or choice == value)
        elif isinstance(value, dict if branch.is_mapping else list if branch.origin is tuple else plain):
            yield branch.label


def every_use(shape: Shape) -> Iterator[str]:
    """All fields and alternatives in the models below a shape."""
    for branch in shape.branches():
        if branch.type is Overrides:
            continue  # it repeats the same keys
        if branch.is_model:
            for key, field in fields_of(branch.type).items():
                if key not in NOT_YET:
                    yield from (f"{branch.type.__name__}.{key}={kind}" for kind in all_kinds(key, field))
                    yield from every_use(field)
        elif branch.origin in (dict, tuple):
            yield from every_use(below(branch, "" if branch.origin is dict else 0))


def all_kinds(key: str, field: Shape) -> Iterator[str]:
    for branch in field.branches():
        if get_args(branch.type) and branch.origin not in (dict, tuple):
            only = {"strategy": ("rolling",), "layout": ("single",)}
            yield from (str(choice) for choice in only.get(key, get_args(branch.type)))
        else:
            yield branch.label


def below(shape: Shape, step: str | int) -> Shape:
    inner = shape.below(step)
    assert inner is not None
    return inner
