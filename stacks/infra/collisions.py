"""Names in the user's own Terraform that the stack already has. All are known once the stack is synthesized."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stacks.errors import Problem
from stacks.infra.blocks import Block, UnreadableFile
from stacks.infra.configuration import OwnTerraform
from stacks.infra.json_syntax import read_json
from stacks.infra.native import read_native

_NAMED = {
    "resource": "a resource",
    "data": "a data source",
    "ephemeral": "an ephemeral resource",
    "variable": "a variable",
    "output": "an output",
    "module": "a module",
}
_ADDRESS = re.compile(r"([^\W\d][\w-]*)\.([^\W\d][\w-]*)(?=\[|\Z)")


def collisions(own: OwnTerraform, stack: Mapping[str, Any], files: Collection[str] = ()) -> Iterator[Problem]:
    """The names that are in both. `stack` is its configuration, `files` are the files of either output format.

    `folder` has refused the names of the files that every stack has.
    """
    for block in own.root.blocks(*_NAMED):
        if _names(stack, block):
            kind, name = _NAMED[block.kind], ".".join(block.labels)
            yield Problem(block.position, f"the stack already has {kind} of this name", name, "rename it")
    for block in own.root.blocks("locals"):
        for each in block.attributes:
            if each.name in (stack.get("locals") or {}):
                what = "the stack already has a local value of this name"
                yield Problem(each.position, what, f"local.{each.name}", "rename it")
    yield from _moved(own, stack)
    taken = {name.casefold() for name in files}
    for path in own.files.paths:
        if path.partition("/")[0].casefold() in taken:
            yield Problem(
                own.files.position(path), "ecsforge writes a file of this name to the stack", path, "rename it"
            )
    yield from _values(own, stack)


def _moved(own: OwnTerraform, stack: Mapping[str, Any]) -> Iterator[Problem]:
    """Terraform refuses to move or forget a resource that is in the configuration, but only when it plans."""
    for block in own.root.blocks("moved", "removed"):
        source = block.attribute("from")
        found = _ADDRESS.match((source.text or source.quoted or "").strip()) if source else None
        if source is not None and found and found[2] in ((stack.get("resource") or {}).get(found[1]) or {}):
            what = f"the stack has this resource, so a {block.kind} block can't name it"
            yield Problem(source.position, what, f"{found[1]}.{found[2]}", "remove the block")


def _names(stack: Mapping[str, Any], block: Block) -> bool:
    """Whether the stack has a block of this kind and name."""
    found: Any = stack.get(block.kind) or {}
    for label in block.labels:
        if not isinstance(found, Mapping) or label not in found:
            return False
        found = found[label]
    return True


def _values(own: OwnTerraform, stack: Mapping[str, Any]) -> Iterator[Problem]:
    """Files with values of variables, which Terraform reads without being asked, set only the user's variables."""
    for path in own.files.paths:
        if "/" in path or not _sets_variables(path):
            continue
        where = own.files.position(path)
        try:
            text = (own.files.folder / path).read_bytes().decode("utf-8")
            is_json = path.endswith(".json")
            root = read_json(text, where.source, values=True) if is_json else read_native(text, where.source)
        except (OSError, UnicodeDecodeError, UnreadableFile):
            continue  # Terraform says what is wrong with it
        for each in root.attributes:
            if each.name in (stack.get("variable") or {}):
                yield Problem(each.position, "ecsforge sets this variable with each deploy", each.name, "remove it")


def _sets_variables(path: str) -> bool:
    return path in ("terraform.tfvars", "terraform.tfvars.json") or path.endswith((".auto.tfvars", ".auto.tfvars.json"))
