"""Wall time and memory of a command and its child processes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.02
ROOT = Path(__file__).parent.parent
_REMOVED = ("ECSFORGE_", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Command:
    """A command to measure.

    `env_vars` are added to the variables of this process, without those of ecsforge, and without the one that makes
    Python compile each module again in every run; an installed package is compiled.
    """

    arguments: Sequence[str]
    cwd: Path
    env_vars: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """All its environment variables."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_REMOVED)}
        return {**kept, **self.env_vars}


@dataclass(frozen=True)
class Run:
    """The wall time of a command in seconds, and its peak memory in MB.

    Memory is the sum over the command and all its descendants at one moment, sampled every 20 ms. Shared pages count
    once if the system reports the proportional set size (Linux), and once per process otherwise.
    """

    seconds: float
    megabytes: float


class CommandFailed(Exception):
    """A command exited with another code than 0. Its message contains the command and its stderr."""


class TooLong(Exception):
    """A command took longer than its limit, and was killed."""


def run(command: Command, limit: float | None = None) -> Run:
    """Run a command once.

    Args:
        command: What to run. It reads nothing from stdin, and its stdout is discarded.
        limit: Seconds after which it is killed; None for no limit.

    Raises:
        CommandFailed: It exited with another code than 0.
        TooLong: It reached the limit.
    """
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            cwd=command.cwd,
            env=command.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        sampler = _Sampler(process.pid, None if limit is None else started + limit)
        try:
            sampler.start()
            process.wait()
            seconds = time.perf_counter() - started
        finally:
            sampler.stop()
            if process.poll() is None:  # interrupted
                kill_tree(process.pid)
                process.wait()
        if sampler.timed_out:
            raise TooLong
        if process.returncode:
            errors.seek(0)
            text = errors.read().decode(errors="replace").strip()
            raise CommandFailed(f"{' '.join(command.arguments)}: exit code {process.returncode}\n{text}")
    return Run(seconds, sampler.peak / 1e6)


def run_all(commands: Sequence[Command], limit: float | None = None) -> Run:
    """Run commands one after the other: their wall time together, and the peak memory of the largest."""
    runs = [run(command, limit) for command in commands]
    return Run(sum(each.seconds for each in runs), max(each.megabytes for each in runs))


class _Sampler(threading.Thread):
    """Samples the memory of a process and its descendants, in bytes, and kills them at a deadline."""

    def __init__(self, pid: int, deadline: float | None) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.timed_out = False
        self._pid, self._deadline = pid, deadline
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(map(_memory, _family(self._pid))))
            if self._deadline is not None and time.perf_counter() > self._deadline:
                self.timed_out = True
                kill_tree(self._pid)
                return

    def stop(self) -> None:
        """Stop sampling."""
        self._stopped.set()
        self.join()


def kill_tree(pid: int) -> None:
    """Kill a process, which must not have been waited for, and its descendants."""
    for process in reversed(_family(pid)):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> int:
    try:
        used = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    memory: int = getattr(used, "pss", used.rss)
    return memory
