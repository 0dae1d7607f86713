"""How the problems of a project file are shown."""

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

# Longer lines are cut to a window around the column, so that the caret stays in view.
_WIDEST, _NARROWEST = 100, 20
_GUTTER = "{:>5} | "
_PAIR = re.compile(r"""(?P<name>\w+)["']?:\s+(?P<value>"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,{}\[\]"'][^,{}\[\]]*)""")
_HIDDEN = "..."


def report(console: Console, problems: Iterable[Problem], *, count: bool = True) -> None:
    """Print every problem to stderr, sorted by position, and with `count` how many there are.

    One line each on a pipe; on a terminal (or with FORCE_COLOR) with the offending source line below.
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
    """The problems by position, each once: several environments can share one."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.where, sentence(problem)))


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


def excerpt(problem: Problem, room: int = _WIDEST) -> tuple[str, str] | None:
    """The source line of `problem` and a line with a caret under its column; None where there is none to show.

    Both fit into `room` columns of a terminal. What the line says that may be a credential is left out.
    """
    where = problem.where
    if not where.line:
        return None
    try:
        line = Path(where.source).read_text(encoding="utf-8-sig").splitlines()[where.line - 1]
    except (OSError, ValueError, IndexError):
        return None
    line, at = _without_credentials(line, where.column - 1, problem)
    if credential_in(line):  # in a list or a comment
        return None
    line = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in line)
    window, at = _window(line, min(at, len(line)), room)
    return window.rstrip(), " " * _columns(window[:at]) + "^"


def _without_credentials(line: str, at: int, problem: Problem) -> tuple[str, int]:
    """The line without values that look like credentials, or that `problem` does not repeat; and where `at` is then."""
    kept, done, column = "", 0, at
    for pair in _PAIR.finditer(line):
        start, end = pair.span("value")
        untold = problem.got == NOT_SHOWN and start == at
        if untold or names_credential(pair["name"]) or credential_in(pair["value"]):
            kept, done = kept + line[done:start] + _HIDDEN, end
            column += len(_HIDDEN) - (end - start) if end <= at else 0
    return kept + line[done:], column


def _window(line: str, at: int, room: int) -> tuple[str, int]:
    """The part of the line around `at` that fits into `room` columns, and where `at` is in it."""
    start = 0
    if _columns(line) > room:
        start = at - sum(1 for _ in takewhile(lambda used: used <= room // 2, _used(reversed(line[:at]))))
    end = start + sum(1 for _ in takewhile(lambda used: used <= room, _used(line[start:])))
    return line[start:end], at - start


def _used(text: Iterable[str]) -> Iterable[int]:
    """How many columns the text takes up to and with each character."""
    return accumulate(map(_width, text))


def _columns(text: str) -> int:
    return sum(map(_width, text))


def _show_source(console: Console, problem: Problem) -> None:
    gutter = _GUTTER.format(problem.where.line)
    lines = excerpt(problem, max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns - len(gutter))))
    if lines is None:
        return
    console.error(f"{console.style(gutter, dim=True)}{lines[0]}")
    console.error(f"{console.style(' ' * (len(gutter) - 2) + '| ', dim=True)}{console.style(lines[1], fg='red')}")


def _width(char: str) -> int:
    """How many columns of a terminal `char` takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
