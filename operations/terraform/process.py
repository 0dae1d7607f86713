"""Runs Terraform so that it does not lose state on Ctrl-C, a closed terminal or the death of the parent process.

Terraform saves the state when it shuts down gracefully. Three things would prevent that:

- a second interrupt, on which it exits at once: it receives only one, however often Ctrl-C is pressed (`stop.py`);
- the terminal's own SIGINT and SIGHUP, in addition to ours: it runs in its own session;
- a pipe whose reader has exited, which kills the writer: its output goes to files that we follow.

Processes get an argument list, never a shell.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from operations.terraform.stop import Stop

POLL_SECONDS = 0.05


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
    stop: Stop,
) -> Completed:
    """Run a process that must not be killed, and pass each line of its stdout to `on_line` as it is written.

    `stop` forwards a stop signal to it. Raises OSError if the process can't be started, and KeyboardInterrupt if a stop
    signal arrives before it starts.
    """
    with tempfile.TemporaryDirectory(prefix="ecsforge-") as streams:
        stdout, stderr = Path(streams, "stdout"), Path(streams, "stderr")
        with stop.listening():  # before it starts: an interrupt in between would only end this process
            with stdout.open("wb") as out, stderr.open("wb") as err:
                if stop.requests:
                    raise KeyboardInterrupt
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
                for line in _lines(lines, process, stop):
                    on_line(line)
        return Completed(process.returncode, stderr.read_text("utf-8", "replace"), stop.requests > 0)


def ended_by(exit_code: int) -> str:
    """How a process ended: by a signal, or with an exit code."""
    if exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


def _lines(file: IO[str], process: subprocess.Popen[bytes], stop: Stop) -> Iterator[str]:
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
        stop.check()  # after the lines, which show whether operations are running
        ended = process.poll() is not None  # then read once more: it may have written lines in between
        if not ended:
            time.sleep(POLL_SECONDS)
    if partial:
        yield partial
