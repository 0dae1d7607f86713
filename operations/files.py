"""Atomic writes: a reader sees the old file or the new one, never a part of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stacks.files import writing
from stacks.publish import require_no_link


def write_whole(path: Path, text: str) -> None:
    """Write `text` to a file next to `path` and rename it to `path`.

    Creates the folder if it does not exist; an existing file keeps its mode. Bytes that were read with
    `surrogateescape` are kept.

    Raises:
        OSError: It can't be written.
        SynthError: It is a symbolic link.
    """
    require_no_link(path, "file", "or name the file that it leads to")
    target = path.absolute()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    with _swapped_in(target, mode) as file:
        file.write(text.encode(errors="surrogateescape"))


def keep_private(source: Path, path: Path) -> None:
    """Copy `source` to `path`, which only its owner can read at any time. Creates the folder. Raises OSError."""
    with _swapped_in(path.absolute(), 0o600) as file, source.open("rb") as original:
        shutil.copyfileobj(original, file)


@contextmanager
def _swapped_in(target: Path, mode: int) -> Iterator[IO[bytes]]:
    """A temporary file to write to, readable only by its owner. It replaces `target`, or is deleted on an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with writing(target), os.fdopen(descriptor, "wb") as file:
            yield file
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
