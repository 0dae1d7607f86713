"""Measures ecsforge and its peers in one run, and prints the times and the memory.

    python -m benchmarks [--rounds N] [--json FILE] [--only GROUP...] [--peers DIR]

`benchmarks/cases.py` lists what is measured. Timings depend on the machine and its load; the ratios between them are
more stable. A peer that can't be installed, and Terraform if it is missing, are left out with a notice on stderr.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.cases import CASES, GROUPS
from benchmarks.measure import ROOT, CommandFailed
from benchmarks.results import Results
from benchmarks.rounds import measure
from benchmarks.table import show
from benchmarks.versions import versions
from benchmarks.workplace import Workplace

ENOUGH_ROUNDS = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON."""
    given = _parser().parse_args(arguments)
    if given.rounds < ENOUGH_ROUNDS:
        _notice(f"{given.rounds} of at least {ENOUGH_ROUNDS} rounds: do not publish these numbers")
    results = Results(datetime.datetime.now(datetime.UTC).date().isoformat(), given.rounds, {})
    for group in given.only:
        cases = [case for case in CASES if case.group == group]
        _notice(f"Measuring {group} ...")
        # Every group has a workplace of its own, so that no emulator of an earlier group is running.
        with Workplace(given.peers) as workplace:
            try:
                measurements, left_out = measure(cases, given.rounds, workplace, _notice)
            except CommandFailed as error:
                sys.exit(f"error: {error}")
        results.measurements += measurements
        results.left_out += left_out
    results.versions = versions(given.peers)
    show(results, Console())
    if given.json is not None:
        results.write(given.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed and memory.")
    parser.add_argument("--rounds", type=_rounds, default=ENOUGH_ROUNDS, help="alternating rounds (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to this file")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, help="measure only these groups")
    parser.add_argument(
        "--peers",
        type=Path,
        metavar="DIR",
        default=ROOT / ".venv" / "peers",
        help="folder for the virtual environments of the peers (default: .venv/peers)",
    )
    return parser


def _rounds(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _notice(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
