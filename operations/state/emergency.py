"""A state that Terraform could store nowhere, as on a full disk, is kept wherever there is room.

Terraform then writes the whole state into its stream, once. Lost, the next deploy would make everything a second time.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

ERRORED_STATE = "errored.tfstate"  # Terraform's name for the state it could not store


def kept(state: Mapping[str, Any], folder: Path) -> str:
    """Write the state of the stack in `folder` to a file, for its owner alone, and say where it is and what to do.

    In the stack's folder, where the next command looks for it, if there is room; else in the folder for temporary
    files, or at home.
    """
    text = json.dumps(state)
    expected = os.path.relpath(folder / ERRORED_STATE)
    for place in (folder, Path(tempfile.gettempdir()), Path.home()):
        file = _written(text, place, folder.name)
        if file is not None and place == folder:
            file.replace(folder / ERRORED_STATE)
            return f"the state could not be stored and is kept in {expected}; the next command stores it"
        if file is not None:
            return (
                f"the state could not be stored and is kept in {file}; once there is room, move it to {expected}: the "
                "next command stores it"
            )
    return (
        f"the state could be written nowhere; save what follows to {expected}, and the next command stores it:\n{text}"
    )


def _written(text: str, folder: Path, name: str) -> Path | None:
    """A new file that holds `text` whole; None where there is no room for it."""
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
