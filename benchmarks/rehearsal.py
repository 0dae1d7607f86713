"""Measures the time that the emulator's rules, models and recorder add to a rehearsal.

    python -m benchmarks.rehearsal [FILE [ENV]]

Rehearses an environment with and without them in turn, so that load on the machine affects both, and compares the
shortest of each. Default: the environment `prod` of the repository's own project file. `ECSFORGE_PROVIDER_MIRROR` is
used as in a rehearsal. Prints the CPU time of the emulator too, which does not depend on the load.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.lifecycle import Lifecycle
from operations.rehearsal.prerequisites import account_id_of
from operations.rehearsal.run import run
from operations.reporter import Silent
from operations.terraform.binary import find_terraform
from stacks.project import Loaded, Selection, load

PROJECT = Path(__file__).parent.parent / "ecsforge.yaml"
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """A rehearsal: its wall time, and the CPU time of its emulator, in seconds."""

    wall: float
    cpu: float


class Timed(Lifecycle):
    """A rehearsal that reads the CPU time of its emulator before it stops."""

    cpu = 0.0

    def clean_up(self) -> None:
        times = psutil.Process(self.emulator.pid).cpu_times()
        self.cpu = times.user + times.system
        super().clean_up()


def main() -> None:
    """Measure both, then print the difference."""
    arguments = [*sys.argv[1:], *(str(PROJECT), "prod")[len(sys.argv) - 1 :]]
    loaded = load(Selection(file=Path(arguments[0]), env=arguments[1]))
    pairs = [(_rehearsal(loaded, ["layer"]), _rehearsal(loaded, [])) for _ in range(ROUNDS)]
    without, with_ = (min(each.wall for each in column) for column in zip(*pairs, strict=True))
    cpu_without, cpu_with = (min(each.cpu for each in column) for column in zip(*pairs, strict=True))
    console = Console()
    console.print(f"without the layer  {without:6.1f} s, {cpu_without:5.1f} s CPU of the emulator")
    console.print(f"with the layer     {with_:6.1f} s, {cpu_with:5.1f} s CPU of the emulator")
    console.print(f"added: {with_ - without:.1f} s, {100 * (with_ - without) / without:.1f} percent (at most 5)")
    console.print(
        f"added CPU: {cpu_with - cpu_without:.1f} s, {100 * (cpu_with - cpu_without) / without:.1f} percent of it"
    )


def _rehearsal(loaded: Loaded, disabled: list[str]) -> Measured:
    folder = Path(tempfile.mkdtemp(prefix="ecsforge-benchmark-"))
    emulator = Emulator(account_id_of(loaded.projects[0]), disabled=disabled)
    lifecycle = Timed(loaded, folder, binary=find_terraform(), reporter=Silent(), emulator=emulator)
    report = run(lifecycle)
    if report.error is not None:
        raise report.error
    return Measured(report.seconds, lifecycle.cpu)


if __name__ == "__main__":
    main()
