"""Measures synth and start-up side by side, and says the ratios.

    synth         `ecsforge synth --env prod` of the repository's own project file
    plain         the same app with the bindings imported plainly, as any cdktf program in Python does
    help          `ecsforge --help`

Timings depend on the machine and on what else it does; the ratios between them hardly do.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Measurement, measure

ROOT = Path(__file__).parent.parent
ECSFORGE = [sys.executable, "-m", "cli"]


def main() -> None:
    """Measure, print the table, and print the ratios that the project promises."""
    with tempfile.TemporaryDirectory() as folder:
        synth = [*ECSFORGE, "synth", "--env", "prod", "--out", f"{folder}/cdktf.out"]
        warm_up = measure("first run", synth, cwd=ROOT, runs=1)
        fast = measure("synth", synth, cwd=ROOT, runs=5)
        hcl = measure("synth --format hcl", [*synth, "--format", "hcl"], cwd=ROOT)
        plain = measure("plain", synth, cwd=ROOT, environment={"ECSFORGE_PLAIN_BINDINGS": "1"})
        helped = measure("--help", [*ECSFORGE, "--help"], cwd=ROOT, runs=5)
        validate = measure("validate", [*ECSFORGE, "validate"], cwd=ROOT, runs=5)
    _print([warm_up, fast, hcl, plain, helped, validate])
    console = Console()
    console.print(
        f"synth is {plain.times(fast):.1f} times faster than with the bindings imported plainly (at least 10)"
    )
    console.print(f"synth takes {fast.megabytes:.0f} MB (under 300), plain {plain.megabytes:.0f} MB")
    console.print(f"--help takes {helped.times(fast):.2f} of the time of synth (under 0.25)")


def _print(measurements: list[Measurement]) -> None:
    table = Table("command", "median s", "peak MB", "runs")
    for m in measurements:
        table.add_row(m.name, f"{m.seconds:.2f}", f"{m.megabytes:.0f}", str(m.runs))
    Console().print(table)


if __name__ == "__main__":
    main()
