"""Prints the problems of a project file, with the source line on a terminal."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterable
from itertools import accumulate, takewhile
from pathlib import Path

from cli.console import Console
from cli.sentences import sentence
from operations.text import counted
from stacks.credentials import credential_in, names_credential
from stacks.errors import NOT_SHOWN, Problem

# Lines that are wider than the terminal are cut around the column, so that the caret is visible.
_MAX_WIDTH, _MIN_WIDTH = 100, 20
_GUTTER = "{:>5} | "
_PAIR = re.compile(r"""(?P<name>\w+)["']?:\s+(?P<value>"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,{}\[\]"'][^,{}\[\]]*)""")
_HIDDEN = "..."


def print_problems(console: Console, problems: Iterable[Problem], *, count: bool = True) -> None:
    """Print every problem to stderr, sorted by position, and with `count` the number of problems.

    Each problem is one line; on a terminal (or with FORCE_COLOR) its source line follows.
    """
    ordered = in_order(problems)
    for problem in ordered:
        if problem.severity == "warning":
            console.warn(problem)
        else:
            console.error(sentence(problem))
        if console.is_terminal("stderr") or console.colored("stderr"):
            _show_source(console, problem)
    summary = summarize(ordered) if count else ""
    if summary:
        console.error(summary)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems sorted by position, without duplicates: environments can share a problem."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.where, sentence(problem)))


def summarize(problems: Iterable[Problem]) -> str:
    """`3 problems and 1 warning in ecsforge.yaml`; empty for a single problem that is not in a file."""
    problems = list(problems)
    sources = {problem.where.source for problem in problems}
    if len(problems) < 2 and not any(problem.where.line for problem in problems):
        return ""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    counts = [counted(errors, "problem")] if errors else []
    counts += [counted(warnings, "warning")] if warnings else []
    return " and ".join(counts) + (f" in {sources.pop()}" if len(sources) == 1 else "")


def excerpt(problem: Problem, width: int = _MAX_WIDTH) -> tuple[str, str] | None:
    """The source line of `problem` and a line with a caret under its column; None if there is no line to show.

    Both fit into `width` columns of a terminal. Values that may be credentials are replaced with `...`.
    """
    where = problem.where
    if not where.line:
        return None
    try:
        line = Path(where.source).read_text(encoding="utf-8-sig").splitlines()[where.line - 1]
    except (OSError, ValueError, IndexError):
        return None
    line, at = _without_credentials(line, where.column - 1, problem)
    if credential_in(line):  # a credential in a list or a comment
        return None
    line = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in line)
    window, at = _window(line, min(at, len(line)), width)
    return window.rstrip(), " " * _columns(window[:at]) + "^"


def _without_credentials(line: str, at: int, problem: Problem) -> tuple[str, int]:
    """The line without values that may be credentials or that `problem` hides, and the new index of `at`."""
    kept, end_of_kept, column = "", 0, at
    for pair in _PAIR.finditer(line):
        start, end = pair.span("value")
        hidden = problem.got == NOT_SHOWN and start == at
        if hidden or names_credential(pair["name"]) or credential_in(pair["value"]):
            kept, end_of_kept = kept + line[end_of_kept:start] + _HIDDEN, end
            column += len(_HIDDEN) - (end - start) if end <= at else 0
    return kept + line[end_of_kept:], column


def _window(line: str, at: int, width: int) -> tuple[str, int]:
    """The part of the line around `at` that fits into `width` columns, and the index of `at` in it."""
    start = 0
    if _columns(line) > width:
        start = at - sum(1 for _ in takewhile(lambda used: used <= width // 2, _used(reversed(line[:at]))))
    end = start + sum(1 for _ in takewhile(lambda used: used <= width, _used(line[start:])))
    return line[start:end], at - start


def _used(text: Iterable[str]) -> Iterable[int]:
    """The number of columns up to and including each character."""
    return accumulate(map(_width, text))


def _columns(text: str) -> int:
    return sum(map(_width, text))


def _show_source(console: Console, problem: Problem) -> None:
    gutter = _GUTTER.format(problem.where.line)
    lines = excerpt(problem, max(_MIN_WIDTH, min(_MAX_WIDTH, shutil.get_terminal_size().columns - len(gutter))))
    if lines is None:
        return
    console.error(f"{console.style(gutter, dim=True)}{lines[0]}")
    console.error(f"{console.style(' ' * (len(gutter) - 2) + '| ', dim=True)}{console.style(lines[1], fg='red')}")


def _width(char: str) -> int:
    """The number of columns that `char` takes on a terminal."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
