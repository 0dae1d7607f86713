"""The tables for the terminal and for the README."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from benchmarks.readme import README, RESULTS, replaced, tables
from benchmarks.results import read
from benchmarks.table import show
from tests.benchmarks.some import results

README_TABLES = """\
| synth of one environment | ecsforge | cdktf | cdktn |
| --- | --- | --- | --- |
| 1 service | 1.23 s, 100 MB | 12.35 s (10.0 times), 400 MB | - |
| 300 services | 6.00 s, 250 MB | - | - |

| beside a boto3 script | ecsforge | boto3 |
| --- | --- | --- |
| release | 0.50 s, 60 MB | 0.25 s (0.5 times), 40 MB |

Medians of 5 alternating rounds on 2026-11-27; memory is the peak of the whole process tree. ecsforge 0.1.0, \
Python 3.11.7.

cdktn, 1 service: left out, it can't be installed: no network.
"""


@pytest.mark.parametrize("width", [60, 100])
def test_the_table_fits_and_has_ratios_and_a_dash_for_what_was_left_out(width: int) -> None:
    output = io.StringIO()
    show(results(), Console(file=output, width=width))

    lines = [line.rstrip() for line in output.getvalue().splitlines()]
    cells = [line.split() for line in lines]
    assert max(map(len, lines)) <= width
    assert ["1", "service", "ecsforge", "1.23", "100"] in cells
    assert ["cdktf", "12.35", "10.0", "400"] in cells
    assert ["cdktn", "-", "-", "-"] in cells
    assert ["300", "services", "ecsforge", "6.00", "250"] in cells
    assert "Medians of 5 alternating rounds on 2026-11-27" in output.getvalue()


def test_the_tables_of_the_readme() -> None:
    assert tables(results()) == README_TABLES


def test_only_the_text_between_the_markers_is_replaced() -> None:
    text = "before\n<!-- benchmarks -->\nold\n<!-- end benchmarks -->\nafter\n"

    written = replaced(text, results())

    assert written == f"before\n<!-- benchmarks -->\n\n{README_TABLES}\n<!-- end benchmarks -->\nafter\n"
    assert replaced(written, results()) == written


def test_a_readme_without_markers_is_not_changed() -> None:
    with pytest.raises(ValueError, match="does not contain <!-- benchmarks -->"):
        replaced("# ecsforge\n", results())


def test_the_readme_has_the_results() -> None:
    text = README.read_text(encoding="utf-8")

    assert replaced(text, read(RESULTS)) == text
