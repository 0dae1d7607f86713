"""The page about deploying quotes messages that exist, and the commands of its pipeline work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from tests.docs.pages import ROOT, blocks, rows

PAGE = ROOT / "docs" / "deploy.md"
SOURCE = "\n".join(
    f.read_text("utf-8") for package in ("cli", "operations") for f in sorted((ROOT / package).rglob("*.py"))
)
JQ = shutil.which("jq")
# Messages of ECS that the code matches with a pattern.
_OF_ECS = {"Access to KMS is not allowed", "failed ELB health checks"}

QUOTED = sorted(
    {
        quoted
        for cell, *_ in (*rows(PAGE, "message"), *rows(PAGE, "reason"))
        for quoted in re.findall(r"`([^`]+)`", cell)
    }
    - _OF_ECS
)


@pytest.mark.parametrize("quoted", QUOTED)
def test_a_quoted_message_is_in_the_code(quoted: str) -> None:
    assert quoted in SOURCE


def jq(program: re.Match[str] | None, name: str, value: str, document: object) -> Any:
    """What the page's program makes of a document, with one argument."""
    assert JQ is not None
    assert program is not None
    command = [JQ, "--arg", name, value, program[1]]
    done = subprocess.run(command, input=json.dumps(document), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(JQ is None, reason="no jq on the PATH")
def test_the_pipeline_replaces_only_the_image_of_the_service_s_container(tmp_path: Path) -> None:
    command = next(block.text for block in blocks(PAGE) if "register-task-definition" in block.text)
    program = re.search(r"jq --arg image \"\$image\" '(.+?)'", command)
    definition = {"containerDefinitions": [{"name": "web", "image": "old"}, {"name": "proxy", "image": "envoy"}]}

    changed = jq(program, "image", "new", definition)

    assert [container["image"] for container in changed["containerDefinitions"]] == ["new", "envoy"]


@pytest.mark.skipif(JQ is None, reason="no jq on the PATH")
def test_the_pipeline_moves_only_the_revision_of_a_schedule() -> None:
    """UpdateSchedule replaces the whole schedule, and rejects what only GetSchedule returns."""
    command = next(block.text for block in blocks(PAGE) if "update-schedule" in block.text)
    program = re.search(r"jq --arg revision \"\$revision\" '(.+?)'", command, re.DOTALL)
    scheduler = botocore.session.get_session().get_service_model("scheduler")
    returned = {*scheduler.operation_model("GetSchedule").output_shape.members}
    accepted = {*scheduler.operation_model("UpdateSchedule").input_shape.members}
    target = {"Arn": "cluster", "EcsParameters": {"TaskDefinitionArn": "cleanup:1", "TaskCount": 1}}
    schedule = {**dict.fromkeys(returned, "kept"), "Target": target}

    moved = jq(program, "revision", "cleanup:2", schedule)

    target = {"Arn": "cluster", "EcsParameters": {"TaskDefinitionArn": "cleanup:2", "TaskCount": 1}}
    assert moved == {**dict.fromkeys(returned & accepted, "kept"), "Target": target}
