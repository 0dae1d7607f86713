"""The files of a synthesized stack, and how they take the place of the old ones."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
GENERATED = (STACK_FILE, "cdk.tf", "*.tf", "templates", "assets")
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
        if not existed and not any(out.iterdir()):
            out.rmdir()


def publish(fresh: Path, out: Path, *, prune: bool) -> None:
    """Swap the stacks in `fresh` into `out`, one folder at a time, and bring its manifest up to date."""
    stacks = out / "stacks"
    stacks.mkdir(exist_ok=True)
    made = sorted(folder.name for folder in (fresh / "stacks").iterdir())
    for name in made:
        _swap(fresh / "stacks" / name, stacks / name)
    if not prune:
        _keep_in_manifest(fresh / "manifest.json", out / "manifest.json")
    (fresh / "manifest.json").replace(out / "manifest.json")
    if prune:
        for folder in sorted(stacks.iterdir()):
            if folder.is_dir() and folder.name not in made:
                _remove_generated(folder)


def _keep_in_manifest(fresh: Path, old: Path) -> None:
    """Add to the manifest `fresh` the stacks of the manifest `old` that still have a folder."""
    if not old.exists():
        return
    manifest = json.loads(fresh.read_text(encoding="utf-8"))
    before = json.loads(old.read_text(encoding="utf-8"))["stacks"]
    kept = {name: stack for name, stack in before.items() if (old.parent / stack["workingDirectory"]).is_dir()}
    manifest["stacks"] = dict(sorted({**kept, **manifest["stacks"]}.items()))
    fresh.write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def _swap(fresh: Path, place: Path) -> None:
    """Put `fresh` in `place`, keeping what a synth did not write there.

    The old folder is moved aside whole before the new one is moved in; when that fails it is moved back.
    """
    aside = fresh.with_name(f"{fresh.name}.old")
    if not place.exists():
        fresh.rename(place)
        return
    place.rename(aside)
    try:
        for entry in _kept(aside):
            entry.rename(fresh / entry.name)
        fresh.rename(place)
    except BaseException:
        for entry in _kept(fresh):
            entry.rename(aside / entry.name)
        aside.rename(place)
        raise


def _kept(folder: Path) -> list[Path]:
    """The entries of a stack's folder that no synth wrote."""
    return [entry for entry in folder.iterdir() if not any(entry.match(pattern) for pattern in GENERATED)]


def _remove_generated(folder: Path) -> None:
    """Remove a stack that is gone; whatever the user put into its folder stays, and the folder with it."""
    for entry in list(folder.iterdir()):
        if any(entry.match(pattern) for pattern in (*GENERATED, *CACHED)):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
