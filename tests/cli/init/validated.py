"""Validates the files that `init` writes."""

from __future__ import annotations

import re
from pathlib import Path

from cli.sentences import sentence
from stacks.project import Selection, problems_of

# Fields that the project file does not have yet.
_BUILD = re.compile(r"^    build:(?: .*)?\n(?:      .*\n)*", re.M)
_BEFORE = re.compile(r"^    deployment:.*\n      before:\n(?:        .*\n)+", re.M)


def errors_of(text: str, folder: Path) -> list[str]:
    """The errors of a project file. `build` and `deployment.before` are removed until the models have them."""
    file = folder / "validated.yaml"
    file.write_text(_BEFORE.sub("", _BUILD.sub("    image: example.com/app:1\n", text)), encoding="utf-8")
    return [sentence(problem) for problem in problems_of(Selection(file=file)) if problem.severity == "error"]
