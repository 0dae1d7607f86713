"""Validates the files that `init` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from stacks.project import Selection, problems_of


def errors_of(text: str, folder: Path) -> list[str]:
    """The errors of a project file whose Dockerfiles exist."""
    file = folder / "validated.yaml"
    file.write_text(text, encoding="utf-8")
    for service in yaml.safe_load(text)["services"].values():
        _make_dockerfile(folder, (service or {}).get("build"))
    return [problem.what for problem in problems_of(Selection(file=file)) if problem.severity == "error"]


def _make_dockerfile(folder: Path, build: Any) -> None:
    if build is None:
        return
    settings = {"context": build} if isinstance(build, str) else build
    dockerfile = folder / settings.get("context", ".") / settings.get("dockerfile", "Dockerfile")
    dockerfile.parent.mkdir(parents=True, exist_ok=True)
    dockerfile.write_text("FROM scratch\n", encoding="utf-8")
