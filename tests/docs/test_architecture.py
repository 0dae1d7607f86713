"""The page for contributors names files that exist."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, inline_code

PAGE = ROOT / "docs" / "architecture.md"
_PATH = re.compile(r"(?:stacks|operations|cli|tests|docs|\.ci)/[\w./-]*|\w+\.(?:py|md)")
# `__init__.py` is spoken of as that of a package.
PATHS = sorted({code for code in inline_code(PAGE) if _PATH.fullmatch(code)} - {"__init__.py"})


@pytest.mark.parametrize("path", PATHS)
def test_a_path_it_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_room_of_the_code_is_named() -> None:
    rooms = [
        folder
        for room in ("stacks", "operations", "cli")
        for folder in (ROOT / room).iterdir()
        if any(folder.glob("*.py"))
    ]

    assert [folder.name for folder in rooms if not any(folder.name in path for path in PATHS)] == []


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for code in inline_code(PAGE) if code.startswith("make ") for target in code.split()[1:]}

    assert named - targets == set()
