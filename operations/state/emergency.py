"""Recovers states that Terraform could not store, or left in a damaged file.

On a full disk Terraform writes the whole state to its output stream, once. When it is killed, it may leave the state
file truncated. A deploy without its state would create everything a second time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from operations.state.backend import Backend
from operations.state.document import StateDocument, is_complete
from operations.terraform.runner import ERRORED_STATE, Terraform
from stacks.errors import TerraformError

MOVED_SUFFIX = ".moved"
BROKEN_SUFFIX = ".broken"
BACKUP_SUFFIX = ".backup"  # Terraform's own backup of a local state, from before the last apply


def keep(state: Mapping[str, Any], folder: Path) -> str:
    """Write a state to a file that only its owner can read, and return a message with its path and what to do.

    The file is in the stack's folder, where the next command looks for it. If that disk is full, it is in the folder
    for temporary files or in the home folder.
    """
    text = json.dumps(state)
    expected = os.path.relpath(folder / ERRORED_STATE)
    for place in (folder, Path(tempfile.gettempdir()), Path.home()):
        file = _written(text, place, folder.name)
        if file is not None and place == folder:
            file.replace(folder / ERRORED_STATE)
            return f"the state could not be stored and was saved in {expected}; the next command stores it"
        if file is not None:
            return (
                f"the state could not be stored and was saved in {file}; free disk space and move it to {expected}: "
                "the next command stores it"
            )
    instruction = f"save what follows as {expected}, and the next command stores it"
    return f"the state could not be saved anywhere; {instruction}:\n{text}"


def _written(text: str, folder: Path, name: str) -> Path | None:
    """A new file with `text`; None if the disk is full."""
    try:
        descriptor, path = tempfile.mkstemp(dir=folder, prefix=f"{name}-", suffix=".tfstate")
    except OSError:
        return None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        return Path(path)
    except OSError:
        with suppress(OSError):
            Path(path).unlink()
        return None


def restore(file: Path, say: Callable[[str], None]) -> None:
    """Replace a local state that a killed Terraform left empty or truncated with the backup from before that apply.

    Terraform writes the file in place. The resources that the apply created are found in the account
    (`deploy/orphans.py`).
    """
    if not file.is_file() or is_complete(file):
        return
    backup, shown = file.with_name(file.name + BACKUP_SUFFIX), os.path.relpath(file)
    restored = not StateDocument.read(backup).is_empty
    if not restored and not file.stat().st_size:  # Terraform creates an empty file before the first state
        return
    source = os.path.relpath(backup) if restored else "the resources with its tags in the account"
    say(f"Terraform was killed while writing {shown}, now {shown}{BROKEN_SUFFIX}; continuing with {source}")
    set_aside(file, BROKEN_SUFFIX)
    if restored:
        copy = file.with_name(file.name + ".new")
        shutil.copyfile(backup, copy)
        copy.replace(file)


def recover(terraform: Terraform, backend: Backend, say: Callable[[str], None]) -> None:
    """Store the state that Terraform could not store after the last apply and left in the stack's folder."""
    errored = terraform.folder / ERRORED_STATE
    if not errored.is_file():
        return
    if not StateDocument.read(errored).content:  # the disk was full, and Terraform could not write this either
        errored.unlink()
        return
    say("The last deploy could not store its state and saved it in the stack's folder: storing it now")
    _set_aside_broken(backend, say)
    terraform.push_state(errored)
    set_aside(errored, MOVED_SUFFIX)


def _set_aside_broken(backend: Backend, say: Callable[[str], None]) -> None:
    """Rename a local state that can't be read, for example after a full disk: Terraform refuses to overwrite it."""
    if backend.file is None:
        return
    try:
        StateDocument.read(backend.file)
    except TerraformError:
        aside = set_aside(backend.file, BROKEN_SUFFIX)
        say(f"{backend} can't be read and was renamed to {os.path.relpath(aside)}")


def set_aside(file: Path, suffix: str) -> Path:
    """Rename a state file that is no longer used, and return its new path."""
    return file.replace(file.with_name(file.name + suffix))
