"""The provider lock file next to the project file: every stack uses it, and git keeps it.

Terraform reads and writes `.terraform.lock.hcl` only in a stack's folder, which git ignores. Before init, the providers
of the project's file replace those in the stack's; after it, those of the stack are added to the project's. Its format:
https://developer.hashicorp.com/terraform/language/files/dependency-lock.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from operations.files import write_whole
from stacks.files import write_text

LOCK_FILE = ".terraform.lock.hcl"
_BLOCK = re.compile(r'^provider "(?P<address>[^"]+)" \{\n.*?^\}\n', re.MULTILINE | re.DOTALL)
_HASHES = re.compile(r"^  hashes = \[\n.*?^  \]\n", re.MULTILINE | re.DOTALL)
_VERSION = re.compile(r'^  version\s*=\s*"([^"]+)"$', re.MULTILINE)


def place(project: Path, folder: Path, required: Collection[str] = ()) -> bool:
    """Give a stack the providers of the project's lock file; return whether there is one.

    A damaged file is copied unchanged: Terraform reports what is wrong.

    Args:
        project: The folder of the project file.
        folder: The stack's folder.
        required: The sources of the stack's providers: `hashicorp/aws`. Terraform removes others from the stack's file.
    """
    text, before = _read(project / LOCK_FILE), _read(folder / LOCK_FILE)
    if text is None:
        return False
    ours, theirs = providers(text), providers(before or "")
    wanted = {
        address: block
        for address, block in ours.items()
        if before is None or address in theirs or source(address) in required
    }
    after = _joined(text, {**theirs, **wanted}) if ours else text
    if after != before:
        write_text(folder / LOCK_FILE, after)
    return True


def place_versions(project: Path, folder: Path, available: Callable[[str, str], bool]) -> dict[str, str]:
    """Give a stack the versions of the project's lock file, without checksums, for providers from a mirror.

    Returns the sources, with their versions, for which `available(source, version)` is false: the stack does not get
    these.
    """
    text = _read(project / LOCK_FILE) or ""
    ours = {address: _HASHES.sub("", block) for address, block in providers(text).items()}
    missing = {}
    for address in list(ours):
        version = _VERSION.search(ours[address])
        if version is None or not available(source(address), version[1]):
            missing[source(address)] = version[1] if version else ""
            del ours[address]
    if ours:
        write_text(folder / LOCK_FILE, _joined(text, ours))
    return missing


def keep(project: Path, folder: Path, warn: Callable[[str], None]) -> None:
    """Add the providers of a stack's lock file to the project's; a file that can't be written is warned about."""
    text, before = _read(folder / LOCK_FILE) or "", _read(project / LOCK_FILE) or ""
    ours, theirs = providers(before), providers(text)
    if {**ours, **theirs} == ours:
        return
    path = project / LOCK_FILE
    if path.is_symlink():
        warn(f"{os.path.relpath(path)} is a symbolic link: providers are not recorded in it")
        return
    try:
        write_whole(path, _joined(before or text, {**ours, **theirs}))
    except OSError as error:
        warn(f"{os.path.relpath(path)} can't be written: {error.strerror}")


def forget_checksums(folder: Path) -> None:
    """Remove checksums of one platform only from a stack's lock file, which is about to become the project's.

    Releases before the project had a lock file wrote no others. The versions stay; init records the checksums again.
    """
    text = _read(folder / LOCK_FILE) or ""
    blocks = {
        address: block if '"zh:' in block else _HASHES.sub("", block) for address, block in providers(text).items()
    }
    if blocks != providers(text):
        write_text(folder / LOCK_FILE, _joined(text, blocks))


def providers(text: str) -> dict[str, str]:
    """The blocks of a lock file by the address of the provider, such as `registry.terraform.io/hashicorp/aws`."""
    return {match["address"]: match[0] for match in _BLOCK.finditer(text)}


def source(address: str) -> str:
    """The source of a provider without its registry: `hashicorp/aws`."""
    return address.partition("/")[2]


def sources(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The sources of the providers that a `terraform` block requires."""
    return tuple(each["source"] for each in settings.get("required_providers", {}).values() if "source" in each)


def _joined(text: str, blocks: Mapping[str, str]) -> str:
    """A lock file with the comment at the beginning of `text`, and blocks in Terraform's order."""
    first = _BLOCK.search(text)
    comment = text[: first.start()].rstrip("\n") if first else ""
    parts = [f"{comment}\n"] if comment else []
    return "\n".join((*parts, *(blocks[address] for address in sorted(blocks))))


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return None
