"""Tests that a file with tens of thousands of problems is checked in seconds, with at most a thousand of a kind."""

from __future__ import annotations

from itertools import count

import pytest

from stacks.errors import Position, Problem
from stacks.project.limit import limited
from tests.project.conftest import Check
from tests.project.texts import top

MANY = 30_000


def problem(line: int) -> Problem:
    return Problem(Position("ecsforge.yaml", line, 1), "wrong")


def test_up_to_a_thousand_problems_are_all_listed() -> None:
    assert limited(map(problem, range(1000)), 1000) == [problem(line) for line in range(1000)]


def test_of_more_than_a_thousand_the_last_says_how_many_are_not_listed() -> None:
    problems = limited(map(problem, count()), 8000)

    assert problems[:-1] == [problem(line) for line in range(999)]
    assert problems[-1] == Problem(
        Position("ecsforge.yaml", 998, 1), "and 7,001 more problems", None, "correct the others first"
    )


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        (
            "services:\n" + "".join(f"  s{n}: {{image: 'a:1', bad: 1}}\n" for n in range(8000)),
            "3:22: unknown key in services.s0; got bad; valid keys are ",
            "1001:24: and 7,001 more problems; correct the others first",
        ),
        (
            "services: {web: {command: [" + "[x], " * MANY + "]}}",
            "2:28: services.web.command[0] must be text; got a list; write x",
            "2:5018: and 29,001 more problems; correct the others first",
        ),
        (
            "services: {web: {environment: {" + "".join(f"V{n}: , " for n in range(8000)) + "}}}",
            "2:32: services.web.environment.V0 has no value; ",
            "2:7906: and 7,001 more problems; correct the others first",
        ),
        (
            "<<: [" + ", ".join(f"{{key{n}: 1}}" for n in range(MANY)) + "]",
            "2:7: unknown key at the top level; got key0; valid keys are ",
            "2:12871: and 29,001 more problems; correct the others first",
        ),
        (
            "region: eu-west-1\n" * MANY,
            "3:1: duplicate key `region`, first used on line 2; remove one of the two",
            "1001:1: and 29,000 more problems; correct the others first",
        ),
        (
            "services: {web: {image: 'app:1', port: 80, command: [" + "!x a, " * 1500 + "]}}",
            "2:54: YAML tags are not supported; got !x; write the plain value",
            "2:6042: and 501 more problems; correct the others first",
        ),
        (
            "environments:\n" + "".join(f"  E{n}: {{}}\n" for n in range(1500)),
            "3:3: an environment name must be a lower-case letter",
            "1001:3: and 501 more problems; correct the others first",
        ),
        (
            "services:\n"
            + "".join(f"  service-{n}: {{image: 'a:1', http: {{paths: [/{n}]}}}}\n" for n in range(50))
            + "environments:\n  dev:\n    services:\n"
            + "".join(f"      other-{n}: {{cpu: 256}}\n" for n in range(8000)),
            "56:7: an environment can only override services that are in the file, or add one with an image; "
            "got other-0; the services are ",
            "1054:7: and 7,001 more problems; correct the others first",
        ),
    ],
    ids=["services", "items", "empty", "merged", "duplicates", "tags", "names of environments", "overrides"],
)
def test_problems_of_one_kind_are_limited(check: Check, text: str, first: str, last: str) -> None:
    listed = [line.removeprefix("error ecsforge.yaml:") for line in check(top(text)) if line.startswith("error")]

    assert listed[0].startswith(first)
    assert listed[-1] == last
    assert len(listed) == 1000


def test_of_thousands_of_services_a_hundred_are_compared_and_listed(check: Check) -> None:
    services = "".join(f"  s{n}: {{image: 'a:1', port: 80, http: {{hosts: [s{n}.example.com]}}}}\n" for n in range(80))
    workers = "".join(f"  w{n}: {{image: 'a:1', port: null}}\n" for n in range(80))
    overrides = "  dev: {services: {worker: {cpu: 256}, s79x: {cpu: 256}}}"

    problems = check(top(f"services:\n{services}{workers}environments:\n{overrides}"), env="dev")

    what = "an environment can only override services that are in the file, or add one with an image"
    known = ", ".join([*(f"s{n}" for n in range(80)), *(f"w{n}" for n in range(20))])
    assert [line for line in problems if what in line] == [
        f"error ecsforge.yaml:164:20: {what}; got worker; the services are {known} and 60 more",
        f"error ecsforge.yaml:164:40: {what}; got s79x; did you mean s79?",
    ]
