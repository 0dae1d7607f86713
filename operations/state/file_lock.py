"""Terraform's lock of a local state file, taken by us while we write, move or restore the file.

Terraform locks the whole file with fcntl on Unix and with LockFileEx on Windows, and writes who it is next to it. The
operating system releases the lock when the process ends. Source: internal/states/statemgr/filesystem_lock_unix.go,
filesystem_lock_windows.go and filesystem.go (`lockInfoPath`) in hashicorp/terraform.

fcntl locks belong to the process: closing any descriptor of the file releases them. So nothing else may open a file
that is locked here; its content comes from the descriptor that holds the lock. `filelock` uses flock, another lock.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from operations.terraform.lock_info import LockInfo
from stacks.errors import TerraformError
from stacks.publish import require_no_link

# struct flock of 64-bit Linux and macOS, with native alignment, and the place of l_pid in it.
_FLOCK = {"linux": ("hhqqi", 4), "darwin": ("qqihh", 2)}


@contextmanager
def locked_state(file: Path) -> Iterator[IO[bytes]]:
    """Hold Terraform's lock of an existing local state file in this block, and yield the open file.

    Raises:
        TerraformError: Terraform holds the lock.
        OSError: The file can't be opened.
    """
    with file.open("r+b") as opened:
        if not _take(opened):
            raise _held(file, opened)
        yield opened  # closing the file releases the lock


def refuse_if_locked(file: Path) -> None:
    """Raise TerraformError if Terraform holds the lock of a local state file.

    An ecsforge that was killed leaves a Terraform that is still running and writes the state. Raises SynthError if a
    file that Terraform writes for this state is a symbolic link.
    """
    for path in (file, file.with_name(f"{file.name}.backup"), _info(file)):
        require_no_link(path, "state file", "and move the file that it leads to here")
    with suppress(OSError), locked_state(file):
        return


def _take(opened: IO[bytes]) -> bool:
    """Take the lock; False if another process holds it."""
    if sys.platform == "win32":
        import msvcrt

        with suppress(OSError):
            msvcrt.locking(opened.fileno(), msvcrt.LK_NBLCK, 1)
            return True
        return False
    import fcntl

    try:
        fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as fcntl(2) says
        return False
    return True


def _held(file: Path, opened: IO[bytes]) -> TerraformError:
    holder = _holder(opened)
    info = LockInfo()
    with suppress(OSError):
        info = LockInfo.from_json(_info(file).read_text("utf-8"))
    return TerraformError.of(
        os.path.relpath(file),
        "Terraform is still changing this state",
        got=", ".join(filter(None, (f"process {holder}" if holder else "", str(info)))) or "a lock on the file",
        fix="wait until that process has ended, then run the same command again",
    )


def _info(file: Path) -> Path:
    """Where Terraform writes who holds the lock."""
    return file.with_name(f".{file.name.removeprefix('.')}.lock.info")


def _holder(opened: IO[bytes]) -> int:
    """The ID of the process that holds the lock; 0 where the operating system does not say."""
    layout = _FLOCK.get(sys.platform)
    if layout is None or sys.platform == "win32":
        return 0
    import fcntl

    pattern, place = layout
    asked = {"linux": (fcntl.F_WRLCK, 0, 0, 0, 0), "darwin": (0, 0, 0, fcntl.F_WRLCK, 0)}[sys.platform]
    with suppress(OSError, struct.error):
        answer = fcntl.fcntl(opened, fcntl.F_GETLK, struct.pack(pattern, *asked))
        return int(struct.unpack(pattern, answer)[place])
    return 0
