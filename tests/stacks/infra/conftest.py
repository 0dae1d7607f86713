"""The user's own Terraform in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from stacks.errors import Problem
from stacks.infra import OwnTerraform, read_own_terraform

Own = Callable[..., OwnTerraform]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Own:
    """`own({"main.tf": "..."})`: the folder `infra` of the current folder, with these files."""
    monkeypatch.chdir(tmp_path)

    def written(files: dict[str, str] | str) -> OwnTerraform:
        for path, text in ({"main.tf": files} if isinstance(files, str) else files).items():
            file = tmp_path / "infra" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return read_own_terraform(Path(), "infra/")

    return written


def sentences_of(problems: Iterable[Problem]) -> list[str]:
    """The problems as sentences."""
    from cli.sentences import sentence

    return [sentence(problem) for problem in problems]
