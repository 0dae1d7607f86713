"""The comparison of two checkouts."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import against
from benchmarks.results import Measurement


def test_ratios_are_of_this_checkout_to_the_other() -> None:
    measurements = [
        Measurement("against", "1 service", "here", [1, 2, 3], 90),
        Measurement("against", "1 service", "other", [4, 4, 4], 60),
    ]
    output = io.StringIO()

    Console(file=output, width=80).print(against.table(measurements))

    assert ["1", "service", "2.000", "4.000", "0.50", "90", "60", "1.50"] in [
        line.split() for line in output.getvalue().splitlines()
    ]


@pytest.mark.parametrize("arguments", [[], ["a", "1", "2"]])
def test_it_needs_a_checkout(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"^usage: python -m benchmarks"):
        against.main(arguments)


def test_another_folder_is_not_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="CHECKOUT is a clone of ecsforge"):
        against.main([str(tmp_path)])
