"""Runs container engines: their output is passed on as it is written, and an interrupt leaves nothing running.

Terraform has its own module (`operations/terraform/process.py`), because it must never be killed; a build or a push can
be stopped at any time. Processes get an argument list, never a shell.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from operations.text import plain

STOP_SECONDS = 10.0
"""The seconds that an interrupted process has to end before it is killed."""
_KEPT_LINES = 20


@dataclass(frozen=True)
class Ended:
    """A process that has ended: its exit code, and the last lines of its output."""

    exit_code: int
    last_lines: tuple[str, ...]


def stream(argv: Sequence[str], *, env_vars: Mapping[str, str], on_line: Callable[[str], None]) -> Ended:
    """Run a process, and pass each line of its output to `on_line`, without control characters and empty lines.

    An exception, such as KeyboardInterrupt, interrupts the process and the processes that it has started; those that
    do not end within 10 s are killed. Raises OSError if it can't be started.
    """
    process = subprocess.Popen(
        list(argv),
        env=dict(env_vars),
        start_new_session=True,  # the terminal does not interrupt it: `_end` does, once
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    try:
        assert process.stdout is not None
        for written in process.stdout:
            line = plain(written.rstrip())
            if line:
                last.append(line)
                on_line(line)
        return Ended(process.wait(), tuple(last))
    except BaseException:
        _end(process)
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()


def ask(
    argv: Sequence[str], *, env_vars: Mapping[str, str], timeout: float | None = None, secret: str | None = None
) -> Ended:
    """Run a short process that prints nothing of interest while it runs.

    Args:
        argv: The program and its arguments.
        env_vars: Its environment.
        timeout: The seconds after which it is killed and TimeoutExpired is raised. Default: none.
        secret: What it reads from stdin. Default: nothing.

    Raises OSError if it can't be started.
    """
    done = subprocess.run(
        list(argv),
        env=dict(env_vars),
        input="" if secret is None else secret,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        check=False,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    lines = [line for line in map(plain, done.stdout.splitlines()) if line.strip()]
    return Ended(done.returncode, tuple(lines[-_KEPT_LINES:]))


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupt the process and what it has started, and kill what is left."""
    try:
        _signal(process, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    finally:  # also after a second interrupt
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()


def _signal(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to the process group; Windows has none, so the process is terminated."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()
