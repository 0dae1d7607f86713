"""The page for contributors names files that exist, and its trees list every module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.docs.pages import ROOT, blocks, inline_code

PAGE = ROOT / "docs" / "architecture.md"
GUIDE = ROOT / "CONTRIBUTING.md"
_PATH = re.compile(r"(?:stacks|operations|cli|tests|docs|\.ci)/[\w./-]*|\w+\.(?:py|md|toml|json)")
# Packages whose modules the page describes as a group.
GROUPS = {"stacks"}


def tree_paths() -> Iterator[PurePosixPath]:
    """Every path in the page's directory trees, from the indentation of their lines."""
    trees = [block.text for block in blocks(PAGE) if re.match(r"\w+/\n", block.text)]
    for tree in trees:
        folders: list[tuple[int, PurePosixPath]] = []
        for line in tree.splitlines():
            indent = len(line) - len(line.lstrip())
            folders = [(depth, folder) for depth, folder in folders if depth < indent]
            name = line.split()[0]
            path = folders[-1][1] / name if folders else PurePosixPath(name)
            if name.endswith("/"):
                folders.append((indent, path))
            yield path


# `__init__.py` is mentioned as that of a package.
NAMED = {code for page in (PAGE, GUIDE) for code in inline_code(page) if _PATH.fullmatch(code)} - {"__init__.py"}
TREE = sorted(tree_paths())


@pytest.mark.parametrize("path", sorted(NAMED | {str(path) for path in TREE}))
def test_a_path_it_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_trees_were_read() -> None:
    assert {"stacks/hcl", "operations/plan/model.py", "cli/views/plan.py"} <= {str(path) for path in TREE}


def test_the_trees_list_every_module() -> None:
    folders = {path.parent for path in TREE if path.suffix == ".py" and str(path.parent) not in GROUPS}
    modules = {
        PurePosixPath(module.relative_to(ROOT).as_posix())
        for folder in folders
        for module in (ROOT / folder).glob("*.py")
        if not module.name.startswith("__")
    }

    assert sorted(map(str, modules - set(TREE))) == []


def test_every_package_of_the_code_is_named() -> None:
    named = {*NAMED, *(f"{path}/" for path in TREE)}
    packages = [
        folder.relative_to(ROOT).as_posix()
        for package in ("stacks", "operations", "cli")
        for folder in (ROOT / package).iterdir()
        if any(folder.glob("*.py"))
    ]

    assert [package for package in packages if not any(path.startswith(f"{package}/") for path in named)] == []


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = [code for page in (PAGE, GUIDE) for code in inline_code(page) if code.startswith("make ")]
    lines = [line for block in blocks(GUIDE) for line in block.text.splitlines() if line.startswith("make ")]
    named = {word for line in (*commands, *lines) for word in line.partition("#")[0].split()[1:] if "=" not in word}

    assert named - targets == set()
