"""The files of a synthesized stack, and how they take the place of the old ones."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.bindings import TerraformStack
from stacks.constructs.task_definition import TEMPLATE, template_path
from stacks.errors import SynthError
from stacks.hcl import blocks_of, render
from stacks.naming import identifier, stack_name
from stacks.spec.models import Project

STACK_FILE = "cdk.tf.json"
BUILT_IN_TEMPLATE = Path(__file__).parent / TEMPLATE
MANIFEST = "manifest.json"
HCL_FILES = (
    *("account.tf", "alarms.tf", "cluster.tf", "connect.tf", "encryption.tf", "load_balancer.tf"),
    *("network.tf", "outputs.tf", "providers.tf", "service_*.tf", "waf.tf"),
)
GENERATED = (STACK_FILE, *HCL_FILES, "templates")
"""What a synth writes into a stack's folder; everything else there is Terraform's or the user's."""
CACHED = (".terraform", ".terraform.lock.hcl", "task-definitions")
"""What Terraform writes there, and writes again when it is gone."""


@dataclass(frozen=True)
class SynthesizedStack:
    """One stack that was written.

    `path` is its folder, `resources` counts its resources by Terraform type, sorted.
    """

    name: str
    env: str
    path: Path
    resources: dict[str, int]

    @classmethod
    def read(cls, folder: Path, project: Project, out: Path) -> SynthesizedStack:
        """The stack in `folder`, which will be published in `out`."""
        content = _read(folder)
        counts = Counter({kind: len(made) for kind, made in content.get("resource", {}).items()})
        name = stack_name(project.project_id, project.env)
        return cls(name, project.env, out / "stacks" / name, dict(sorted(counts.items())))


def _read(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
    return content


def add_templates(folder: Path, project: Project, root: Path) -> None:
    """Put the task definition templates into a stack's folder: the built-in one, and the services' own."""
    for name, service in project.services.items():
        own = service.task_definition_template
        template = folder / template_path(name, service)
        template.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / own if own else BUILT_IN_TEMPLATE, template)


def as_hcl(folder: Path, stack: TerraformStack) -> None:
    """Replace a stack's JSON by HCL, split into files by concept."""
    content = _read(folder)
    files = _files(content)
    blocks = blocks_of(stack.node.find_all())
    for name, text in render(content, blocks, lambda address: files.get(address, _shared_file(address))).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / STACK_FILE).unlink()


def _files(content: Mapping[str, Any]) -> dict[str, str]:
    """The file of each resource and data source: that of the construct it stands in."""
    return {address: f"{path[1]}.tf" for address, path in _addresses(content)}


def _addresses(content: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for section, prefix in (("resource", ""), ("data", "data.")):
        for kind, made in content.get(section, {}).items():
            for name, resource in made.items():
                yield f"{prefix}{kind}.{name}", resource["//"]["metadata"]["path"].split("/")


def _shared_file(address: str) -> str:
    """The file of what no construct holds: settings, outputs, and the locals of a service."""
    head, _, name = address.partition(".")
    if head == "output":
        return "outputs.tf"
    if head == "local":
        return f"service_{identifier(name.removesuffix('_definition').removesuffix('_task'))}.tf"
    return "providers.tf"


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """A folder inside `out` to write to before anything is swapped in; it is gone afterwards.

    Inside, so that a rename moves it into place, and so that it is ignored with the rest of the output wherever a
    process was killed. A folder `out` that was made for it and stays empty goes with it.

    Raises:
        SynthError: where `out` is something else than a folder.
    """
    if out.exists() and not out.is_dir():
        raise SynthError(f"{out}: the output folder is a file; give another one with --out")
    existed = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".synth-", dir=out) as folder:
            yield Path(folder)
    finally:
        if not existed:
            _remove_empty(out)


def publish(fresh: Path, out: Path, *, prune: bool) -> None:
    """Swap the stacks in `fresh` into `out`, and with `prune` take away those that an earlier synth wrote besides.

    Entry by entry, so that a shell or a Terraform in a stack's folder keeps its feet; what no synth wrote is not
    touched. Where anything fails, or is interrupted, every move is undone.
    """
    stacks, old = out / "stacks", fresh / "old"
    made = sorted(folder.name for folder in (fresh / "stacks").iterdir())
    before = _stacks_in(out / MANIFEST)
    gone = sorted({name for name in before if (stacks / name).is_dir()} - {*made}) if prune else []
    _update_manifest(fresh / MANIFEST, {} if prune else before, out)
    with ExitStack() as undo:
        for name in made:
            _move_entries(stacks / name, old / name, GENERATED, undo)
            _move_entries(fresh / "stacks" / name, stacks / name, ("*",), undo)
        for name in gone:
            _move_entries(stacks / name, old / name, (*GENERATED, *CACHED), undo)
        _move_entries(out, old, (MANIFEST,), undo)
        _move_entries(fresh, out, (MANIFEST,), undo)
        undo.pop_all()
    for name in gone:
        _remove_empty(stacks / name)


def _stacks_in(manifest: Path) -> dict[str, Any]:
    """The stacks that a manifest lists; none where there is no manifest, or none that can be read."""
    try:
        stacks = json.loads(manifest.read_text(encoding="utf-8"))["stacks"]
        return {name: stack for name, stack in stacks.items() if stack["workingDirectory"] == f"stacks/{name}"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _update_manifest(fresh: Path, before: Mapping[str, Any], out: Path) -> None:
    """Add to the manifest `fresh` the stacks of `before` that still have a folder, and say what HCL stands where."""
    manifest = json.loads(fresh.read_text(encoding="utf-8"))
    for stack in manifest["stacks"].values():
        if not (fresh.parent / stack["synthesizedStackPath"]).exists():
            stack["synthesizedStackPath"] = stack["workingDirectory"]
    kept = {name: stack for name, stack in before.items() if (out / "stacks" / name).is_dir()}
    manifest["stacks"] = dict(sorted({**kept, **manifest["stacks"]}.items()))
    fresh.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8", newline="\n")


def _move_entries(source: Path, target: Path, patterns: tuple[str, ...], undo: ExitStack) -> None:
    """Move what matches `patterns` from a folder to another one, which is made; `undo` learns the way back."""
    entries = [e for e in source.iterdir() if any(e.match(p) for p in patterns)] if source.is_dir() else []
    for folder in (*reversed(target.parents), target):
        if not folder.exists():
            undo.callback(_remove_empty, folder)
            folder.mkdir()
    for entry in entries:
        undo.callback(_move_back, entry, target / entry.name)
        entry.rename(target / entry.name)


def _move_back(source: Path, target: Path) -> None:
    """Undo a move from `source` to `target`, if it came to it."""
    if not os.path.lexists(source):
        target.rename(source)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
