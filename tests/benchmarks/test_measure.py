"""Time and memory of real processes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.measure import Command, CommandFailed, TooLong, run, run_all

CHILD = "data = bytearray(60_000_000); import time; time.sleep(0.6)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}], check=True)"


def python(code: str, folder: Path, **variables: str) -> Command:
    return Command([sys.executable, "-c", code], folder, variables)


def test_memory_includes_child_processes_and_time_is_wall_time(tmp_path: Path) -> None:
    measured = run(python(PARENT, tmp_path))

    assert 60 < measured.megabytes < 200
    assert measured.seconds >= 0.6


def test_commands_add_up_their_time_but_not_their_memory(tmp_path: Path) -> None:
    measured = run_all([python(PARENT, tmp_path), python("import time; time.sleep(0.3)", tmp_path)])

    assert measured.seconds >= 0.9
    assert 60 < measured.megabytes < 120


def test_a_failed_command_raises_with_its_stderr(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"exit code 3\nthe disk is full$"):
        run(python("import sys; print('the disk is full', file=sys.stderr); sys.exit(3)", tmp_path))


def test_much_stderr_does_not_block_a_command(tmp_path: Path) -> None:
    assert run(python("import sys; sys.stderr.write('x' * 1_000_000)", tmp_path), limit=30).seconds < 30


def test_a_command_over_its_limit_is_killed_with_its_children(tmp_path: Path) -> None:
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); open('pid', 'w').write(str(p.pid)); p.wait()"
    started = time.monotonic()

    with pytest.raises(TooLong):
        run(python(code, tmp_path), limit=1)

    assert time.monotonic() - started < 20
    assert is_gone(int((tmp_path / "pid").read_text()), seconds=10)


def is_gone(pid: int, seconds: float) -> bool:
    """Whether a process exits within that time."""
    try:
        psutil.Process(pid).wait(seconds)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def test_variables_of_ecsforge_do_not_reach_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECSFORGE_ENV", "prod")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("OTHER", "kept")

    environment = Command([], tmp_path, {"OWN": "1"}).environment()

    assert not {"ECSFORGE_ENV", "PYTHONDONTWRITEBYTECODE"} & environment.keys()
    assert (environment["OTHER"], environment["OWN"]) == ("kept", "1")
