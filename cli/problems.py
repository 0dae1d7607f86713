"""How the problems of a project file are shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from cli.console import Console, counted
from stacks.errors import Position, Problem

# Longer lines are cut to a window around the column, so that the caret stays in view.
_WIDEST = 100


def report(console: Console, problems: Iterable[Problem], *, count: bool = True) -> None:
    """Print every problem to stderr, sorted by position, and with `count` how many there are.

    One line each on a pipe; on a terminal (or with FORCE_COLOR) with the offending source line below.
    """
    ordered = in_order(problems)
    for problem in ordered:
        if problem.severity == "warning":
            console.warn(str(problem))
        else:
            console.error(str(problem))
        if console.is_terminal("stderr") or console.colored("stderr"):
            _show_source(console, problem.where)
    summary = summarize(ordered) if count else ""
    if summary:
        console.error(summary)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems by position, each once: several environments can share one."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.where, str(problem)))


def summarize(problems: Iterable[Problem]) -> str:
    """`3 problems and 1 warning in ecsforge.yaml`; empty for a single problem outside a file, which says it all."""
    problems = list(problems)
    sources = {problem.where.source for problem in problems}
    if len(problems) < 2 and not any(problem.where.line for problem in problems):
        return ""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    counts = [counted(errors, "problem")] if errors else []
    counts += [counted(warnings, "warning")] if warnings else []
    return " and ".join(counts) + (f" in {sources.pop()}" if len(sources) == 1 else "")


def excerpt(where: Position) -> tuple[str, str] | None:
    """The source line at `where` and a line with a caret under its column; None where there is none."""
    if not where.line:
        return None
    try:
        line = Path(where.source).read_text(encoding="utf-8-sig").splitlines()[where.line - 1]
    except (OSError, ValueError, IndexError):
        return None
    start = max(0, where.column - 1 - _WIDEST // 2) if len(line) > _WIDEST else 0
    window = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in line[start : start + _WIDEST])
    before = window[: where.column - 1 - start]
    return window.rstrip(), " " * sum(map(_width, before)) + "^"


def _show_source(console: Console, where: Position) -> None:
    lines = excerpt(where)
    if lines is None:
        return
    gutter = f"{where.line:>5} | "
    console.error(f"{console.style(gutter, dim=True)}{lines[0]}")
    console.error(f"{console.style(' ' * (len(gutter) - 2) + '| ', dim=True)}{console.style(lines[1], fg='red')}")


def _width(char: str) -> int:
    """How many columns of a terminal `char` takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
