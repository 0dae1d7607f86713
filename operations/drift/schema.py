"""Which arguments of a type only the configuration sets, from the provider's schema.

A refresh also shows what AWS computes: counters, status, the rules of a group. An argument that is optional and not
computed is never AWS's choice, so that a change of it is drift even if the configuration does not set it. Source:
Terraform, `internal/command/jsonprovider`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any


def settable_arguments(schemas: Mapping[str, Any], types: Collection[str]) -> dict[str, frozenset[str]]:
    """The paths of these arguments, without positions, by type.

    Args:
        schemas: What `terraform providers schema -json` prints.
        types: The types to look up.
    """
    found: dict[str, frozenset[str]] = {}
    for provider in schemas.get("provider_schemas", {}).values():
        for kind, schema in provider.get("resource_schemas", {}).items():
            if kind in types:
                found[kind] = frozenset(_settable(schema.get("block", {}), ""))
    return found


def _settable(block: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, attribute in block.get("attributes", {}).items():
        if (attribute.get("optional") or attribute.get("required")) and not attribute.get("computed"):
            yield f"{prefix}{name}"
    for name, nested in block.get("block_types", {}).items():
        yield from _settable(nested.get("block", {}), f"{prefix}{name}.")
