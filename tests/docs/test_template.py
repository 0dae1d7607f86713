"""The page about task definition templates lists the right variables, and its example renders."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stacks.project import Selection, load, problems_of
from stacks.project.rules.template import template_variables
from stacks.project.template import render
from stacks.project.template.functions import SUPPORTED
from tests.docs.pages import ROOT, blocks, rows, text_of

PAGE = ROOT / "docs" / "template.md"
TERRAFORM = shutil.which("terraform")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder with the project file and the template of the page."""
    for block in blocks(PAGE):
        if block.name:
            (tmp_path / block.name).write_text(block.text, encoding="utf-8")
    return tmp_path


def variables(folder: Path, env: str) -> dict[str, Any]:
    (project,) = load(Selection(file=folder / "ecsforge.yaml", env=env)).projects
    return template_variables(project, "web", project.services["web"])


def documented() -> set[str]:
    return {cell.strip("`") for cell, *_ in rows(PAGE, "variable")}


def test_it_lists_the_variables_that_a_template_is_rendered_with(example: Path) -> None:
    from stacks.app import synthesize

    (written,) = synthesize(load(Selection(file=example / "ecsforge.yaml", env="prod")), example / "out")
    stack = json.loads((written.path / "cdk.tf.json").read_text(encoding="utf-8"))

    assert documented() == stack["locals"]["web_task"].keys()
    copy = written.path / "templates" / "web" / "service.json.tpl"
    assert copy.read_bytes() == (example / "web.json.tpl").read_bytes()


def test_validation_has_the_same_variables(example: Path) -> None:
    assert documented() == variables(example, "prod").keys()


def test_it_lists_the_functions_that_validation_supports() -> None:
    listed = re.search(r"these functions: (.+?)\. With", text_of(PAGE), re.DOTALL)

    assert listed is not None
    assert re.findall(r"`(\w+)`", listed[1]) == sorted(SUPPORTED)


def test_the_example_is_valid(example: Path) -> None:
    assert problems_of(Selection(file=example / "ecsforge.yaml")) == ()


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_example_renders_to_a_task_definition(example: Path, env: str) -> None:
    definition = json.loads(render((example / "web.json.tpl").read_text(encoding="utf-8"), variables(example, env)))

    (container,) = definition["containerDefinitions"]
    assert definition["family"] == f"web-node-app-{env}"
    assert {"name": "GREETING", "value": 'say "hi" to ${USER}'} in container["environment"]
    assert {"name": "DEPLOY_ENV", "value": env} in container["environment"]
    assert ("restartPolicy" in container) == (env == "prod")


@pytest.mark.terraform
@pytest.mark.skipif(TERRAFORM is None, reason="no terraform on the PATH")
@pytest.mark.parametrize("env", ["dev", "prod"])
def test_terraform_renders_the_example_identically(example: Path, env: str) -> None:
    values = variables(example, env)
    escaped = json.loads(json.dumps(values).replace("${", "$${").replace("%{", "%%{"))
    (example / "main.tf.json").write_text(json.dumps({"locals": {"task": escaped}}), encoding="utf-8")
    asked = 'jsonencode(jsondecode(templatefile("web.json.tpl", local.task)))'

    assert TERRAFORM is not None
    done = subprocess.run([TERRAFORM, "console"], cwd=example, input=asked, capture_output=True, text=True, check=True)

    ours = json.loads(render((example / "web.json.tpl").read_text(encoding="utf-8"), values))
    assert json.loads(json.loads(done.stdout)) == ours
