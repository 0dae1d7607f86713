"""Files are written atomically."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.files import keep_private, write_whole
from stacks.errors import SynthError


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.txt", "ü\n")

    assert (tmp_path / "a" / "b.txt").read_bytes() == "ü\n".encode()


def test_a_file_keeps_its_mode_and_a_new_one_has_the_default_mode(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "usual").write_text("x")

    write_whole(tmp_path / "old", "y")
    write_whole(tmp_path / "new", "y")

    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("target", ["real", "../home/profile", "missing"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "profile").write_text("x")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "real").write_text("x")
    link = tmp_path / "project" / ".gitignore"
    link.symlink_to(target)

    with pytest.raises(SynthError) as caught:
        write_whole(link, "y")

    assert sentences(caught.value) == (
        f"{link}: the file is a symbolic link, and nothing is written through it; got {target}; "
        "remove the link, or name the file that it leads to"
    )
    assert [file.read_text() for file in (tmp_path / "project" / "real", tmp_path / "home" / "profile")] == ["x", "x"]
    assert not (tmp_path / "project" / "missing").exists()


def test_a_file_in_a_linked_folder_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")

    write_whole(tmp_path / "linked" / "file", "y")

    assert (tmp_path / "real" / "file").read_text() == "y"


def test_a_failure_keeps_the_old_file_and_removes_the_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")

    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "file", "new \ud800")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_a_private_file_replaces_one_that_others_could_read(tmp_path: Path) -> None:
    (tmp_path / "plan").write_bytes(b"new")
    (tmp_path / "kept").write_bytes(b"old")
    (tmp_path / "kept").chmod(0o644)

    keep_private(tmp_path / "plan", tmp_path / "kept")
    keep_private(tmp_path / "plan", tmp_path / "folder" / "kept")

    kept = [tmp_path / "kept", tmp_path / "folder" / "kept"]
    assert [(file.read_bytes(), file.stat().st_mode & 0o777) for file in kept] == [(b"new", 0o600)] * 2
