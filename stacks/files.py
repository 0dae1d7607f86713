"""Writes whose errors name the file that could not be written, and that follow no symbolic link.

Python names a file that cannot be opened. It names no file when a write fails, for example because the disk is full,
and for a failed copy it names the source.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FAILED_WRITES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise the OSError of a failed write in this block with `path` as its file."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FAILED_WRITES:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8 with `\\n` at the end of lines; a symbolic link in its place is replaced.

    Raises OSError with the name of the file.
    """
    _remove_link(path)
    with writing(path):
        path.write_text(text, encoding="utf-8", newline="\n")


def copy(source: Path, path: Path) -> None:
    """Copy the content of a file, which replaces a symbolic link.

    Raises OSError with the name of the file that could not be read or written.
    """
    _remove_link(path)
    with writing(path):
        shutil.copyfile(source, path)


def _remove_link(path: Path) -> None:
    """A repository can contain links out of it: writing through one would overwrite any file of the user."""
    if path.is_symlink():
        path.unlink()
