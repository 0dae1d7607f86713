"""The names that are known without a synth are those of synthesized stacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentence
from stacks.app import synthesize
from stacks.infra.certain import certain_names
from stacks.project import Selection, load, problems_of

SPECS = Path(__file__).parents[2] / "specs"
FILES = [path for path in (*SPECS.glob("*.yaml"), *SPECS.glob("*/ecsforge.yaml")) if "project_id" in path.read_text()]

PROJECT = """\
project_id: shop
terraform: infra/
services: {web: {image: 'web:1'}}
resources: {user-uploads: {type: bucket}}
environments: {dev: {}}
"""


def flat(configuration: dict[str, Any]) -> Iterator[str]:
    for section in ("data", "resource"):
        for kind, made in configuration.get(section, {}).items():
            yield from (f"{section} {kind}.{name}" for name in made)
    for section in ("output", "locals"):
        yield from (f"{section} {name}" for name in configuration.get(section) or {})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(SPECS).as_posix())
def test_synthesized_stacks_have_every_name(file: Path, tmp_path: Path) -> None:
    loaded = load(Selection(file=file)).without_shared
    stacks = {each.env: each for each in synthesize(loaded, tmp_path / "out")}

    for project in loaded.projects:
        configuration = stacks[project.env].configuration
        missing = {*flat(certain_names(project))} - {*flat(dict(configuration))} - {"locals ecsforge"}
        assert not missing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'resource "aws_vpc" "main" {}',
            "infra/a.tf:1:1: the stack already has a resource of this name; got aws_vpc.main",
        ),
        (
            'resource "aws_iam_role" "web_task" {}',
            "infra/a.tf:1:1: the stack already has a resource of this name; got aws_iam_role.web_task",
        ),
        (
            'resource "aws_s3_bucket" "user_uploads" {}',
            "infra/a.tf:1:1: the stack already has a resource of this name; got aws_s3_bucket.user_uploads",
        ),
        ('output "vpc_id" {}', "infra/a.tf:1:1: the stack already has an output of this name; got vpc_id"),
        (
            "locals { ecsforge = 1 }",
            "infra/a.tf:1:10: the stack already has a local value of this name; got local.ecsforge",
        ),
    ],
)
def test_validate_finds_names_without_a_synth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("infra").mkdir()
    Path("infra", "a.tf").write_text(f"{text}\n")
    Path("ecsforge.yaml").write_text(PROJECT)

    assert [sentence(each) for each in problems_of(Selection())] == [f"{message}; rename it"]
