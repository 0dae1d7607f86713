"""Another process that holds Terraform's lock of a local state."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# As internal/states/statemgr/filesystem_lock_unix.go in hashicorp/terraform.
_HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("locked", flush=True)
sys.stdin.read()
"""
INFO = {
    "ID": "2f9f8c3e-8a0d",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "ada@laptop",
    "Version": "1.11.4",
    "Created": "2026-11-26T01:33:12.123456Z",
}


@contextmanager
def locked(file: Path) -> Iterator[int]:
    """Another process holds the lock of `file` in this block; yields its process ID."""
    info = file.with_name(f".{file.name}.lock.info")
    info.write_text(json.dumps(INFO))
    command = [sys.executable, "-c", _HOLDER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        yield holder.pid
        holder.kill()
    info.unlink()


def still_changing(pid: int) -> str:
    """What a command says about the state that this process has locked."""
    return (
        f"Terraform is still changing this state; got process {pid}, apply by ada@laptop, since 2026-11-26 01:33:12 "
        "UTC, lock 2f9f8c3e-8a0d; wait until that process has ended, then run the same command again"
    )
