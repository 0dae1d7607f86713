"""The pair of project files in tests/e2e/changes, which change every field that Terraform updates in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "e2e" / "changes"
SECRETS = 110
"""So many secrets that the policy of the execution role does not fit into an inline policy."""


def changed_project(name: str) -> dict[str, Any]:
    """The content of `before` or `after`, with secrets that also change."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    first = {"before": 0, "after": 1}[name]
    secrets = {f"V{number}": f"ssm:/changes/{number + first:060}" for number in range(SECRETS)}
    content["services"]["worker"]["secrets"] = secrets
    return content
