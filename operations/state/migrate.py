"""Initializes a stack's folder for its backend, and moves the state when the project file names another backend.

If the state is not found, the stack looks as if it had never been deployed, and a deploy would create everything a
second time. So a changed backend is not left to `terraform init`: the backend that the folder is initialized for, and a
local state file, are compared with the project file. A state that would be left behind is moved after a confirmation;
without one, the command fails.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from operations.private_folder import private_folder
from operations.state.backend import Backend, recorded_backend, wanted_backend
from operations.state.document import StateDocument
from operations.state.emergency import BACKUP_SUFFIX, MOVED_SUFFIX, recover, restore, set_aside
from operations.state.file_lock import locked_state, refuse_if_locked
from operations.terraform.init import BACKEND_RECORD, forget, initialize
from operations.terraform.runner import ERRORED_STATE, Terraform
from operations.terraform.stream import Event
from stacks.errors import TerraformError
from stacks.files import write_text


def prepare(
    terraform: Terraform,
    local_state: Path,
    *,
    unfinished: bool,
    may_move: Callable[[str], bool],
    say: Callable[[str], None],
    on_event: Callable[[Event], None] = lambda event: None,
) -> Backend:
    """Initialize the stack's folder if needed, and move the state to the backend of the project file.

    Args:
        terraform: Terraform in the stack's folder, with the `terraform` block of its configuration.
        local_state: The file of a local state.
        unfinished: Whether the last apply did not succeed, so that a local state may be damaged.
        may_move: Called with a question before a state is moved.
        say: Called with messages.
        on_event: Called with the events of `terraform init`.

    Raises:
        TerraformError: A state would be left behind, two backends contain different states, a local state is a symbolic
            link, or init failed.
    """
    wanted = wanted_backend(terraform.settings, terraform.folder, local_state)
    if wanted.file is not None:
        _require_no_links(local_state)  # `wanted` names what a link leads to
    before = recorded_backend(terraform.folder) or Backend("local", {"path": local_state.resolve()}, terraform.folder)
    for backend in (wanted, before):
        if backend.file is not None:
            refuse_if_locked(backend.file)
    saved = (terraform.folder / ERRORED_STATE).is_file()  # a complete state, which `recover` stores
    if wanted.file is not None and not saved and unfinished:
        restore(wanted.file, say)
    to_move = None if before.identity == wanted.identity else _to_move(terraform, before, wanted, say)
    if to_move is not None and not may_move(f"Move the state from {before} to {wanted}?"):
        raise TerraformError.of(
            "state",
            f"the state of this stack is in {before}, but the project file now names {wanted}",
            fix="deploy with --migrate-state to move it, or change `state` back",
        )
    if to_move is not None:
        _require_free(terraform, before, to_move)
    config = [f"path={wanted.settings['path']}"] if wanted.kind == "local" else []
    with _backend_kept(terraform.folder) if to_move is not None else nullcontext():
        initialize(terraform, backend_config=config, project=local_state.parent, on_event=on_event)
        if to_move is not None:
            _move(terraform, to_move, before, wanted, say)
    recover(terraform, wanted, say)
    return wanted


def _require_no_links(file: Path) -> None:
    """Raise TerraformError if a local state, its backup or its lock is a symbolic link: Terraform writes through it.

    The names of the files: https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/filesystem.go.
    """
    lock = file.with_name(f".{file.name}.lock.info")
    for path in (file, file.with_name(file.name + BACKUP_SUFFIX), lock):
        if path.is_symlink():
            what = "this is a symbolic link, and Terraform would write through it"
            fix = "replace the link with the file that it leads to, or remove it"
            raise TerraformError.of(os.path.relpath(path), what, got=str(path.readlink()), fix=fix)


def _to_move(
    terraform: Terraform, before: Backend, wanted: Backend, say: Callable[[str], None]
) -> StateDocument | None:
    """The state to move from `before` to `wanted`; None when there is nothing to move."""
    old = _pulled(terraform, before)
    if old.is_empty:
        return None
    new = _pulled(terraform, wanted)
    if new.is_empty:
        return old
    newer = old.lineage == new.lineage and old.serial > new.serial
    if newer and new.objects <= old.objects:
        return old  # `wanted` contains the old copy from when the state was moved the other way
    if not newer and old.objects <= new.objects:
        say(f"The state is already in {wanted}; the one in {before} is not newer")
        return None
    raise TerraformError.of(
        "state",
        f"{before} and {wanted} contain different states of this stack",
        got=f"{len(old.objects)} and {len(new.objects)} resources",
        fix="find out which one is correct, move the other one elsewhere, then try again",
    )


def _pulled(terraform: Terraform, backend: Backend) -> StateDocument:
    """The state in `backend`, read without changing the stack's folder."""
    if backend.file is not None:
        return StateDocument.read(backend.file)
    with _initialized_for(backend, terraform) as elsewhere:
        return StateDocument(elsewhere.pull_state())


def _require_free(terraform: Terraform, before: Backend, state: StateDocument) -> None:
    """Raise TerraformError if the state to move is locked, or has changed since it was read.

    Storing it again where it is takes its lock, refuses an older serial, and writes nothing when it is unchanged.
    """
    if before.file is not None:
        refuse_if_locked(before.file)
        return
    with _initialized_for(before, terraform) as elsewhere:
        file = elsewhere.folder / "state.json"
        write_text(file, json.dumps(state.content))
        elsewhere.push_state(file)


@contextmanager
def _initialized_for(backend: Backend, terraform: Terraform) -> Iterator[Terraform]:
    """Terraform in another folder, with this backend."""
    block: dict[str, Any] = (
        {"cloud": backend.settings} if backend.kind == "cloud" else {"backend": {backend.kind: backend.settings}}
    )
    with private_folder(terraform.folder) as folder:
        write_text(folder / "main.tf.json", json.dumps({"terraform": block}))
        elsewhere = Terraform(terraform.binary, folder, terraform.env_vars, warn=terraform.warn)
        elsewhere.init()
        yield elsewhere


@contextmanager
def _backend_kept(folder: Path) -> Iterator[None]:
    """If moving the state fails in this block, the next command still finds it: the old backend remains recorded."""
    record = folder / BACKEND_RECORD
    before = record.read_bytes() if record.is_file() else None
    try:
        yield
    except BaseException:
        forget(folder)
        if before is None:
            record.unlink(missing_ok=True)
        else:
            record.write_bytes(before)
        raise


def _move(
    terraform: Terraform, state: StateDocument, before: Backend, wanted: Backend, say: Callable[[str], None]
) -> None:
    with private_folder(terraform.folder) as folder:
        file = folder / "state.json"
        write_text(file, json.dumps(state.content))
        terraform.push_state(file)
    say(f"Moved the state from {before} to {wanted}")
    if before.file is not None:
        # Under its old name it would look like a second state of this stack.
        with locked_state(before.file):
            set_aside(before.file, MOVED_SUFFIX)
    else:
        say(f"The state in {before} remains there and is no longer used")
