"""A plan as Markdown for the comment of a pull request: counts and warnings first, the changes folded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.console import Console
from cli.views.plan import headline, render
from operations.plan.model import Plan
from operations.text import counted, visible

LIMIT = 60_000
"""Bytes of a plan. GitHub accepts comments of 65,536 characters (REST API, "body is too long")."""
_WIDTH = 100
_MAX_WARNINGS = 20


def markdown(plan: Plan, *, limit: int = LIMIT) -> str:
    """The plan as GitHub Flavored Markdown in at most `limit` bytes; a longer one is cut, with a note.

    The text of the plan is in code blocks only, so that nothing in it is read as Markdown.
    """
    stack, _, counts = headline(plan).partition(": ")
    head = [f"### `{stack}`", "", counts, ""]
    if plan.risks:
        head += ["**Warnings**", "", *_block(list(_warnings(plan))), ""]
    if not plan.has_changes:
        return "\n".join(head).rstrip()
    text = visible(render(plan, Console(no_color=True), width=_WIDTH)).splitlines()[1:]
    lines = [line.rstrip() for line in "\n".join(text).strip("\n").splitlines()]
    head += ["<details><summary>Changes</summary>", ""]
    fixed = _bytes([*head, *_block([]), "", "</details>", "", _note(len(lines), stack)]) + len(_fence(lines)) * 2
    kept, left = [], limit - fixed
    for line in lines:
        left -= _bytes([line])
        if left < 0:
            break
        kept.append(line)
    cut = len(lines) - len(kept)
    return "\n".join([*head, *_block(kept), "", "</details>", *(["", _note(cut, stack)] if cut else [])])


def _warnings(plan: Plan) -> Iterator[str]:
    """A line for each change that costs data or traffic."""
    for resource in plan.risks[:_MAX_WARNINGS]:
        assert resource.risk is not None
        verb = "replaced" if resource.action == "replace" else "destroyed"
        yield visible(f"{resource.place} is {verb}: {resource.risk.text}")
    if len(plan.risks) > _MAX_WARNINGS:
        yield f"and {len(plan.risks) - _MAX_WARNINGS} more"


def _note(lines: int, stack: str) -> str:
    return f"_The plan of `{stack}` is too long for a comment: {counted(lines, 'line')} left out. See the job's log._"


def _block(lines: list[str]) -> list[str]:
    fence = _fence(lines)
    return [f"{fence}text", *lines, fence]


def _fence(lines: list[str]) -> str:
    """Backticks that are longer than any in the lines."""
    runs = re.findall("`+", "\n".join(lines))
    return "`" * max(3, 1 + max(map(len, runs), default=0))


def _bytes(lines: list[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
