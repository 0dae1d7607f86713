from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.sentences import sentence
from stacks.errors import Problem
from stacks.project import Loaded, Selection, load, problems_of

Check = Callable[..., list[str]]
Load = Callable[..., Loaded]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a Dockerfile, another one in `api`, and a link to a folder outside."""
    monkeypatch.chdir(tmp_path)
    for place in (tmp_path, tmp_path / "api"):
        place.mkdir(exist_ok=True)
        (place / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "outside").symlink_to("/usr")
    return tmp_path


@pytest.fixture
def check(folder: Path) -> Check:
    """Write a project file and return its problems as `severity position: message`."""

    def check(content: str | bytes, **selection: object) -> list[str]:
        return [f"{problem.severity} {sentence(problem)}" for problem in problems(folder, content, **selection)]

    return check


def problems(folder: Path, content: str | bytes, **selection: object) -> tuple[Problem, ...]:
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "ecsforge.yaml").write_bytes(data)
    return problems_of(Selection(**selection))  # type: ignore[arg-type]


@pytest.fixture
def loaded(folder: Path) -> Load:
    """Write a project file and load it."""

    def loaded(content: str, **selection: object) -> Loaded:
        (folder / "ecsforge.yaml").write_text(content)
        return load(Selection(**selection))  # type: ignore[arg-type]

    return loaded
