"""Prints the results of the checks: a line or a few for each on a terminal, a row for each on a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from cli.console import Console
from cli.sentences import message, sentence
from cli.views.layout import text_width, wrapped
from operations.checks.model import CheckResult, Status

_MARKS: dict[Status, str] = {"ok": "ok", "warning": "warning", "missing": "MISSING", "failed": "FAILED"}
_COLORS: dict[Status, str] = {"ok": "green", "warning": "yellow", "missing": "red", "failed": "red"}
_INDENT = 9


def show_findings(console: Console, findings: Sequence[CheckResult]) -> None:
    """Print every result."""
    if not console.is_terminal("stdout"):
        rows = [(each.check, _MARKS[each.status], found(each), fix(each), ", ".join(each.calls)) for each in findings]
        console.table(rows, ("Check", "", "Found", "What to do", "Calls"))
        return
    for each in findings:
        for line in _lines(each, console, text_width(console, "stdout")):
            console.data(line)


def _lines(finding: CheckResult, console: Console, width: int) -> Iterator[str]:
    mark, indent = _MARKS[finding.status].ljust(_INDENT), " " * _INDENT
    first, *rest = wrapped(f"{finding.check}: {found(finding)}", width, first=mark, rest=indent)
    color = _COLORS[finding.status]
    yield console.style(mark, stream="stdout", fg=color, bold=finding.status != "ok") + first[_INDENT:]
    yield from rest
    if what_to_do := fix(finding):
        yield from wrapped(what_to_do, width, first=f"{indent}fix: ", rest=f"{indent}     ")
    if finding.calls:
        for line in wrapped(", ".join(finding.calls), width, first=f"{indent}calls: ", rest=f"{indent}       "):
            yield console.style(line, stream="stdout", dim=True)


def found(finding: CheckResult) -> str:
    """What a check found: its text, or its problem without the fix."""
    if finding.problem is None:
        return finding.found
    return sentence(replace(finding.problem, fix="", command=()))


def fix(finding: CheckResult) -> str:
    """What to do about it; empty when nothing has to be done."""
    if finding.problem is None or not finding.problem.command:
        return finding.fix
    return message(replace(finding.problem, what="", got=None, fix=finding.fix))


def result_json(finding: CheckResult) -> dict[str, Any]:
    """The result of a check, as `doctor --json` prints it."""
    return {
        "check": finding.check,
        "status": finding.status,
        "found": found(finding),
        "fix": fix(finding),
        "calls": list(finding.calls),
    }
