"""The project file as it was at another commit, with the files beside it."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from stacks.errors import RehearsalError

FLAG = "--upgrade-from"


def older_file(reference: str, file: Path | None, folder: Path) -> Path:
    """The older project file: `reference` itself where it names a file, else `file` as of that git reference.

    Args:
        reference: A path, or a commit, tag or branch.
        file: The project file as it is now; None without one.
        folder: Where the files of the commit are put. The work tree and the index stay as they are.

    Raises:
        RehearsalError: There is no such file and no such reference, or the reference lacks the project file.
    """
    if Path(reference).is_file():
        return Path(reference)
    if file is None or reference.startswith("-"):
        raise RehearsalError(f"{FLAG}: there is no such file; got {reference}; name a project file that exists")
    # The whole folder: templates that the project file names stand beside it.
    archive = _git(file.resolve().parent, reference, "archive", "--format=tar")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    found = folder / file.name
    if not found.is_file():
        raise RehearsalError(f"{FLAG}: {file.name} is not there; got {reference}; name a commit that has it, or a file")
    return found


def _git(home: Path, reference: str, *command: str) -> bytes:
    """What a git command says about the tree of `home` at a reference; `archive` works on trees from the top alone."""
    try:
        where = _run(home, "rev-parse", "--show-toplevel", "--show-prefix").decode().split("\n")
        return _run(Path(where[0]), *command, f"{reference}:{where[1]}")
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr.decode(errors="replace") if isinstance(error, subprocess.CalledProcessError) else str(error)
        said = said.strip().removeprefix("fatal: ").partition("\n")[0]
        raise RehearsalError(
            f"{FLAG}: {reference} is neither a file nor a git reference; got {said}; name one of the two"
        ) from error


def _run(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True).stdout
