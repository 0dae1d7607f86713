"""The files of a synthesized stack, and how they take the place of the old ones."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.bindings import App, TerraformStack
from stacks.constructs.base import comments
from stacks.constructs.task_definition import TEMPLATE, template_path
from stacks.errors import SynthError
from stacks.hcl import blocks_of, render
from stacks.naming import identifier, stack_name
from stacks.project.models import Project

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
WORKSPACE = ".synth-"
"""How the folder begins that a synth writes to first."""
ABANDONED = 3600
"""After so many seconds without a change, its process must have been killed."""


@dataclass(frozen=True)
class SynthesizedStack:
    """One stack that was written.

    `path` is its folder, `resources` counts its resources by Terraform type, sorted. `configuration` is its Terraform
    in JSON syntax.
    """

    name: str
    env: str
    path: Path
    resources: dict[str, int]
    configuration: Mapping[str, Any]

    @property
    def own_tags(self) -> dict[str, str]:
        """The tags that distinguish a stack's resources from all others."""
        tags = self.configuration["provider"]["aws"][0]["default_tags"][0]["tags"]
        return {key: tags[key] for key in ("Project", "Environment", "ManagedBy")}

    @classmethod
    def read(cls, folder: Path, project: Project, out: Path) -> SynthesizedStack:
        """The stack in `folder`, which will be published in `out`."""
        content = _read(folder)
        counts = Counter({kind: len(made) for kind, made in content.get("resource", {}).items()})
        name = stack_name(project.project_id, project.env)
        return cls(name, project.env, out / "stacks" / name, dict(sorted(counts.items())), content)


def read_configuration(folder: Path) -> dict[str, Any]:
    """The configuration that an earlier synth wrote to a stack's folder; empty where there is none."""
    try:
        return _read(folder)
    except (OSError, ValueError):
        return {}


def _read(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
    return content


def write(app: App, out: Path) -> None:
    """Let cdktf write the stacks of `app`, for `out`.

    Raises:
        SynthError: The file system has refused what Node.js wanted to write.
    """
    try:
        app.synth()
    except RuntimeError as error:
        refused = re.search(r"\b(E(?:NOSPC|DQUOT|ACCES|PERM|ROFS|IO|MFILE)): ([^,]+)", str(error))
        if refused is None:
            raise
        raise SynthError(
            f"{out}: the stacks can't be written there; got {refused[2]} ({refused[1]}); make room or allow it, then "
            "try again"
        ) from error


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
    paths = dict(_addresses(content))
    addresses = {path[-1]: address for address, path in paths.items()}
    made = {addresses[id]: comment for id, comment in comments(stack).items()}

    def file_of(address: str) -> str:
        """That of the construct a resource stands in."""
        return f"{paths[address][1]}.tf" if address in paths else _shared_file(address)

    for name, text in render(content, blocks_of(stack.node.find_all()), file_of, made).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / STACK_FILE).unlink()


def _addresses(content: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The path in the tree of constructs of each resource and data source."""
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
    process was killed; what that one left behind goes with the next. A folder `out` that was made for it and stays
    empty goes with it.

    Raises:
        SynthError: where `out` is something else than a folder.
    """
    if out.exists() and not out.is_dir():
        raise SynthError(f"{out}: the output folder is a file; give another one with --out")
    existed = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(out)
    try:
        with tempfile.TemporaryDirectory(prefix=WORKSPACE, dir=out) as folder:
            yield Path(folder)
    finally:
        if not existed:
            _remove_empty(out)


def _remove_abandoned(out: Path) -> None:
    """Remove the workspaces of processes that were killed, and leave those of others that run."""
    for folder in out.glob(f"{WORKSPACE}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > ABANDONED:
                shutil.rmtree(folder)


def publish(fresh: Path, out: Path, *, prune: bool) -> None:
    """Swap the stacks in `fresh` into `out`, and with `prune` take away those that an earlier synth wrote besides.

    Entry by entry, so that a shell or a Terraform in a stack's folder keeps its feet; what no synth wrote is not
    touched, nor what is the same already. A file takes the place of its old self in one step, so that a process that
    is killed leaves one of the two. Where anything fails, or is interrupted, every move is undone.
    """
    stacks, old = out / "stacks", fresh / "old"
    made = sorted(folder.name for folder in (fresh / "stacks").iterdir())
    before = _stacks_in(out / MANIFEST)
    gone = sorted({name for name in before if (stacks / name).is_dir()} - {*made}) if prune else []
    _update_manifest(fresh / MANIFEST, {} if prune else before, out)
    with ExitStack() as undo:
        for name in made:
            folder = _make_folder(stacks / name, undo)
            written = [*(fresh / "stacks" / name).iterdir()]
            for new in written:
                _replace(folder / new.name, new, old / name, undo)
            for entry in _matching(folder, GENERATED):
                if entry.name not in {new.name for new in written}:
                    _move(entry, old / name, undo)
        for name in gone:
            for path in _matching(stacks / name, (*GENERATED, *CACHED)):
                _move(path, old / name, undo)
        _replace(out / MANIFEST, fresh / MANIFEST, old, undo)
        undo.pop_all()
    for name in gone:
        _remove_empty(stacks / name)


def additions(folder: Path) -> list[str]:
    """The names of what Terraform reads in a stack's folder besides what a synth wrote there."""
    read = ("*.tf", "*.tf.json", "*.auto.tfvars", "*.auto.tfvars.json", "terraform.tfvars", "terraform.tfvars.json")
    return sorted(
        {path.name for path in _matching(folder, read)} - {path.name for path in _matching(folder, GENERATED)}
    )


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


def _matching(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    entries = folder.iterdir() if folder.is_dir() else ()
    return [entry for entry in entries if any(entry.match(pattern) for pattern in patterns)]


def _replace(place: Path, new: Path, old: Path, undo: ExitStack) -> None:
    """Put `new` in its place, and what stood there into the folder `old`."""
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
    """Whether both are files with the same bytes, or folders of such."""
    if _is_plain_file(one) and _is_plain_file(other):
        return one.read_bytes() == other.read_bytes()
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


def _move(entry: Path, folder: Path, undo: ExitStack) -> None:
    """Move an entry into a folder, which is made; `undo` learns the way back."""
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
    """Undo a move from `source` to `target`, if it came to it."""
    if not os.path.lexists(source):
        target.rename(source)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
