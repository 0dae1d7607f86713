"""Every project file in the documentation is valid."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cli.sentences import sentence
from stacks.project import Selection, problems_of
from stacks.project.models import ProjectFile
from tests.docs.pages import PAGES, Block, blocks

YAML = [block for page in PAGES for block in blocks(page) if block.language == "yaml"]
# Other YAML files in the documentation, by a key that project files do not have.
OTHERS = {
    "jobs": "a workflow of GitHub Actions",
    "default": "a pipeline of GitLab",
    "type": "a manifest of AWS Copilot",
}


def is_project_file(block: Block) -> bool:
    """Whether a block is a project file or part of one."""
    return bool(yaml.safe_load(block.text).keys() <= ProjectFile.model_fields.keys())


@pytest.mark.parametrize("block", YAML, ids=str)
def test_yaml_is_a_project_file_or_a_known_other_format(block: Block) -> None:
    assert is_project_file(block) or OTHERS.keys() & yaml.safe_load(block.text).keys()


@pytest.mark.parametrize("block", [block for block in YAML if is_project_file(block)], ids=str)
def test_a_project_file_is_valid(block: Block, tmp_path: Path) -> None:
    for other in blocks(block.page):
        if other.name:
            (tmp_path / other.name).parent.mkdir(exist_ok=True)
            (tmp_path / other.name).write_text(other.text, encoding="utf-8")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    whole = block.text if "project_id:" in block.text else f"project_id: node-app\n{block.text}"
    file = tmp_path / "ecsforge.yaml"
    file.write_text(whole, encoding="utf-8")

    errors = [sentence(problem) for problem in problems_of(Selection(file=file)) if problem.severity == "error"]

    assert errors == []
