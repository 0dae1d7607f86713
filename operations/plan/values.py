"""The values of a change in a plan, with what Terraform does not know yet and what must not be shown.

`terraform show -json` has both states as plain JSON, and three trees of marks beside them: `after_unknown`,
`before_sensitive` and `after_sensitive`. A mark is a leaf that is exactly `true`. The rest of a tree is a skeleton:
once anything of a resource is marked, it repeats the shape of the known values, as `[{}]` or `[false]`.

Sources: https://developer.hashicorp.com/terraform/internals/json-format#change-representation, and `unknownAsBool`,
`omitUnknowns` and `SensitiveAsBool` in Terraform's `internal/command/jsonplan` and `jsonstate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "(known after apply)"


@dataclass(frozen=True)
class Secret:
    """A value that Terraform marks as sensitive; only whether it changes may be shown."""

    value: Any = field(repr=False)


def planned(value: Any, unknown: Any) -> Any:
    """`value` with `UNKNOWN` wherever a leaf of `unknown` is true; a plan leaves these values out, or has null."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict) and isinstance(value, dict | None):
        known = value or {}
        added = [key for key in unknown if key not in known and has_mark(unknown[key])]
        return {key: planned(known.get(key), unknown.get(key)) for key in (*known, *added)} if known or added else value
    if isinstance(unknown, list) and isinstance(value, list | None) and has_mark(unknown):
        items = value or []
        return [
            planned(*(each[place] if place < len(each) else None for each in (items, unknown)))
            for place in range(max(len(items), len(unknown)))
        ]
    return value


def concealed(value: Any, sensitive: Any) -> Any:
    """`value` with a `Secret` wherever a leaf of `sensitive` is true; null is not a secret."""
    if sensitive is True:
        return None if value is None else Secret(value)
    if isinstance(sensitive, dict) and isinstance(value, dict):
        return {key: concealed(item, sensitive.get(key)) for key, item in value.items()}
    if isinstance(sensitive, list) and isinstance(value, list):
        return [
            concealed(item, sensitive[place] if place < len(sensitive) else None) for place, item in enumerate(value)
        ]
    return value


def has_mark(marks: Any) -> bool:
    """Whether any leaf is exactly true."""
    if isinstance(marks, dict):
        return any(map(has_mark, marks.values()))
    if isinstance(marks, list):
        return any(map(has_mark, marks))
    return marks is True


def tidy(value: Any) -> Any:
    """A value without the empty ones in it, for display."""
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items() if item not in (None, "", [], {})}
    return [tidy(item) for item in value] if isinstance(value, list) else value
