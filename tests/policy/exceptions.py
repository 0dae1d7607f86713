"""The accepted findings of a scan: the rules of `exceptions.txt`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

FIELDS = 4


@dataclass(frozen=True, order=True)
class Failure:
    """A check of checkov that a resource fails; `title` describes what the check requires."""

    check: str
    resource: str
    title: str = ""


@dataclass(frozen=True)
class Rule:
    """One line of the file: the checks that may fail on some resources of a stack, and why."""

    line: int
    stack: str
    checks: tuple[str, ...]
    resource: str
    reason: str

    def explains(self, stack: str, failure: Failure) -> bool:
        """Whether this line covers the failure."""
        return (
            self.stack in ("*", stack) and failure.check in self.checks and fnmatchcase(failure.resource, self.resource)
        )


def read_rules(file: Path) -> tuple[Rule, ...]:
    """The exceptions of a file. Raises ValueError, with the line, where one is incomplete."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    return tuple(_rule(file, number, line) for number, line in lines if line.strip() and not line.startswith("#"))


def _rule(file: Path, number: int, line: str) -> Rule:
    fields = [field.strip() for field in line.split("|")]
    if len(fields) != FIELDS or not all(fields):
        raise ValueError(f"{file.name}:{number}: an exception is stack | checks | resource | why; got {line!r}")
    stack, checks, resource, reason = fields
    return Rule(number, stack, tuple(checks.split(",")), resource, reason)


def explanation(rules: Iterable[Rule], stack: str, failure: Failure) -> Rule | None:
    """The first rule that explains a failure of `stack`."""
    return next((rule for rule in rules if rule.explains(stack, failure)), None)


def unused(rules: Iterable[Rule], failures: Iterable[tuple[str, Failure]]) -> list[str]:
    """The checks of rules that explain none of `failures`, each with its stack."""
    found = [*failures]
    return [
        f"{rule.line}: {check} does not fail on any {rule.resource}"
        for rule in rules
        for check in rule.checks
        if not any(rule.explains(stack, failure) for stack, failure in found if failure.check == check)
    ]
