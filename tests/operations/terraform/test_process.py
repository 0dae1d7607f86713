"""Processes that must not be killed, and short ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from operations.terraform.process import Completed, capture, ended_by, follow
from operations.terraform.stop import Stop

PYTHON = [sys.executable, "-u", "-c"]
# Like Terraform: it stops gracefully after the first interrupt, and at once, without saving, after the second one.
CAREFUL = """
import signal, sys, time
seen = []
def stop(number, frame):
    seen.append(number)
    print("interrupt", len(seen))
    if len(seen) > 1:
        sys.exit("state lost")
signal.signal(signal.SIGINT, stop)
print("started")
while not seen:
    time.sleep(0.05)
time.sleep(1)
print("saved")
"""


def run(code: str, tmp_path: Path) -> tuple[list[str], list[str], Completed]:
    lines: list[str] = []
    warnings: list[str] = []
    done = follow(
        [*PYTHON, code], folder=tmp_path, env_vars=os.environ, on_line=lines.append, stop=Stop(warnings.append)
    )
    return [line.rstrip("\n") for line in lines], warnings, done


def test_lines_are_passed_on_when_they_are_written(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    code = "import time; print('a'); time.sleep(0.6); print('b'); print('c', end='')"

    follow(
        [*PYTHON, code],
        folder=tmp_path,
        env_vars=os.environ,
        stop=Stop(print),
        on_line=lambda line: seen.append((line.strip(), time.monotonic())),
    )

    assert [line for line, _ in seen] == ["a", "b", "c"]
    assert seen[1][1] - seen[0][1] > 0.3


def test_exit_code_and_stderr_are_kept(tmp_path: Path) -> None:
    _, _, done = run("import sys; sys.stderr.write('oh'); sys.exit(3)", tmp_path)

    assert (done.exit_code, done.stderr, done.interrupted) == (3, "oh", False)


def test_a_process_that_can_not_be_started_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        follow(["/nowhere/terraform"], folder=tmp_path, env_vars={}, on_line=print, stop=Stop(print))


def test_the_process_receives_one_interrupt_and_later_ones_print_a_warning(tmp_path: Path) -> None:
    sent = 0

    def press(line: str) -> None:
        nonlocal sent
        lines.append(line.strip())
        if sent == 0:
            sent = 3
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
                os.kill(os.getpid(), number)

    lines: list[str] = []
    warnings: list[str] = []
    done = follow([*PYTHON, CAREFUL], folder=tmp_path, env_vars=os.environ, on_line=press, stop=Stop(warnings.append))

    assert lines == ["started", "interrupt 1", "saved"]
    assert (done.exit_code, done.interrupted) == (0, True)
    assert warnings[0] == (
        "stopping: Terraform finishes the operations that are running and saves the state; this can take minutes"
    )
    assert warnings[1].startswith(
        "still stopping: if Terraform is killed now, resources that it has just created are not in the state. To kill "
        "it anyway: kill -9 "
    )


def test_an_interrupt_before_the_process_runs_reaches_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = subprocess.Popen

    def interrupted(*arguments: Any, **options: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    code = "import time; time.sleep(20); print('was not stopped')"

    lines, warnings, done = run(code, tmp_path)

    assert (lines, len(warnings), done.interrupted) == ([], 1, True)


def test_an_interrupt_reaches_the_process_if_a_shell_runs_us_in_the_background(tmp_path: Path) -> None:
    lines: list[str] = []

    def press(line: str) -> None:
        lines.append(line.strip())
        if line.strip() == "started":
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        done = follow([*PYTHON, CAREFUL], folder=tmp_path, env_vars=os.environ, on_line=press, stop=Stop(print))
    finally:
        signal.signal(signal.SIGINT, before)

    assert (lines, done.interrupted) == (["started", "interrupt 1", "saved"], True)


def test_an_ignored_signal_stays_ignored_as_under_nohup(tmp_path: Path) -> None:
    def hang_up(line: str) -> None:
        lines.append(line.strip())
        os.kill(os.getpid(), signal.SIGHUP)

    lines: list[str] = []
    code = "print('started'); import time; time.sleep(0.5); print('done')"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        done = follow([*PYTHON, code], folder=tmp_path, env_vars=os.environ, on_line=hang_up, stop=Stop(print))
        after = signal.getsignal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert lines == ["started", "done"]
    assert not done.interrupted
    assert after is signal.SIG_IGN


def test_signal_handlers_are_restored(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)

    run("pass", tmp_path)

    assert signal.getsignal(signal.SIGINT) is before


def test_the_process_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    child = "import time\nfor n in range(20):\n    print(n); time.sleep(0.1)\nopen('ended', 'w').write('normally')"
    parent = (
        "import os, sys; from pathlib import Path; from operations.terraform.process import follow\n"
        "from operations.terraform.stop import Stop\n"
        f"follow([sys.executable, '-u', '-c', {child!r}], folder=Path({str(tmp_path)!r}), env_vars=os.environ,"
        " on_line=lambda line: print(line, flush=True), stop=Stop(print))"
    )
    root = str(Path(__file__).parents[3])
    killed = subprocess.Popen([*PYTHON, parent], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root})
    assert killed.stdout is not None
    killed.stdout.readline()
    killed.kill()
    killed.wait()
    killed.stdout.close()

    deadline = time.monotonic() + 15
    while not (tmp_path / "ended").exists() and time.monotonic() < deadline:
        time.sleep(0.1)

    assert (tmp_path / "ended").read_text() == "normally"


def test_the_output_of_a_short_process_is_captured() -> None:
    done = capture([*PYTHON, "import sys; print('out'); sys.stderr.write('err'); sys.exit(4)"])

    assert (done.exit_code, done.stdout, done.stderr) == (4, "out\n", "err")


@pytest.mark.parametrize(("code", "text"), [(-9, "killed by SIGKILL"), (3, "exit code 3")])
def test_how_a_process_ended(code: int, text: str) -> None:
    assert ended_by(code) == text
