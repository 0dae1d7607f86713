"""A state that Terraform could store nowhere is not lost."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest

from operations.state import emergency as rescue
from operations.state.emergency import kept
from operations.terraform.runner import Binary, Terraform
from operations.terraform.stream import StateDump, parse
from stacks.errors import TerraformError

STATE = {"version": 4, "serial": 1, "lineage": "a", "outputs": {}, "resources": []}


def test_terraform_tells_it_in_its_stream() -> None:
    line = json.dumps({"@level": "info", "@message": "Emergency state dump", "state": STATE, "type": "log"})

    assert parse(line) == StateDump(STATE)


def test_it_is_kept_where_the_next_command_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "errored.tfstate").touch()  # all that Terraform could write

    said = kept(STATE, tmp_path)

    assert said == "the state could not be stored and is kept in errored.tfstate; the next command stores it"
    assert json.loads((tmp_path / "errored.tfstate").read_text()) == STATE
    assert (tmp_path / "errored.tfstate").stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 1


def test_it_is_kept_elsewhere_where_there_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    full(monkeypatch, tmp_path / "shop-dev")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    said = kept(STATE, tmp_path / "shop-dev")

    (file,) = tmp_path.glob("shop-dev-*.tfstate")
    assert said == (
        f"the state could not be stored and is kept in {file}; once there is room, move it to "
        "shop-dev/errored.tfstate: the next command stores it"
    )
    assert json.loads(file.read_text()) == STATE


def test_it_is_told_where_there_is_no_room_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    full(monkeypatch, tmp_path, Path(tempfile.gettempdir()), Path.home())

    said, text = kept(STATE, tmp_path).split("\n")

    assert said == (
        "the state could be written nowhere; save what follows to errored.tfstate, and the next command stores it:"
    )
    assert json.loads(text) == STATE


def test_an_apply_that_fails_so_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dump = json.dumps({"@message": "Emergency state dump", "state": STATE, "type": "log"})
    failed = json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "Failed to write state"}})
    program = tmp_path / "terraform"
    program.write_text(f"#!/bin/sh\necho '{dump}'\necho '{failed}'\nexit 1\n")
    program.chmod(0o755)
    said: list[str] = []
    binary = Binary((str(program),), "Terraform", (1, 11, 4), "terraform")

    with pytest.raises(TerraformError, match="applying: Failed to write state"):
        Terraform(binary, tmp_path, os.environ, warn=said.append).apply(tmp_path / "plan")

    assert said == ["the state could not be stored and is kept in errored.tfstate; the next command stores it"]
    assert json.loads((tmp_path / "errored.tfstate").read_text()) == STATE


def full(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """There is no room in these folders."""
    write = rescue._written
    monkeypatch.setattr(
        rescue, "_written", lambda text, folder, name: None if folder in folders else write(text, folder, name)
    )
