"""The import blocks of a plan, and what an import can't read.

An import reads a resource from AWS. An argument that no API returns stays empty, and Terraform writes it with the next
update, unless `ignore_changes` has it: then it stays empty forever. So a plan that imports such a resource, or that
finds it empty in the state, ignores another argument in its place.

Sources: https://developer.hashicorp.com/terraform/language/import; /terraform/language/files/override ("the original
ignore_changes is replaced"); the AWS provider, internal/service/rds/cluster.go, resourceClusterImport: no API returns
`final_snapshot_identifier`, without which it can't destroy a database that keeps a final snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stacks.files import write_text
from stacks.resources import resource_type

if TYPE_CHECKING:
    from operations.state.document import StateDocument

_IMPORTS = "ecsforge-imports.tf.json"
_OVERRIDES = "ecsforge-imports_override.tf.json"


def unread_addresses(
    configuration: Mapping[str, Any], imports: Collection[str], state: StateDocument
) -> tuple[str, ...]:
    """The resources that an import leaves incomplete: those of `imports`, and those that are incomplete in the state.

    Args:
        configuration: The stack in Terraform's JSON syntax.
        imports: The addresses to import.
        state: The current state.
    """
    return tuple(sorted(_unread(configuration, imports, state.attributes)))


def _unread(
    configuration: Mapping[str, Any], imports: Collection[str], known: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for kind, resources in configuration.get("resource", {}).items():
        for name, resource in resources.items() if resource_type(kind).import_ignores else ():
            address, ignored = f"{kind}.{name}", resource.get("lifecycle", {}).get("ignore_changes", ())
            attributes = known.get(address)
            if attributes is None:
                if address in imports:
                    yield address
            elif any(attributes.get(argument) is None for argument in ignored if argument in resource):
                yield address


@contextmanager
def import_blocks(folder: Path, imports: Mapping[str, str], unread: Iterable[str] = ()) -> Iterator[None]:
    """Add import blocks for these resources in this block. The plan file contains the imports; the configuration is
    restored.

    Args:
        folder: The stack's folder.
        imports: The resources to import, address to id.
        unread: The addresses of resources that an import leaves incomplete (`unread_addresses`).
    """
    contents = {
        _IMPORTS: {"import": [{"to": address, "id": id_} for address, id_ in imports.items()]} if imports else None,
        _OVERRIDES: _overrides(unread),
    }
    for name, content in contents.items():
        if content:
            write_text(folder / name, json.dumps(content, indent=2))
        else:
            (folder / name).unlink(missing_ok=True)  # from a plan that was killed
    try:
        yield
    finally:
        for name in contents:
            (folder / name).unlink(missing_ok=True)


def _overrides(unread: Iterable[str]) -> dict[str, Any] | None:
    """An override file that lets Terraform write what it ignores otherwise."""
    resources: dict[str, Any] = {}
    for address in unread:
        kind, _, name = address.partition(".")
        ignored = list(resource_type(kind).import_ignores)
        resources.setdefault(kind, {})[name] = {"lifecycle": {"ignore_changes": ignored}}
    return {"resource": resources} if resources else None
