"""Replaces the files of the previous synth with the new ones: all of them, or none.

The manifest lists the files that a synth wrote to each stack's folder, so that the next synth can remove those that it
does not write again. All other files in a stack's folder belong to Terraform or the user.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from stacks.errors import SynthError
from stacks.files import write_text

MANIFEST = "manifest.json"
RECORD = "files"
"""The key of a stack in the manifest that lists the files that the synth wrote to the stack's folder."""
UNRECORDED = (
    *("cdk.tf.json", "templates", "account.tf", "alarms.tf", "cluster.tf", "connect.tf", "encryption.tf"),
    *("load_balancer.tf", "network.tf", "outputs.tf", "providers.tf", "service_*.tf", "waf.tf"),
)
"""The files that a synth wrote before the manifest listed them; still needed for old output and a lost manifest."""
DEFINITIONS = "task-definitions"
CACHED = (".terraform", ".terraform.lock.hcl", ".ecsforge", DEFINITIONS)
"""Files that Terraform writes to a stack's folder, and writes again if they are missing."""
WORKSPACE = ".synth-"
"""The prefix of the folder that a synth writes to first."""
ABANDONED = 3600
"""Seconds without a change after which a workspace counts as left by a killed process."""


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """A folder inside `out` to write to before anything is swapped in; it is removed afterwards.

    It is inside `out` so that files can be renamed into place, and so that version control ignores it with the rest of
    the output if a process is killed; a later synth removes it. If `out` was created for it and is still empty, it is
    removed too.

    Raises:
        SynthError: `out` is not a folder, or a symbolic link.
    """
    if out.exists() and not out.is_dir():
        raise SynthError.of(str(out), "the output path is not a folder", fix="choose another one with --out")
    for path in (out, out / "stacks"):
        require_no_link(path)
    existed = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(out)
    try:
        with tempfile.TemporaryDirectory(prefix=WORKSPACE, dir=out) as folder:
            yield Path(folder)
    finally:
        if not existed:
            _remove_empty(out)


def require_no_link(
    path: Path, what: str = "output folder", fix: str = "or pass the folder that it leads to with --out"
) -> None:
    """Raise SynthError if `path` is a symbolic link: whatever it leads to was not written by a synth."""
    if path.is_symlink():
        what = f"the {what} is a symbolic link, and nothing is written through it"
        raise SynthError.of(str(path), what, got=str(path.readlink()), fix=f"remove the link, {fix}")


def _require_folder(folder: Path) -> None:
    require_no_link(folder)
    if folder.exists() and not folder.is_dir():
        raise SynthError.of(str(folder), "this file has the name of a stack's folder", fix="rename or delete it")


def _require_no_links(folder: Path) -> None:
    """Raise SynthError if this or anything in it is a symbolic link: Terraform would write through it."""
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            what = "this is a symbolic link, and nothing is written through it"
            raise SynthError.of(str(path), what, got=str(path.readlink()), fix="remove the link")


def _remove_abandoned(out: Path) -> None:
    """Remove the workspaces of processes that were killed; others may still be running."""
    for folder in out.glob(f"{WORKSPACE}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > ABANDONED:
                shutil.rmtree(folder)


def publish(fresh: Path, out: Path, *, prune: bool) -> None:
    """Swap the stacks in `fresh` into `out`, and with `prune` remove the other stacks that an earlier synth wrote.

    It works entry by entry, so that a shell or a Terraform in a stack's folder keeps its working directory. Entries
    that no synth wrote, and unchanged entries, are not touched. A file is replaced atomically, so that a killed process
    leaves either the old or the new one. On a failure or an interrupt, every move is undone.

    Raises:
        SynthError: There is a file or a symbolic link in place of a stack's folder, or a link where Terraform writes.
    """
    stacks, old = out / "stacks", fresh / "old"
    before = _stacks_in(out / MANIFEST)
    written = {folder.name: {entry.name for entry in folder.iterdir()} for folder in (fresh / "stacks").iterdir()}
    earlier = {name: _generated(stacks / name, before.get(name)) for name in sorted({*written, *before})}
    for name in written:
        _require_folder(stacks / name)
        _require_no_links(stacks / name / DEFINITIONS)
    pruned = [name for name in earlier if name not in written and (stacks / name).is_dir()] if prune else []
    # The first manifest lists both the old and the new files: if this process is killed, the next synth removes them.
    all_files = {name: files | earlier[name] for name, files in written.items()}
    started = _write_manifest(fresh, out, fresh / "started" / MANIFEST, before, all_files)
    done = _write_manifest(fresh, out, fresh / "done" / MANIFEST, {} if prune else before, written)
    with ExitStack() as undo:
        _replace(out / MANIFEST, started, old / ".started", undo)
        for name, files in sorted(written.items()):
            folder = _make_folder(stacks / name, undo)
            for file in sorted(files):
                _replace(folder / file, fresh / "stacks" / name / file, old / name, undo)
            _move_all(folder, earlier[name] - files, old / name, undo)
        for name in pruned:
            _move_all(stacks / name, earlier[name] | _matching(stacks / name, CACHED), old / name, undo)
        _replace(out / MANIFEST, done, old / ".done", undo)
        undo.pop_all()
    for name in pruned:
        _remove_empty(stacks / name)


def additions(folder: Path) -> list[str]:
    """The names of the files that Terraform reads in a stack's folder and that no synth wrote."""
    read = ("*.tf", "*.tf.json", "*.auto.tfvars", "*.auto.tfvars.json", "terraform.tfvars", "terraform.tfvars.json")
    stack = _stacks_in(folder.parent.parent / MANIFEST).get(folder.name)
    return sorted(_matching(folder, read) - _generated(folder, stack))


def _generated(folder: Path, stack: Mapping[str, Any] | None) -> set[str]:
    """The names of the entries of a stack's folder that earlier synths wrote; `stack` is its part of the manifest."""
    recorded = None if stack is None else stack.get(RECORD)
    if not isinstance(recorded, list):
        return _matching(folder, UNRECORDED)
    return _matching(folder, ["*"]) & {name for name in recorded if isinstance(name, str)}


def _stacks_in(manifest: Path) -> dict[str, Any]:
    """The stacks that a manifest lists; empty if it is missing or cannot be read."""
    try:
        stacks = json.loads(manifest.read_text(encoding="utf-8"))["stacks"]
        return {name: stack for name, stack in stacks.items() if stack["workingDirectory"] == f"stacks/{name}"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_manifest(
    fresh: Path, out: Path, target: Path, kept: Mapping[str, Any], files: Mapping[str, Collection[str]]
) -> Path:
    """Write to `target` the manifest of `fresh`, with the files of its stacks and the `kept` stacks that have a folder.

    A stack in HCL has no synthesized file; its path in the manifest is its folder.
    """
    manifest = json.loads((fresh / MANIFEST).read_text(encoding="utf-8"))
    for name, stack in manifest["stacks"].items():
        if not (fresh / stack["synthesizedStackPath"]).exists():
            stack["synthesizedStackPath"] = stack["workingDirectory"]
        stack[RECORD] = sorted(files[name])
    existing = {name: stack for name, stack in kept.items() if (out / "stacks" / name).is_dir()}
    manifest["stacks"] = dict(sorted({**existing, **manifest["stacks"]}.items()))
    target.parent.mkdir()
    write_text(target, json.dumps(manifest, indent=2) + "\n")
    return target


def _matching(folder: Path, patterns: Collection[str]) -> set[str]:
    """The names of the entries of a folder that match any of the patterns."""
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return {name for name in names if any(fnmatch(name, pattern) for pattern in patterns)}


def _replace(place: Path, new: Path, old: Path, undo: ExitStack) -> None:
    """Move `new` to `place`, and the entry that was there to the folder `old`."""
    if _same(place, new):
        return
    if _is_plain_file(place) and new.is_file():
        kept = _make_folder(old, undo) / place.name
        _duplicate(place, kept)
        undo.callback(kept.replace, place)
        new.replace(place)
        return
    if os.path.lexists(place):
        _move(place, old, undo)
    _move(new, place.parent, undo)


def _same(one: Path, other: Path) -> bool:
    """Whether both are files with the same bytes, executable or not, or folders of such files."""
    if _is_plain_file(one) and _is_plain_file(other):
        executable = [bool(file.stat().st_mode & 0o100) for file in (one, other)]
        return executable[0] == executable[1] and one.read_bytes() == other.read_bytes()
    if not (one.is_dir() and other.is_dir()):
        return False
    names = sorted(path.name for path in one.iterdir())
    return names == sorted(path.name for path in other.iterdir()) and all(
        _same(one / name, other / name) for name in names
    )


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _duplicate(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # a file system without hard links
        shutil.copy2(file, target)


def _move_all(folder: Path, names: Collection[str], target: Path, undo: ExitStack) -> None:
    for name in sorted(names):
        _move(folder / name, target, undo)


def _move(entry: Path, folder: Path, undo: ExitStack) -> None:
    """Move an entry to a folder, which is created; `undo` moves it back."""
    target = _make_folder(folder, undo) / entry.name
    undo.callback(_move_back, entry, target)
    entry.rename(target)


def _make_folder(folder: Path, undo: ExitStack) -> Path:
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            undo.callback(_remove_empty, path)
            path.mkdir()
    return folder


def _move_back(source: Path, target: Path) -> None:
    """Undo a move from `source` to `target`, if it happened."""
    if not os.path.lexists(source):
        target.rename(source)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
