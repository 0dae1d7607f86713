"""The output samples in the documentation are what ecsforge prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.aws import Identity, check_account
from stacks.errors import AwsError
from stacks.project import Selection, load
from tests.conftest import Invoke
from tests.docs.pages import ROOT, blocks

README, DEPLOY = ROOT / "README.md", ROOT / "docs" / "deploy.md"
SOURCE = "\n".join(file.read_text("utf-8") for file in sorted((ROOT / "operations").rglob("*.py")))
INVALID = """\
project_id: shop
services:
  web:
    port: 80
    memory: 700
    memmory: 1024
"""
_STAGE = re.compile(r"^  ok      (?P<name>\S.*?) +\d+\.\d s  (?P<result>.+)$", re.MULTILINE)
# The results of these stages begin or end with what differs between machines.
_OF_THE_MACHINE = {"start emulator", "init"}


def sample(page: Path, start: str) -> str:
    """The block of a page that begins with this text, without it."""
    (text,) = [block.text for block in blocks(page) if block.text.startswith(start)]
    return text.removeprefix(start)


STAGES = dict(_STAGE.findall(sample(DEPLOY, "node-app-prod\n")))


def test_validate_prints_the_problems_in_the_readme(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text(INVALID, encoding="utf-8")

    assert invoke("validate").output == sample(README, "$ ecsforge validate\n")


def test_credentials_for_another_account_are_refused_with_the_message_on_the_page(tmp_path: Path) -> None:
    file = tmp_path / "ecsforge.yaml"
    file.write_text('project_id: shop\naccount_id: "111111111111"\nenvironments: {prod: {}}\n', encoding="utf-8")
    (project,) = load(Selection(file=file)).projects

    with pytest.raises(AwsError) as error:
        check_account(project, Identity("123456789012", "arn:aws:sts::123456789012:user/me"))

    assert f"{sentences(error.value)}\n" == sample(DEPLOY, "error: ")


@pytest.mark.parametrize("stage", STAGES)
def test_a_rehearsal_has_the_stages_and_results_on_the_page(stage: str) -> None:
    assert f'"{stage}"' in SOURCE
    if stage not in _OF_THE_MACHINE:
        assert STAGES[stage].lstrip("0123456789 ") in SOURCE


def test_the_stages_were_read() -> None:
    assert len(STAGES) == 10
