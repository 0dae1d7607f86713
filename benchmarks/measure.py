"""Wall time and memory of a command and its child processes."""

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
    """A command to measure, with the wall time of its runs in seconds and its peak memory in MB.

    Memory is the sum over the command and all its descendants at one moment. Shared pages count once if the system
    reports the proportional set size (Linux), and once per process otherwise.
    """

    name: str
    arguments: Sequence[str]
    cwd: Path
    env_vars: Mapping[str, str] = field(default_factory=dict)
    all_seconds: list[float] = field(default_factory=list)
    megabytes: float = 0

    @property
    def seconds(self) -> float:
        """The shortest run, because load on the machine only makes a run longer."""
        return min(self.all_seconds)

    def run(self) -> None:
        """Run the command once and record the time and memory.

        Raises:
            subprocess.CalledProcessError: The command failed.
        """
        seconds, memory = _run(self.arguments, self.cwd, {**os.environ, **self.env_vars})
        self.all_seconds.append(seconds)
        self.megabytes = max(self.megabytes, memory / 1e6)


def measure(commands: Sequence[Command], rounds: int) -> None:
    """Run all commands in turn, `rounds` times, so that load on the machine affects each of them."""
    for _ in range(rounds):
        for command in commands:
            command.run()


def _run(command: Sequence[str], cwd: Path, env_vars: Mapping[str, str]) -> tuple[float, int]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=env_vars, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(SAMPLE_SECONDS)
    seconds = time.perf_counter() - started
    assert process.stderr is not None
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=process.stderr.read())
    process.stderr.close()
    return seconds, peak


def _memory(pid: int) -> int:
    """The memory of a process and its descendants, in bytes; 0 after it has exited."""
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
