"""Measures this checkout beside another checkout of ecsforge, in alternating rounds.

    python -m benchmarks.against CHECKOUT [ROUNDS]

Both run with the installed dependencies of this Python. Prints the medians, and the time and memory of this checkout
relative to the other one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import ecsforge
from benchmarks.measure import ROOT, CommandFailed
from benchmarks.results import Measurement
from benchmarks.rounds import measure
from benchmarks.workplace import Case, Prepare, Workplace

HERE, OTHER = "here", "other"
ROUNDS = 5
CASES: dict[str, Callable[[Path], Prepare]] = {
    "1 service": lambda checkout: ecsforge.synth(1, checkout=checkout),
    "100 services": lambda checkout: ecsforge.synth(100, checkout=checkout),
    "300 services": lambda checkout: ecsforge.synth(300, checkout=checkout),
    "99 services, 10 environments": lambda checkout: ecsforge.synth(99, 10, checkout=checkout),
    "validate, 300 services": lambda checkout: ecsforge.validate(300, checkout=checkout),
    "--help": lambda checkout: ecsforge.show_help(checkout=checkout),
}


def main(arguments: Sequence[str]) -> None:
    """Measure both, and print the table."""
    if not 1 <= len(arguments) <= 2 or not (Path(arguments[0]) / "cli" / "__main__.py").is_file():
        sys.exit("usage: python -m benchmarks.against CHECKOUT [ROUNDS]; CHECKOUT is a clone of ecsforge")
    rounds = int(arguments[1]) if len(arguments) == 2 else ROUNDS
    checkouts = {HERE: ROOT, OTHER: Path(arguments[0]).absolute()}
    cases = [
        Case("against", name, tool, make(path)) for name, make in CASES.items() for tool, path in checkouts.items()
    ]
    with Workplace(ROOT) as workplace:
        try:
            measurements, _ = measure(cases, rounds, workplace, lambda text: print(text, file=sys.stderr))
        except CommandFailed as error:
            sys.exit(f"error: {error}")
    Console().print(table(measurements))


def table(measurements: Sequence[Measurement]) -> Table:
    """One line per case, with both checkouts."""
    made = Table("case", box=box.SIMPLE_HEAD)
    for name in (f"s {HERE}", f"s {OTHER}", "time", f"MB {HERE}", f"MB {OTHER}", "memory"):
        made.add_column(name, justify="right", no_wrap=True)
    found = {(each.case, each.tool): each for each in measurements}
    for name in dict.fromkeys(each.case for each in measurements):
        here, other = found[name, HERE], found[name, OTHER]
        made.add_row(
            name,
            *(f"{each.seconds:.3f}" for each in (here, other)),
            f"{here.seconds / other.seconds:.2f}",
            *(f"{each.megabytes:.0f}" for each in (here, other)),
            f"{here.megabytes / other.megabytes:.2f}",
        )
    return made


if __name__ == "__main__":
    main(sys.argv[1:])
