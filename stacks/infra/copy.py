"""Copies the user's own Terraform into a stack's folder.

Terraform accepts one `required_providers` for all files of a folder. So the copies of files with one leave it out, and
the stack's own contains its entries. Its lines stay, so that the positions in Terraform's messages are those of the
user's file. All other files are copied byte for byte.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from stacks.files import writing
from stacks.infra.blocks import Block
from stacks.infra.configuration import OwnTerraform

_NOTE = "# required_providers is in providers.tf or cdk.tf.json."


def copy_own_terraform(own: OwnTerraform, folder: Path) -> None:
    """Copy every file to the stack's folder. Raises OSError with the name of the file that can't be read or written."""
    for path in own.files.paths:
        source, target = own.files.folder / path, folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        root = own.root.files.get(path)
        spans = _spans(root) if root is not None else []
        with writing(target):
            if spans:
                target.write_bytes(_without(source.read_bytes(), spans, is_json=path.endswith(".json")))
            else:
                shutil.copyfile(source, target)
            shutil.copymode(source, target)
            target.chmod(target.stat().st_mode | 0o200)


def _spans(root: Block) -> list[tuple[int, int]]:
    """The offsets of the `required_providers` blocks of a file; of their values in JSON."""
    settings = root.of_kind("terraform")
    found = {(block.start, block.end) for each in settings for block in each.of_kind("required_providers")}
    return sorted(found)


def _without(data: bytes, spans: list[tuple[int, int]], *, is_json: bool) -> bytes:
    """The file without these blocks, with the same lines."""
    text = data.decode("utf-8")
    parts, at = [], 0
    for start, end in spans:
        lines = "\n" * text[start:end].count("\n")
        parts += [text[at:start], f"[{lines}]" if is_json else f"{_NOTE}{lines}"]
        at = end
    return "".join([*parts, text[at:]]).encode("utf-8")
