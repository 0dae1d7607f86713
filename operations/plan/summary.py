"""Counts the actions of a plan: `1 to create, 2 to change, 30 unchanged`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.text import counted

if TYPE_CHECKING:
    from operations.plan.model import Action, Plan

_VERBS: dict[Action, str] = {
    "create": "to create",
    "update": "to change",
    "replace": "to replace",
    "destroy": "to destroy",
    "import": "to import",
    "forget": "to forget",
    "move": "to move",
}


def summary(plan: Plan) -> str:
    """The number of resources by action, or `no changes`."""
    if not plan.has_changes:
        return "no changes"
    counts = [f"{plan.count(action)} {verb}" for action, verb in _VERBS.items() if plan.count(action)]
    if not counts:
        counts = [counted(len(plan.outputs), "output") + " to change"]
    return ", ".join([*counts, *([f"{plan.kept} unchanged"] if plan.kept else [])])
