"""Waiting for what other processes do, and the Terraform processes of a command that a test kills."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def wait_for(condition: Callable[[], bool], seconds: float = 120, poll: float = 0.2) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(poll)


def terraform_of(folder: Path) -> list[int]:
    """The process IDs of the Terraform processes that run below `folder`."""
    answer = subprocess.run(["pgrep", "-x", "terraform"], capture_output=True, text=True, check=False).stdout
    return [int(each) for each in answer.split() if works_in(Path(f"/proc/{each}/cwd"), folder)]


def works_in(link: Path, folder: Path) -> bool:
    try:
        return link.readlink().is_relative_to(folder)
    except OSError:  # the process has ended
        return False
