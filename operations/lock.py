"""One command at a time in a stack's folder, and one `terraform init` at a time in a cache of providers.

The locks are those of `filelock`: the operating system releases them when the process ends, also on Windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from operations.text import shown_path
from stacks.errors import TerraformError
from stacks.publish import require_no_link


@contextmanager
def stack_lock(out: Path, name: str) -> Iterator[None]:
    """Lock the folder of the stack `name` for other commands: a synth would change what a running Terraform reads.

    Raises:
        TerraformError: Another command works on this stack.
        SynthError: `out`, or the stack's folder in it, is a symbolic link.
    """
    from filelock import FileLock, Timeout

    folder = out / "stacks"
    for path in (out, folder, folder / name):
        require_no_link(path)
    folder.mkdir(parents=True, exist_ok=True)
    # filelock follows no symbolic links, and raises an OSError that names a file that can't be opened.
    lock = FileLock(folder / f".{name}.lock", thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        what = "another ecsforge command is working on this stack"
        raise TerraformError.of(shown_path(folder / name), what, fix="wait until it has finished") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Wait until no other process holds the lock of `folder`, then hold it."""
    from filelock import FileLock

    with FileLock(folder / ".lock", thread_local=False):
        yield
