"""Reads and checks the project file: from a selection to one `Project` per environment.

    Selection ─> loader ─> reader (YAML to nodes) ─> overlay ─> fields (nodes to models) ─> rules ─> Loaded

Nothing here imports cdktf.
"""

from __future__ import annotations

from stacks.project.loader import (
    Outline,
    Validation,
    environments_in,
    load,
    load_shared,
    outline,
    problems_of,
    validate,
)
from stacks.project.selection import FILE_NAME, Loaded, Selection, Shared

__all__ = [
    "FILE_NAME",
    "Loaded",
    "Outline",
    "Selection",
    "Shared",
    "Validation",
    "environments_in",
    "load",
    "load_shared",
    "outline",
    "problems_of",
    "validate",
]
