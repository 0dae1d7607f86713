"""Runs ecsforge as a child process that a stop signal or a time limit interrupts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
GRACE_SECONDS = 600.0
"""How long an interrupted command may take to end: Terraform waits for what AWS is creating."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    Attributes:
        exit_code: Its exit code; negative for a signal.
        seconds: How long it took.
        output: The file with everything it printed.
        timed_out: Whether it was interrupted because of the time limit.
    """

    exit_code: int
    seconds: float
    output: Path
    timed_out: bool = False

    @property
    def last_lines(self) -> list[str]:
        """The last lines that it printed."""
        lines = self.output.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if line.strip()][-8:]


@dataclass
class Commands:
    """The commands of a run.

    Args:
        env_vars: Their environment.
        timeout: The seconds that one may take.
    """

    env_vars: Mapping[str, str]
    timeout: float
    stopping: threading.Event = field(default_factory=threading.Event)
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, folder: Path, arguments: tuple[str, ...], output: Path, *, cleanup: bool = False) -> Finished:
        """Run `ecsforge` with these arguments in a folder. `stop` does not interrupt a `cleanup`."""
        started = time.monotonic()
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", *arguments],
                cwd=folder,
                env={**self.env_vars, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C reaches it through `stop` only
            )
            self._add(process, cleanup=cleanup)
            try:
                timed_out = not _ended(process, self.timeout)
                if timed_out:
                    _interrupt(process)
            finally:
                with self._lock:
                    self._running.discard(process)
        return Finished(process.returncode, time.monotonic() - started, output, timed_out)

    def _add(self, process: subprocess.Popen[bytes], *, cleanup: bool) -> None:
        with self._lock:
            if not cleanup:
                self._running.add(process)
                if self.stopping.is_set():
                    process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """Interrupt the running commands once; the commands that clean up continue."""
        with self._lock:
            if not self.stopping.is_set():
                self.stopping.set()
                for process in self._running:
                    process.send_signal(signal.SIGINT)


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """End a command that takes too long: gently, and after a while with its whole process group."""
    process.send_signal(signal.SIGINT)
    if not _ended(process, GRACE_SECONDS):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
