"""The page about deploying quotes messages that exist, and its pipeline's commands do what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, rows

PAGE = ROOT / "docs" / "deploy.md"
SOURCE = "\n".join(f.read_text("utf-8") for room in ("cli", "operations") for f in sorted((ROOT / room).rglob("*.py")))
JQ = shutil.which("jq")
# What ECS says, and the code knows as a pattern.
_OF_ECS = {"failed ELB health checks"}

QUOTED = sorted({quoted for cell, *_ in rows(PAGE, "it says") for quoted in re.findall(r"`([^`]+)`", cell)} - _OF_ECS)


@pytest.mark.parametrize("quoted", QUOTED)
def test_a_message_it_quotes_is_one_that_ecsforge_knows(quoted: str) -> None:
    assert quoted in SOURCE


@pytest.mark.skipif(JQ is None, reason="no jq on the PATH")
def test_the_pipeline_puts_its_image_into_the_service_s_container_alone(tmp_path: Path) -> None:
    command = next(block.text for block in blocks(PAGE) if "register-task-definition" in block.text)
    program = re.search(r"jq --arg image \"\$image\" '(.+?)'", command)
    definition = {"containerDefinitions": [{"name": "web", "image": "old"}, {"name": "proxy", "image": "envoy"}]}

    assert JQ is not None
    assert program is not None
    done = subprocess.run(
        [JQ, "--arg", "image", "new", program[1]],
        input=json.dumps(definition),
        capture_output=True,
        text=True,
        check=True,
    )

    assert [container["image"] for container in json.loads(done.stdout)["containerDefinitions"]] == ["new", "envoy"]
