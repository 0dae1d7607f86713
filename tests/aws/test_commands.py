"""Commands end when they take too long or the run is stopped, except those that clean up."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws.commands import Commands


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """Commands are interrupted although the shell started the tests in the background, where it ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_command_that_takes_too_long_is_interrupted(tmp_path: Path) -> None:
    finished = Commands(os.environ, timeout=0.0).run(tmp_path, ("--help",), tmp_path / "log")

    assert finished.timed_out
    assert finished.exit_code != 0


def test_a_stopped_run_interrupts_commands_but_not_those_that_clean_up(tmp_path: Path) -> None:
    commands = Commands(os.environ, timeout=60.0)
    commands.stop()

    assert commands.run(tmp_path, ("--help",), tmp_path / "log").exit_code != 0
    cleaning = commands.run(tmp_path, ("--help",), tmp_path / "log", cleanup=True)
    assert cleaning.exit_code == 0
    assert cleaning.last_lines[-1].strip().startswith("-h, --help")
