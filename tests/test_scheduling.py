"""The order of the end-to-end tests, and which of them run on their own."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from tests.conftest import ROOT
from tests.support.scheduling import INDEPENDENT, LONGEST, LongestFirst, place_of


@pytest.mark.parametrize(
    ("test", "scope"),
    [
        ("tests/e2e/test_examples.py::test_an_example[grpc]", "tests/e2e/test_examples.py::test_an_example[grpc]"),
        ("tests/e2e/test_faults.py::test_a_fault[a::b]", "tests/e2e/test_faults.py"),
    ],
)
def test_an_example_runs_on_its_own_and_other_tests_with_their_file(test: str, scope: str) -> None:
    assert LongestFirst._split_scope(Mock(), test) == scope


def test_the_longest_files_are_first() -> None:
    assert sorted(["test_state", "test_examples", LONGEST[1], LONGEST[0]], key=place_of) == [
        *(LONGEST[0], LONGEST[1], "test_examples", "test_state")
    ]
    assert all((ROOT / "tests" / "e2e" / f"{name}.py").is_file() for name in (*LONGEST, *INDEPENDENT))
