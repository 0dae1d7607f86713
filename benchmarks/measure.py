"""Wall time and memory of a command with all the processes it starts."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.01


@dataclass(frozen=True)
class Measurement:
    """The median wall time in seconds, and the greatest memory in MB, of several runs of one command.

    Memory is the resident set of the command and all its descendants at one moment; pages that they share count
    once for each, so that it errs on the high side.
    """

    name: str
    seconds: float
    megabytes: float
    runs: int

    def times(self, other: Measurement) -> float:
        """How many times as long as `other` it takes."""
        return self.seconds / other.seconds


def measure(
    name: str, command: Sequence[str], *, cwd: Path, runs: int = 3, environment: Mapping[str, str] | None = None
) -> Measurement:
    """Run `command` `runs` times in `cwd`.

    Raises:
        subprocess.CalledProcessError: when a run fails.
    """
    results = [_run(command, cwd, {**os.environ, **(environment or {})}) for _ in range(runs)]
    seconds = statistics.median(result[0] for result in results)
    return Measurement(name, seconds, max(result[1] for result in results) / 1e6, runs)


def _run(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> tuple[float, int]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    greatest = 0
    while process.poll() is None:
        greatest = max(greatest, _resident(process.pid))
        time.sleep(SAMPLE_SECONDS)
    seconds = time.perf_counter() - started
    assert process.stderr is not None
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=process.stderr.read())
    process.stderr.close()
    return seconds, greatest


def _resident(pid: int) -> int:
    """The resident memory of a process and its descendants, in bytes; 0 once it is gone."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
