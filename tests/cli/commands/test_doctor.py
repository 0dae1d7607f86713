"""`ecsforge doctor` on the project file; tests/operations/test_doctor.py tests the checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operations import doctor
from tests.conftest import Invoke


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is missing on the machine."""
    monkeypatch.setattr(doctor, "machine", lambda *arguments: iter(()))


def finding(invoke: Invoke) -> dict[str, str]:
    result = invoke("doctor", "--json")
    (found,) = json.loads(result.stdout)

    assert result.exit_code == 1
    assert result.stderr == "Missing for a deploy: project file\n"
    return dict(found)


def test_a_missing_project_file_is_reported_with_a_fix(invoke: Invoke) -> None:
    assert finding(invoke) == {
        "check": "project file",
        "status": "missing",
        "found": "ecsforge.yaml: not found in this folder or a parent folder",
        "fix": "run `ecsforge init` to write one, or pass --project-id and --env",
    }


def test_the_first_of_several_problems_is_reported_with_the_command_that_lists_all(
    folder: Path, invoke: Invoke
) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\nregio: x\ntag: {}\nenvironments: {dev: {}}\n")

    found = finding(invoke)

    assert found["found"].startswith("ecsforge.yaml:2:1: unknown key")
    assert found["fix"] == "ecsforge validate lists every problem"
