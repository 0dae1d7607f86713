"""`ecsforge rehearse`: its options. What it does is tested in tests/e2e."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.rehearsal.emulator import client as emulator
from tests.conftest import Invoke

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


def test_an_older_project_that_is_not_named_is_an_error(folder: Path, invoke: Invoke) -> None:
    """As an empty variable in CI would have it: the upgrade must not be left out in silence."""
    (folder / "ecsforge.yaml").write_text(PROJECT)
    result = invoke("rehearse", "--env", "dev", "--upgrade-from", "")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: --upgrade-from: got an empty value; give a git reference or a path\n")


def test_an_older_project_without_one_of_the_environments_is_refused_before_any_is_rehearsed(
    folder: Path, invoke: Invoke
) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    (folder / "older.yaml").write_text("project_id: shop\nenvironments: {dev: {}}\n")
    result = invoke("rehearse", "--upgrade-from", "older.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "older.yaml:2:1: environment prod does not exist" in result.stderr


def test_an_older_project_of_another_name_is_no_older_one(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    (folder / "older.yaml").write_text("project_id: store\n")
    result = invoke("rehearse", "--env", "dev", "--upgrade-from", "older.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "error: --upgrade-from: the older project has another project_id, so that a deploy would make a system beside "
        "it; got store; give both the same with --project-id"
    )


def test_without_the_extra_nothing_begins(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator.importlib.util, "find_spec", lambda name: None)
    result = invoke("rehearse", "--env", "dev")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "install it with `pip install 'ecsforge[rehearse]'`" in result.stderr
