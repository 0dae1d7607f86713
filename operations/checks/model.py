"""The result of a check, as `doctor` and `deploy` report it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from stacks.errors import Problem

Status = Literal["ok", "warning", "missing", "failed"]


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    Attributes:
        check: What was checked.
        status: `missing` when a deploy would fail without it; `warning` when it would not, or when the credentials may
            not check it; `failed` when AWS did not answer the check.
        found: What was found; empty when there is a problem.
        fix: What to do about it; empty when nothing has to be done.
        problem: The problem that was found; None when nothing failed.
        calls: The AWS calls that the check made, by their IAM action: `ssm:DescribeParameters`.
    """

    check: str
    status: Status
    found: str
    fix: str = ""
    problem: Problem | None = None
    calls: tuple[str, ...] = ()

    @classmethod
    def of(cls, check: str, problem: Problem, *, status: Status = "missing", calls: Iterable[str] = ()) -> CheckResult:
        """The finding that something is missing because of a problem."""
        return cls(check, status, "", problem.fix, problem, tuple(calls))


def complete(findings: Iterable[CheckResult]) -> bool:
    """Whether everything that a deploy needs is available, as far as the checks could be made."""
    return all(finding.status not in ("missing", "failed") for finding in findings)
