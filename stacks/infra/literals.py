"""Values that are written out in Terraform's native syntax."""

from __future__ import annotations

import json
from typing import Any

from stacks.expressions import UnreadableExpression, parse_syntax
from stacks.expressions.syntax import Constant, List, Map, Node, Number, Text
from stacks.infra.blocks import COMPUTED


def literal_value(text: str) -> Any:
    """The value of an expression; `COMPUTED` for anything but a literal. Items of lists and maps may be `COMPUTED`."""
    try:
        return _value(parse_syntax(text.strip()))
    except UnreadableExpression:
        return COMPUTED


def unquoted(text: str) -> str | None:
    """The value of a quoted string between its quotes; None if it has an interpolation."""
    if "${" in text.replace("$${", "") or "%{" in text.replace("%%{", ""):
        return None
    try:
        plain: str = json.loads(f'"{text}"')
    except ValueError:
        return None
    return plain.replace("$${", "${").replace("%%{", "%{")


def _value(node: Node) -> Any:
    match node:
        case Constant(value):
            return value
        case Number(text):
            return float(text) if "." in text or "e" in text.lower() else int(text)
        case Text(quoted):
            parts = quoted.parts
            plain = "".join(part for part in parts if isinstance(part, str))
            written = all(isinstance(part, str) for part in parts)
            unescaped = unquoted(plain) if written else None
            return COMPUTED if unescaped is None else unescaped
        case List(items):
            return [_value(item) for item in items]
        case Map(entries):
            keys = [(key if isinstance(key, str) else _value(key), value) for key, value in entries]
            if not all(isinstance(key, str) for key, _ in keys):
                return COMPUTED
            return {key: _value(value) for key, value in keys}
    return COMPUTED
