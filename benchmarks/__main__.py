"""Measures synth and start-up in one run, and prints the ratios.

    synth         `ecsforge synth --env prod` of the repository's own project file
    plain         the same app with the bindings imported plainly, as any cdktf program in Python does
    help          `ecsforge --help`

Timings depend on the machine and its load. The ratios between them are stable.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Command, measure

ROOT = Path(__file__).parent.parent
ECSFORGE = [sys.executable, "-m", "cli"]
ROUNDS = 5


def main() -> None:
    """Measure, then print the table and the ratios with their targets."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [*ECSFORGE, "synth", "--env", "prod", "--out", f"{folder}/cdktf.out"]
        synth = Command("synth", arguments, ROOT)
        hcl = Command("synth --format hcl", [*arguments, "--format", "hcl"], ROOT)
        plain = Command("synth, bindings imported plainly", arguments, ROOT, {"ECSFORGE_PLAIN_BINDINGS": "1"})
        help_ = Command("--help", [*ECSFORGE, "--help"], ROOT)
        validate = Command("validate", [*ECSFORGE, "validate"], ROOT)
        # Unpacks the bindings if necessary, and fills the file system cache.
        Command("warm-up", arguments, ROOT).run()
        measure([synth, hcl, plain, help_, validate], ROUNDS)
    _print([synth, hcl, plain, help_, validate])
    console = Console()
    faster = plain.seconds / synth.seconds
    console.print(f"synth is {faster:.1f} times as fast as with the bindings imported plainly (at least 10)")
    console.print(f"synth takes {synth.megabytes:.0f} MB (under 300), with plain bindings {plain.megabytes:.0f} MB")
    console.print(f"--help takes {help_.seconds / synth.seconds:.2f} of the time of synth (under 0.25)")


def _print(commands: list[Command]) -> None:
    table = Table("command", "seconds", "MB", title=f"best of {ROUNDS} alternating runs")
    for command in commands:
        table.add_row(command.name, f"{command.seconds:.2f}", f"{command.megabytes:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
