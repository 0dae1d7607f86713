"""Processes of container engines: their output, their input, and how they end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from operations.images import process
from operations.images.process import Ended, ask, stream

ENV_VARS = {"PATH": "/usr/bin:/bin"}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_arrive_in_order_from_stdout_and_stderr_without_control_characters() -> None:
    code = r"""
import sys
print("\x1b[32mone\x1b[0m", flush=True)
print("two\a", file=sys.stderr, flush=True)
print("10%\r20%\r30%\n\n", end="")
print("\u00e4".encode("latin-1").decode("latin-1"))
sys.exit(3)
"""
    lines: list[str] = []

    ended = stream(python(code), env_vars={**ENV_VARS, "PYTHONIOENCODING": "utf-8"}, on_line=lines.append)

    assert lines == ["one", "two", "10%", "20%", "30%", "ä"]
    assert ended == Ended(3, tuple(lines))


def test_the_last_twenty_lines_are_kept() -> None:
    ended = stream(python("for n in range(100): print(n)"), env_vars=ENV_VARS, on_line=lambda line: None)

    assert ended.last_lines == tuple(str(number) for number in range(80, 100))


def test_a_process_reads_nothing_from_the_terminal() -> None:
    lines: list[str] = []

    stream(python("import sys; print(repr(sys.stdin.read()))"), env_vars=ENV_VARS, on_line=lines.append)

    assert lines == ["''"]


def test_a_secret_is_read_from_stdin() -> None:
    ended = ask(python("import sys; print(len(sys.stdin.read()), sys.argv)"), env_vars=ENV_VARS, secret="s3cret")

    assert ended == Ended(0, ("6 ['-c']",))


def test_a_process_that_does_not_answer_is_killed() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        ask(python("import time; time.sleep(600)"), env_vars=ENV_VARS, timeout=0.2)


@pytest.mark.parametrize("ignores", [False, True])
def test_an_interrupt_ends_the_process_and_what_it_has_started(
    ignores: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a builder does that runs a shell."""
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)
    child = f"""
import signal, time
signal.signal(signal.SIGINT, signal.{"SIG_IGN" if ignores else "SIG_DFL"})
print("ready", flush=True)
time.sleep(600)
"""
    parent = f"""
import os, signal, subprocess, sys
signal.signal(signal.SIGINT, signal.{"SIG_IGN" if ignores else "SIG_DFL"})
print(os.getpid(), flush=True)
child = subprocess.Popen([sys.executable, "-c", {child!r}])
print(child.pid, flush=True)
child.wait()
"""
    pids: list[int] = []

    def on_line(line: str) -> None:
        if line == "ready":
            raise KeyboardInterrupt
        pids.append(int(line))

    with pytest.raises(KeyboardInterrupt):
        stream(python(parent), env_vars=ENV_VARS, on_line=on_line)

    for pid in pids:
        deadline = time.monotonic() + 10
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "it is still running"
            time.sleep(0.01)
    assert len(pids) == 2
