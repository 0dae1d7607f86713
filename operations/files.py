"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_whole(path: Path, text: str) -> None:
    """Write `text` beside `path` and swap it in, so that `path` is the old file or the new one, never a part.

    Its folder is made when it is missing; an existing file keeps its mode. Raises OSError.
    """
    target = path.resolve()  # a symlink stays one: what it points to is replaced
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    with _swapped_in(target, mode) as file:
        file.write(text.encode())


def keep_private(source: Path, path: Path) -> None:
    """Copy `source` to `path`, which at no time anyone but its owner can read. Its folder is made. Raises OSError."""
    with _swapped_in(path.absolute(), 0o600) as file, source.open("rb") as original:
        shutil.copyfileobj(original, file)


@contextmanager
def _swapped_in(target: Path, mode: int) -> Iterator[IO[bytes]]:
    """A file to write to, private until it takes the place of `target`; gone where anything fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        beside.chmod(mode)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
