"""The results as tables for the terminal."""

from __future__ import annotations

from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.results import ECSFORGE, Results


def show(results: Results, console: Console) -> None:
    """Print one table per group, then how they were measured. They fit into 60 columns.

    A tool's ratio is its time divided by that of ecsforge in the same run. A dash is what was left out.
    """
    for group, cases in groupby(results.cases(), key=lambda case: case[0]):
        table = Table(title=group, title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("case", overflow="fold")
        table.add_column("tool", no_wrap=True)
        for name in ("seconds", "ratio", "MB"):
            table.add_column(name, justify="right", no_wrap=True)
        for _, case in cases:
            _add_case(table, results, group, case)
        console.print(table)
    console.print(results.conditions())


def _add_case(table: Table, results: Results, group: str, case: str) -> None:
    own = results.find(group, case, ECSFORGE)
    reasons = {each.tool for each in results.left_out if (each.group, each.case) == (group, case)}
    first = True
    for tool in results.tools(group):
        found = results.find(group, case, tool)
        if found is not None:
            ratio = "" if own is None or tool == ECSFORGE else f"{found.seconds / own.seconds:.1f}"
            table.add_row(case if first else "", tool, f"{found.seconds:.2f}", ratio, f"{found.megabytes:.0f}")
        elif tool in reasons:
            table.add_row(case if first else "", tool, "-", "-", "-")
        else:
            continue
        first = False
