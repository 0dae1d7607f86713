"""Where a stack's state is, and how it moves when the project file names another place.

A stack whose state can't be found looks as if it had never been deployed, and deploying it would make everything a
second time. So Terraform's own `init` is never trusted with a changed backend: what the folder was set up for and what
a local state file holds is compared with what the project file asks for, and a state that would be left behind is
moved, after saying so, or the command refuses.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.deploy.orphans import last_ending
from operations.state.emergency import ERRORED_STATE
from operations.terraform.init import BACKEND_RECORD, initialize, stack_settings
from operations.terraform.runner import Terraform
from operations.terraform.stream import Event
from stacks.errors import TerraformError

# What decides where a state is; all else (encryption, locks) may change without the state moving.
_IDENTITY = {
    "local": ("path",),
    "s3": ("bucket", "key", "region"),
    "cloud": ("hostname", "organization", "workspaces"),
}
MOVED_SUFFIX = ".moved"
BROKEN_SUFFIX = ".broken"
BACKUP_SUFFIX = ".backup"  # where Terraform keeps a local state as it was before the last apply


@dataclass(frozen=True)
class Backend:
    """A place for a state. `folder` is what a relative `path` starts from."""

    kind: str
    settings: Mapping[str, Any]
    folder: Path

    @property
    def identity(self) -> tuple[Any, ...]:
        """What differs if and only if the state is in another place."""
        if self.file is not None:
            return ("local", self.file.resolve())
        names = _IDENTITY.get(self.kind, tuple(sorted(self.settings)))
        return (self.kind, *(json.dumps(self.settings.get(name), sort_keys=True) for name in names))

    def is_named_in(self, plan: Path) -> bool:
        """Whether a plan file leads here: a plan carries the backend it was made with, and Terraform writes there.

        True as well of what is no plan file of Terraform's own, which Terraform itself then refuses.
        """
        if not zipfile.is_zipfile(plan):
            return True
        with zipfile.ZipFile(plan) as archive:
            content = archive.read("tfplan") if "tfplan" in archive.namelist() else b""
        names = {"local": ("path",), "s3": ("bucket", "key"), "cloud": ("organization",)}.get(self.kind, ())
        return not content or all(str(self.settings.get(name)).encode() in content for name in names)

    @property
    def file(self) -> Path | None:
        """The state file, None unless the state is local."""
        return self.folder / str(self.settings.get("path") or "terraform.tfstate") if self.kind == "local" else None

    def __str__(self) -> str:
        if self.file is not None:
            return os.path.relpath(self.file)
        if self.kind == "s3":
            return f"s3://{self.settings.get('bucket')}/{self.settings.get('key')}"
        workspaces = self.settings.get("workspaces")
        workspace = (workspaces[0] if isinstance(workspaces, list) else workspaces or {}).get("name")
        return f"HCP Terraform, {self.settings.get('organization')}/{workspace}"


def wanted_backend(folder: Path, local_state: Path) -> Backend:
    """The backend that the generated stack in `folder` names; a local state is kept at `local_state`."""
    settings: Any = stack_settings(folder)
    if "cloud" in settings:
        return Backend("cloud", _block(settings["cloud"]), folder)
    ((kind, block),) = (settings.get("backend") or {"local": {}}).items()
    if kind == "local":
        return Backend("local", {"path": os.path.relpath(local_state.resolve(), folder.resolve())}, folder)
    return Backend(kind, _block(block), folder)


def recorded_backend(folder: Path) -> Backend | None:
    """The backend that `terraform init` set up in `folder` the last time, None if it never did."""
    try:
        record = json.loads((folder / BACKEND_RECORD).read_text("utf-8"))["backend"]
        settings = {name: value for name, value in record["config"].items() if value is not None}
        return Backend(str(record["type"]), settings, folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_ready(folder: Path, local_state: Path) -> bool:
    """Whether the state can be read from `folder` as it is: it was set up for the backend that its stack names."""
    before = recorded_backend(folder)
    try:
        return before is not None and before.identity == wanted_backend(folder, local_state).identity
    except (OSError, ValueError, KeyError):  # there is no whole stack there any more
        return False


def prepare(
    terraform: Terraform,
    local_state: Path,
    *,
    may_move: Callable[[str], bool],
    say: Callable[[str], None],
    on_event: Callable[[Event], None] = lambda event: None,
) -> Backend:
    """Make the stack's folder ready to plan: init where needed, and the state where the project file wants it.

    Arguments:
        local_state: where a local state is kept.
        may_move: asked, with a question, before a state is moved.
        say: told what is done.

    Raises TerraformError when a state would be left behind, or when two places hold different ones.
    """
    wanted = wanted_backend(terraform.folder, local_state)
    rescued = (terraform.folder / ERRORED_STATE).is_file()  # the whole of it, for `_recover`
    if wanted.file is not None and not rescued and last_ending(terraform.folder) is not None:
        _restore(wanted.file, say)
    before = recorded_backend(terraform.folder) or Backend("local", {"path": local_state.resolve()}, terraform.folder)
    config = [f"path={wanted.settings['path']}"] if wanted.kind == "local" else []
    to_move = None
    if before.identity != wanted.identity:
        to_move = _to_move(terraform, before, wanted, say)
    if to_move is not None and not may_move(f"Move the state from {before} to {wanted}?"):
        raise TerraformError(
            f"state: the state of this stack is in {before}, but the project file now asks for {wanted}; deploy with "
            "--migrate-state to move it, or set `state` back"
        )
    initialize(terraform, backend_config=config, on_event=on_event)
    if to_move is not None:
        _move(terraform, to_move, before, wanted, say)
    _recover(terraform, wanted, say)
    return wanted


def _to_move(
    terraform: Terraform, before: Backend, wanted: Backend, say: Callable[[str], None]
) -> dict[str, Any] | None:
    """The state that has to go from `before` to `wanted`, None when nothing has to."""
    old = _pulled(terraform, before)
    if not resources(old):
        return None
    new = _pulled(terraform, wanted)
    if not resources(new):
        return old
    newer = old.get("lineage") == new.get("lineage") and old.get("serial", 0) > new.get("serial", 0)
    if newer and resources(new) <= resources(old):
        return old  # what was left behind when the state moved the other way
    if not newer and resources(old) <= resources(new):
        say(f"The state is in {wanted} already; what is in {before} is no newer")
        return None
    raise TerraformError(
        f"state: {before} and {wanted} hold different states of this stack; got {len(resources(old))} and "
        f"{len(resources(new))} resources; find out which is right, move the other out of the way, then try again"
    )


def _pulled(terraform: Terraform, backend: Backend) -> dict[str, Any]:
    """The state that `backend` holds, without touching the stack's folder."""
    if backend.file is not None:
        return read_state(backend.file)
    block: dict[str, Any] = (
        {"cloud": backend.settings} if backend.kind == "cloud" else {"backend": {backend.kind: backend.settings}}
    )
    with tempfile.TemporaryDirectory(prefix="ecsforge-") as folder:
        Path(folder, "main.tf.json").write_text(json.dumps({"terraform": block}), "utf-8")
        elsewhere = Terraform(terraform.binary, Path(folder), terraform.environment, (), terraform.warn)
        elsewhere.init()
        return elsewhere.pull_state()


def _move(
    terraform: Terraform, state: dict[str, Any], before: Backend, wanted: Backend, say: Callable[[str], None]
) -> None:
    with tempfile.TemporaryDirectory(prefix="ecsforge-") as folder:
        file = Path(folder, "state.json")
        file.write_text(json.dumps(state), "utf-8")
        terraform.push_state(file)
    say(f"Moved the state from {before} to {wanted}")
    if before.file is not None:
        # Left in place, it would look like a second state of this stack.
        _set_aside(before.file, MOVED_SUFFIX)
    else:
        say(f"What is in {before} is left there and no longer used")


def _restore(file: Path, say: Callable[[str], None]) -> None:
    """Put a local state that a killed Terraform left empty or cut off back to what it was before that apply.

    Terraform writes it in place. What the apply had made by then is found in the account: `operations.deploy.orphans`.
    """
    if not file.is_file() or _is_whole(file):
        return
    backup, shown = file.with_name(file.name + BACKUP_SUFFIX), os.path.relpath(file)
    restored = bool(resources(read_state(backup)))
    if not restored and not file.stat().st_size:  # as Terraform makes it before there is a state
        return
    source = os.path.relpath(backup) if restored else "what bears its tags in the account"
    say(f"Terraform was killed while it wrote {shown}, now {shown}{BROKEN_SUFFIX}: going on from {source}")
    _set_aside(file, BROKEN_SUFFIX)
    if restored:
        copy = file.with_name(file.name + ".new")
        shutil.copyfile(backup, copy)
        copy.replace(file)


def _is_whole(file: Path) -> bool:
    """Whether a state file was written to its end."""
    try:
        json.loads(file.read_text("utf-8"))
    except ValueError:
        return False
    return True


def _recover(terraform: Terraform, backend: Backend, say: Callable[[str], None]) -> None:
    """Store the state that Terraform could not store after the last apply and left in the folder instead."""
    errored = terraform.folder / ERRORED_STATE
    if not errored.is_file():
        return
    if not read_state(errored):  # the disk was full, and Terraform could not even write this
        errored.unlink()
        return
    say("The last deploy could not save its state and left it here: saving it now")
    _set_aside_broken(backend, say)
    terraform.push_state(errored)
    _set_aside(errored, MOVED_SUFFIX)


def _set_aside_broken(backend: Backend, say: Callable[[str], None]) -> None:
    """Terraform refuses to write over a state it can't read, as a full disk leaves it."""
    if backend.file is None:
        return
    try:
        read_state(backend.file)
    except TerraformError:
        aside = _set_aside(backend.file, BROKEN_SUFFIX)
        say(f"{backend} can't be read and is now {os.path.relpath(aside)}")


def _set_aside(file: Path, suffix: str) -> Path:
    """Rename a state file that counts no longer, and return where it is now."""
    return file.replace(file.with_name(file.name + suffix))


def read_state(file: Path) -> dict[str, Any]:
    """A local state file; empty when there is none."""
    try:
        state: Any = json.loads(file.read_text("utf-8") or "{}")
        if not isinstance(state, dict) or (state and "version" not in state):
            raise ValueError("it does not tell the version of its format")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise TerraformError(
            f"{os.path.relpath(file)}: this is no Terraform state; got {error}; restore it from a backup"
        ) from error
    return dict(state)


def resources(state: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """The managed resources in a state: address and AWS's id."""
    return frozenset(
        (f"{each['type']}.{each['name']}[{instance.get('index_key', '')}]", _id(instance))
        for each in state.get("resources", [])
        if each.get("mode") == "managed"
        for instance in each.get("instances", [])
    )


def _id(instance: Mapping[str, Any]) -> str:
    return str((instance.get("attributes") or {}).get("id", ""))


def _block(block: Any) -> dict[str, Any]:
    """A block of Terraform's JSON syntax, which may be an object or a list of one."""
    return dict(block[0] if isinstance(block, list) else block)
