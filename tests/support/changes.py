"""The pairs of project files in tests/e2e/changes, which change every field that Terraform updates in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml

Name = Literal["before", "after", "stores_before", "stores_after"]
PAIRS: tuple[tuple[Name, Name], ...] = (("before", "after"), ("stores_before", "stores_after"))
"""The file before the changes of the other one. Data stores have a pair of their own: it keeps its encryption."""
FOLDER = Path(__file__).parents[1] / "e2e" / "changes"
SECRETS = 110
"""So many secrets that the policy of the execution role does not fit into an inline policy."""


def changed_project(name: Name) -> dict[str, Any]:
    """The content of a file; `before` and `after` with secrets that also change."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    if name not in PAIRS[0]:
        return content
    first = PAIRS[0].index(name)
    secrets = {f"V{number}": f"ssm:/changes/{number + first:060}" for number in range(SECRETS)}
    content["services"]["worker"]["secrets"] = secrets
    return content
