"""The problems of several environments as one list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stacks.errors import Problem
from stacks.project.suggest import listed


def of_all(by_environment: dict[str, list[Problem]]) -> Iterator[Problem]:
    """The problems of all environments. A problem in the file that only affects some of them names those."""
    environments: dict[Problem, list[str]] = {}
    for name, problems in by_environment.items():
        for problem in dict.fromkeys(problems):
            environments.setdefault(problem, []).append(name)
    for problem, names in environments.items():
        of_environment = not problem.where.line or problem.path[:1] == ("environments",)
        everywhere = len(names) == len(by_environment)
        yield (
            problem
            if of_environment or everywhere
            else replace(problem, what=f"{problem.what} (in {listed(names, 'and')})")
        )


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by position; a value that is invalid in several environments is one problem."""
    once: dict[Problem, Problem] = {}
    for problem in problems:
        once.setdefault(replace(problem, path=()), problem)
    return tuple(sorted(once.values(), key=lambda problem: (problem.where.line == 0, problem.where)))
