"""The previous version of a project file, with the files next to it, from a path or from git."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from stacks.errors import RehearsalError

OPTION = "--upgrade-from"


def previous_file(reference: str, file: Path | None, folder: Path) -> Path:
    """The previous project file: `reference` itself if it is a file, else `file` at that git reference.

    Args:
        reference: A path, or a commit, tag or branch.
        file: The current project file; None without one.
        folder: Where the files of the commit are extracted. The work tree and the index are not changed.

    Raises:
        RehearsalError: The file or reference does not exist, or the project file does not exist at the reference.
    """
    if Path(reference).is_file():
        return Path(reference)
    if file is None or reference.startswith("-"):
        raise RehearsalError.of(OPTION, "file not found", got=reference, fix="pass the path of a project file")
    # The whole folder, because the project file may name templates next to it.
    archive = _archive(file.resolve().parent, reference)
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    found = folder / file.name
    if not found.is_file():
        raise RehearsalError.of(
            OPTION, f"{file.name} does not exist at this reference", got=reference, fix="pass a commit that contains it"
        )
    return found


def _archive(folder: Path, reference: str) -> bytes:
    """`folder` at a git reference, as a tar file. `git archive` only accepts trees at the top of the repository."""
    try:
        top, prefix, *_ = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix").decode().split("\n")
        return _git(Path(top), "archive", "--format=tar", f"{reference}:{prefix}")
    except (OSError, subprocess.CalledProcessError) as error:
        message = error.stderr.decode(errors="replace") if isinstance(error, subprocess.CalledProcessError) else error
        raise RehearsalError.of(
            OPTION,
            f"{reference} is neither a file nor a git reference",
            got=str(message).strip().removeprefix("fatal: ").partition("\n")[0],
            fix="pass the path of a project file, or a commit, tag or branch",
        ) from error


def _git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True).stdout
