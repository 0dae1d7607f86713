"""A private folder for files with secrets in plain text: plans, and copies of a state.

It is in the stack's folder, and users of it hold the lock of that folder, so that the next command deletes what a
killed one left.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = ".ecsforge"


@contextmanager
def private_folder(stack: Path) -> Iterator[Path]:
    """A new folder in the stack's folder that only its owner can read. It is deleted at the end of the block.

    There is one at a time: what is in it at the start is deleted.
    """
    folder = stack / _NAME
    _delete(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _delete(folder)


def _delete(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
