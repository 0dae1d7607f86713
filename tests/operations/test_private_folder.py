"""The private folder in a stack's folder."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from operations.private_folder import private_folder


def test_it_is_private_and_removed(tmp_path: Path) -> None:
    with private_folder(tmp_path) as folder:
        (folder / "plan").write_text("secret")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_a_killed_command_left_is_deleted(tmp_path: Path, kind: str) -> None:
    """A link is deleted, not the folder that it leads to."""
    stack, elsewhere = tmp_path / "stack", tmp_path / "elsewhere"
    left = stack / ".ecsforge"
    for each in (stack, elsewhere, *([left] if kind == "folder" else [])):
        each.mkdir()
        (each / "plan").write_text("secret")
    if kind == "file":
        left.write_text("secret")
    elif kind == "link":
        left.symlink_to(elsewhere)

    with private_folder(stack) as folder:
        assert list(folder.iterdir()) == []

    assert (elsewhere / "plan").read_text() == "secret"
    assert not left.exists()
