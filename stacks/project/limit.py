"""Limits how many problems of one kind are reported: a file can have tens of thousands."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from stacks.errors import Problem

MAX_PROBLEMS = 1000
"""Nobody reads more, and the suggestions for tens of thousands of misspelt names take minutes."""


def limited(problems: Iterable[Problem], count: int) -> list[Problem]:
    """At most `MAX_PROBLEMS` of `count` problems; if those are not all, the last one says how many are not listed.

    The rest of an iterator is not computed.
    """
    if count <= MAX_PROBLEMS:
        return list(problems)
    listed = list(islice(problems, MAX_PROBLEMS - 1))
    last = max(problem.where for problem in listed)
    return [*listed, Problem(last, f"and {count - len(listed):,} more problems", None, "correct the others first")]
