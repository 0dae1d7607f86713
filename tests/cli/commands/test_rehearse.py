"""`ecsforge rehearse`: its options. What it does is tested in tests/e2e."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import emulator
from tests.cli.conftest import Invoke

PROJECT = "project_id: shop\nenvironments: {dev: {}, prod: {}}\n"


def test_keep_works_on_one_environment(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    result = invoke("rehearse", "--keep")

    assert result.exit_code == 2
    assert "--keep works on one environment; choose it with --env: dev, prod" in result.stderr


def test_a_project_file_that_is_wrong_is_refused_first(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\nregio: eu-west-1\n")
    result = invoke("rehearse", "--env", "dev")

    assert result.exit_code == 2
    assert "ecsforge.yaml:2:1: unknown key" in result.stderr


def test_an_older_project_that_is_nowhere_is_an_error(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    result = invoke("rehearse", "--env", "dev", "--upgrade-from", "v9")

    assert result.exit_code == 1
    assert "--upgrade-from: v9 is neither a file nor a git reference; got not a git repository" in result.stderr


def test_without_the_extra_nothing_begins(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator.importlib.util, "find_spec", lambda name: None)
    result = invoke("rehearse", "--env", "dev")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "install it with `pip install 'ecsforge[rehearse]'`" in result.stderr
