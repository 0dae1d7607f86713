"""Recovers states that Terraform could not store, or left in a damaged file.

On a full disk Terraform writes the whole state to its output stream, once. When it is killed, it may leave the state
file truncated. A deploy without its state would create everything a second time.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from operations.files import write_whole
from operations.state.backend import Backend
from operations.state.document import StateDocument, is_complete, is_state
from operations.state.file_lock import locked_state
from operations.terraform.runner import ERRORED_STATE, Terraform
from stacks.errors import TerraformError

MOVED_SUFFIX = ".moved"
BROKEN_SUFFIX = ".broken"
BACKUP_SUFFIX = ".backup"  # Terraform's own backup of a local state, from before the last apply
# Terraform writes it before the outputs and resources, which may contain anything.
_SERIAL = re.compile(r'(?P<key>"serial":\s*)(?P<serial>\d+)(?=\D)')


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
            if (folder / ERRORED_STATE).is_dir():
                return (
                    f"the state could not be stored and was saved in {os.path.relpath(file)}; delete the folder "
                    f"{expected} and give the file its name: the next command stores it"
                )
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

    Raises:
        TerraformError: A Terraform is still running and holds the lock of the state.
    """
    if not file.is_file():
        return
    with locked_state(file) as opened:  # until it is released, Terraform may still be writing
        content = opened.read()
        if is_complete(content):
            return
        backup, shown = file.with_name(file.name + BACKUP_SUFFIX), os.path.relpath(file)
        saved = StateDocument.read(backup)
        if saved.is_empty and not content:  # Terraform creates an empty file before the first state
            return
        source = "the resources with its tags in the account" if saved.is_empty else os.path.relpath(backup)
        say(f"Terraform was killed while writing {shown}, now {shown}{BROKEN_SUFFIX}; continuing with {source}")
        _write_private(file.with_name(file.name + BROKEN_SUFFIX), content)
        if saved.is_empty:
            file.unlink()
        else:
            write_whole(file, _not_older(backup.read_text("utf-8"), saved.serial, content))


def _write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read: a part of a state may contain secrets."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(content)


def _not_older(backup: str, serial: int, broken: bytes) -> str:
    """The backup with the serial of the broken state, if that is higher: a saved plan for the backup is outdated."""
    found = _SERIAL.search(broken.decode("utf-8", "replace"))
    if found is None or int(found["serial"]) <= serial:
        return backup
    return _SERIAL.sub(lambda match: f"{match['key']}{found['serial']}", backup, count=1)


def recover(terraform: Terraform, backend: Backend, say: Callable[[str], None]) -> None:
    """Store the state that Terraform could not store after the last apply and left in the stack's folder."""
    errored = terraform.folder / ERRORED_STATE
    if not errored.is_file():
        if errored.is_symlink():  # Terraform would write the next state through it
            errored.unlink()
        return
    try:
        content = StateDocument.read(errored).content
    except TerraformError:
        shown, aside = os.path.relpath(errored), set_aside(errored, BROKEN_SUFFIX)
        found = "resources that only this file lists are found by `ecsforge deploy --adopt`"
        say(f"{shown} can't be read and was renamed to {os.path.relpath(aside)}; {found}")
        return
    if not content:  # the disk was full, and Terraform could not write this either
        errored.unlink()
        return
    say("The last deploy could not store its state and saved it in the stack's folder: storing it now")
    _set_aside_broken(backend, say)
    terraform.push_state(errored)
    set_aside(errored, MOVED_SUFFIX)


def _set_aside_broken(backend: Backend, say: Callable[[str], None]) -> None:
    """Rename a local state that can't be read, for example after a full disk: Terraform refuses to overwrite it."""
    if backend.file is None or not backend.file.is_file():
        return
    with locked_state(backend.file) as opened:
        if not is_state(opened.read()):
            aside = set_aside(backend.file, BROKEN_SUFFIX)
            say(f"{backend} can't be read and was renamed to {os.path.relpath(aside)}")


def set_aside(file: Path, suffix: str) -> Path:
    """Rename a state file that is no longer used, and return its new path. Hold its lock (`file_lock.py`)."""
    return file.replace(file.with_name(file.name + suffix))
