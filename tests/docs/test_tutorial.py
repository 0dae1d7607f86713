"""The resources, names and outputs on the tutorial page are generated."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stacks.project import Selection, load
from tests.docs.pages import ROOT, blocks, inline_code, text_of

PAGE = ROOT / "docs" / "tutorial.md"
_ADDRESS = re.compile(r"(?P<type>(?:aws|local)_\w+)\.(?P<name>\w+)")
_NAMED = re.compile(r"^\| `(\w+)\.(\w+)`[^|]*\| (?:family )?`([\w/-]*node-app-prod[\w/-]*)` \|", re.MULTILINE)
# Resources of the tutorial itself.
_TUTORIAL = {"aws_ecs_task_definition.nextjs", "aws_ecs_service.web_ecs_service", "local_file.output_task_def"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The stack of the page's own project file, as JSON."""
    from stacks.app import synthesize

    folder = tmp_path_factory.mktemp("tutorial")
    file = folder / "ecsforge.yaml"
    file.write_text(next(block.text for block in blocks(PAGE) if block.language == "yaml"), encoding="utf-8")
    (written,) = synthesize(load(Selection(file=file, env="prod")), folder / "out")
    content: dict[str, Any] = json.loads((written.path / "cdk.tf.json").read_text(encoding="utf-8"))
    return content


def test_every_resource_it_names_is_generated(stack: dict[str, Any]) -> None:
    made = {f"{kind}.{name}" for kind, those in stack["resource"].items() for name in those}
    named = {code for code in inline_code(PAGE) if _ADDRESS.fullmatch(code)}

    assert named - made - _TUTORIAL == set()
    assert len(named - _TUTORIAL) > 30


def test_every_resource_has_the_name_on_the_page(stack: dict[str, Any]) -> None:
    rows = _NAMED.findall(text_of(PAGE))

    for kind, name, expected in rows:
        resource = stack["resource"][kind][name]
        assert expected in (resource.get("name"), resource.get("family"))
    assert len(rows) >= 8


def test_every_output_is_on_the_page(stack: dict[str, Any]) -> None:
    assert stack["output"].keys() <= set(inline_code(PAGE))


def test_the_static_copy_has_the_path_on_the_page(stack: dict[str, Any]) -> None:
    path: str = stack["resource"]["local_file"]["web_task_definition"]["filename"]

    assert Path(path.removeprefix("${path.module}/")) == Path("task-definitions/prod/web.latest.json")
