"""Errors of writes name the file that could not be written."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from operations.files import keep_private
from stacks.files import copy, write_text, writing


def fail(*arguments: object, **named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "source")


def test_a_full_disk_names_the_file_that_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_text", fail)

    with pytest.raises(OSError, match="No space left") as caught:
        write_text(tmp_path / "manifest.json", "{}")

    assert caught.value.filename == str(tmp_path / "manifest.json")


def test_a_full_disk_names_the_copy_and_not_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "copyfile", fail)

    with pytest.raises(OSError, match="No space left") as caught:
        copy(tmp_path / "template", tmp_path / "output")

    assert caught.value.filename == str(tmp_path / "output")


def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        copy(tmp_path / "template", tmp_path / "output")

    assert caught.value.filename == str(tmp_path / "template")


def test_an_atomic_write_names_its_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source").write_text("x")
    monkeypatch.setattr(shutil, "copyfileobj", fail)

    with pytest.raises(OSError, match="No space left") as caught:
        keep_private(tmp_path / "source", tmp_path / "plan")

    assert caught.value.filename == str(tmp_path / "plan")
    assert [each.name for each in tmp_path.iterdir()] == ["source"]


def test_a_link_is_replaced_and_its_target_kept(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    for name in ("written", "copied"):
        (tmp_path / name).symlink_to("target")

    write_text(tmp_path / "written", "new")
    copy(tmp_path / "written", tmp_path / "copied")

    assert [(tmp_path / name).read_text() for name in ("written", "copied", "target")] == ["new", "new", "mine"]


def test_other_errors_are_unchanged(tmp_path: Path) -> None:
    denied = PermissionError(errno.EACCES, "Permission denied", "x")

    with pytest.raises(PermissionError) as caught, writing(tmp_path):
        raise denied

    assert caught.value is denied
