"""Formats problems as sentences, `{where}: {what}; got {x}; {fix}`. Nothing else formats or parses them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacks.errors import EcsforgeError, Problem


def sentence(problem: Problem) -> str:
    """One problem on one line."""
    where = str(problem.where)
    if problem.address is not None and problem.address != where:
        where = f"{where} ({problem.address})" if where else problem.address
    return f"{where}: {message(problem)}" if where else message(problem)


def message(problem: Problem) -> str:
    """What is wrong, what was found and how to fix it, without the place."""
    got = "" if problem.got is None else f"got {problem.got}"
    command = f"`{shlex.join(['ecsforge', *problem.command])}`" if problem.command else ""
    return "; ".join(filter(None, (problem.what, got, " ".join(filter(None, (problem.fix, command))))))


def sentences(error: EcsforgeError | Iterable[Problem]) -> str:
    """Each problem of an error on its own line, with its details indented below it."""
    problems = error.problems if isinstance(error, Exception) else error
    return "\n".join("\n  ".join((sentence(each), *each.details)) for each in problems)
