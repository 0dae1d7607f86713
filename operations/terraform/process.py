"""Runs Terraform so that it does not lose state on Ctrl-C, a closed terminal or the death of the parent process.

Terraform saves the state when it shuts down gracefully. Three things would prevent that:

- a second interrupt, on which it exits at once: it receives only one, however often Ctrl-C is pressed;
- the terminal's own SIGINT and SIGHUP, in addition to ours: it runs in its own session;
- a pipe whose reader has exited, which kills the writer: its output goes to files that we follow.

Processes get an argument list, never a shell.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from operations.signals import STOP_SIGNALS

POLL_SECONDS = 0.05
STOPPING = "stopping: Terraform finishes the operations that are running and saves the state; this can take minutes"


@dataclass(frozen=True)
class Completed:
    """A process that has ended. `interrupted` is whether it was asked to stop early."""

    exit_code: int
    stderr: str
    interrupted: bool


@dataclass(frozen=True)
class Captured:
    """A short process that has ended, with its output."""

    exit_code: int
    stdout: str
    stderr: str


def capture(argv: Sequence[str], *, folder: Path | None = None, env_vars: Mapping[str, str] | None = None) -> Captured:
    """Run a process that does not change anything, and return its output. Raises OSError if it can't be started."""
    done = subprocess.run(
        list(argv),
        cwd=folder,
        env=None if env_vars is None else dict(env_vars),
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    return Captured(done.returncode, done.stdout, done.stderr)


def follow(
    argv: Sequence[str],
    *,
    folder: Path,
    env_vars: Mapping[str, str],
    on_line: Callable[[str], None],
    warn: Callable[[str], None],
    stopping: str = STOPPING,
) -> Completed:
    """Run a process that must not be killed, and pass each line of its stdout to `on_line` as it is written.

    The first interrupt is forwarded to it and reported to `warn` with the text `stopping`; later ones only print a
    warning. Raises OSError if the process can't be started.
    """
    with tempfile.TemporaryDirectory(prefix="ecsforge-") as streams:
        stdout, stderr = Path(streams, "stdout"), Path(streams, "stderr")
        stop = _Stop(warn, stopping)
        with stop.listening():  # before it starts: an interrupt in between would only end this process
            with stdout.open("wb") as out, stderr.open("wb") as err:
                process = subprocess.Popen(
                    list(argv),
                    cwd=folder,
                    env=dict(env_vars),
                    start_new_session=True,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                )
            stop.watch(process)
            with stdout.open(encoding="utf-8", errors="replace") as lines:
                for line in _lines(lines, process):
                    on_line(line)
        return Completed(process.returncode, stderr.read_text("utf-8", "replace"), stop.requests > 0)


def ended_by(exit_code: int) -> str:
    """How a process ended: by a signal, or with an exit code."""
    if exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


def _lines(file: IO[str], process: subprocess.Popen[bytes]) -> Iterator[str]:
    """The lines of a file that a process is still writing, until it ends."""
    partial = ""
    ended = False
    while True:
        while line := file.readline():
            partial += line
            if partial.endswith("\n"):
                yield partial
                partial = ""
        if ended:
            break
        ended = process.poll() is not None  # then read once more: it may have written lines in between
        if not ended:
            time.sleep(POLL_SECONDS)
    if partial:
        yield partial


class _Stop:
    """Forwards the first stop signal to the process, and prints a warning for later ones."""

    def __init__(self, warn: Callable[[str], None], stopping: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._warn = warn
        self._stopping = stopping
        self._forwarded = False
        self.requests = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Handle the stop signals in this block, except for ignored ones, as with `nohup`.

        SIGINT is always handled: background processes of a shell ignore it, but the terminal does not send it to them.
        Only the main thread can handle signals; in other threads this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = [
            number
            for number in STOP_SIGNALS
            if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
        ]
        before = {number: signal.signal(number, self._handle) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """Start to forward signals to the process, including one from before it started."""
        self._process = process
        if self.requests:
            self._interrupt()

    def _interrupt(self) -> None:
        if self._process is not None and not self._forwarded:
            self._forwarded = True
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.requests += 1
        if self.requests == 1:
            self._interrupt()
            self._warn(self._stopping)
        elif self._process is not None:
            self._warn(
                "still stopping: if Terraform is killed now, resources that it has just created are not in the state. "
                f"To kill it anyway: kill -9 {self._process.pid}"
            )
