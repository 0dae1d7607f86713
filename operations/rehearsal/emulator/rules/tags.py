"""Tags that every service refuses.

Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html (tag naming limits).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from operations.rehearsal.emulator.request import Request

RESERVED = "aws:"
MOST = 50
"""The tags that a resource can have."""


def problem(request: Request) -> str:
    """What is wrong with the tags that a request sets; empty if nothing is."""
    if request.operation.lower().startswith(("untag", "describe", "list", "get", "delete", "remove")):
        return ""
    keys = list(_keys(request.parameters))
    for key in keys:
        if key.lower().startswith(RESERVED):
            return f"Tag keys starting with '{RESERVED}' are reserved for internal use; got {key}"
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        return f"Duplicate tag keys found; got {twice[0]}"
    return f"A resource can have at most {MOST} tags" if len(keys) > MOST else ""


def _keys(parameters: Mapping[str, Any]) -> Iterator[str]:
    specifications = parameters.get("TagSpecifications") or [{}]
    for value in (parameters.get("Tags"), parameters.get("tags"), *(each.get("Tags") for each in specifications)):
        if isinstance(value, Mapping):
            yield from value
        else:
            for tag in value or ():
                yield next(str(tag[name]) for name in ("Key", "key", "TagKey") if name in tag)
