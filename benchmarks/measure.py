"""Wall time and memory of a command with all the processes it starts."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.05


@dataclass
class Command:
    """A command to measure, and what its runs took: wall time in seconds, the greatest memory in MB.

    Memory is that of the command and all its descendants at one moment. Pages that they share count once where the
    system tells (the proportional set size of Linux), and once for each process where it does not.
    """

    name: str
    arguments: Sequence[str]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    all_seconds: list[float] = field(default_factory=list)
    megabytes: float = 0

    @property
    def seconds(self) -> float:
        """The shortest run: what else the machine does only ever adds to it."""
        return min(self.all_seconds)

    def run(self) -> None:
        """Run it once more.

        Raises:
            subprocess.CalledProcessError: when it fails.
        """
        seconds, memory = _run(self.arguments, self.cwd, {**os.environ, **self.environment})
        self.all_seconds.append(seconds)
        self.megabytes = max(self.megabytes, memory / 1e6)


def measure(commands: Sequence[Command], rounds: int) -> None:
    """Run all the commands in turn, `rounds` times, so that a busy moment of the machine meets each of them."""
    for _ in range(rounds):
        for command in commands:
            command.run()


def _run(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> tuple[float, int]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    greatest = 0
    while process.poll() is None:
        greatest = max(greatest, _memory(process.pid))
        time.sleep(SAMPLE_SECONDS)
    seconds = time.perf_counter() - started
    assert process.stderr is not None
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=process.stderr.read())
    process.stderr.close()
    return seconds, greatest


def _memory(pid: int) -> int:
    """The memory of a process and its descendants, in bytes; 0 once it is gone."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in family:
        try:
            used = process.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        total += getattr(used, "pss", used.rss)
    return total
