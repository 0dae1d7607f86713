"""Terraform JSON values as equivalent HCL expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from stacks.expressions import parse_template
from stacks.expressions.tree import Bracket, Expression, Interpolation, Object, Quoted, Template, Token, call, name
from stacks.hcl.arguments import in_reading_order
from stacks.hcl.spacing import flat
from stacks.hcl.strings import key, quoted, written
from stacks.jsonencode import terraform_json

# Private-use characters replace the interpolations of a template while its text is parsed as JSON.
_FIRST_MARK = 0xE000
_MARK = re.compile("([\ue000-\uf8ff])")

_DECIMAL = re.compile(r"-?\d+\.\d*[1-9]")

# A reference that ends in one of these is a string for every resource.
_TEXT_REFERENCE = re.compile(
    r"(?:data\.)?\w+(?:\.[\w-]+)+\.(?:\w+_)?(?:arn|arn_suffix|bucket|dns_suffix|family|id|name|partition|region|url)"
)


def value(json_value: Any) -> Expression:
    """The expression for a value of Terraform JSON, where strings are templates."""
    if isinstance(json_value, str):
        return template(parse_template(json_value))
    if isinstance(json_value, Mapping):
        return _object((parse_template(name), value(json_value[name])) for name in in_reading_order(json_value))
    if isinstance(json_value, list | tuple):
        return (Bracket("[", tuple(map(value, json_value))),)
    return _scalar(json_value)


def literal(json_value: Any) -> Expression:
    """The expression for a value whose strings Terraform JSON takes literally, without interpolation."""
    if isinstance(json_value, str):
        return quoted((json_value,))
    if isinstance(json_value, Mapping):
        return _object(((name,), literal(json_value[name])) for name in in_reading_order(json_value))
    if isinstance(json_value, list | tuple):
        return (Bracket("[", tuple(map(literal, json_value))),)
    return _scalar(json_value)


def template(parts: Template) -> Expression:
    """A bare expression where that is the whole template, `jsonencode` where it is JSON, else a quoted string."""
    if len(parts) == 1 and _is_plain(parts[0]):
        return written(_unwrapped(parts[0].expression))
    return _jsonencode(parts) or quoted(parts)


def _is_plain(part: str | Interpolation) -> TypeGuard[Interpolation]:
    return isinstance(part, Interpolation) and (part.opening, part.closing) == ("${", "}")


def _unwrapped(expression: Expression) -> Expression:
    """The expression without parentheses or `"${...}"` around it."""
    match expression:
        case (Bracket("(", (inner,)),):
            return _unwrapped(inner)
        case (Quoted((part,)),) if _is_plain(part):
            return _unwrapped(part.expression)
    return expression


def _object(entries: Iterable[tuple[Template, Expression]]) -> Expression:
    return (Object(tuple((_key(parts), entry) for parts, entry in entries)),)


def _key(parts: Template) -> Expression:
    if len(parts) == 1 and _is_plain(parts[0]):
        return (Bracket("(", (written(parts[0].expression),)),)
    return key(parts)


def _scalar(scalar: Any) -> Expression:
    if scalar is None or isinstance(scalar, bool):
        return name({None: "null", True: "true", False: "false"}[scalar])
    return (Token("number", repr(scalar)),)


def _jsonencode(parts: Template) -> Expression | None:
    """`jsonencode(...)` for a JSON object or array of objects, if it returns exactly these bytes; else None."""
    found = (part for part in parts if isinstance(part, Interpolation))
    marks = {part: chr(_FIRST_MARK + index) for index, part in enumerate(dict.fromkeys(found))}
    text = "".join(part if isinstance(part, str) else "" for part in parts)
    if text[:1] not in ("{", "[") or "{" not in text or _MARK.search(text) or not all(map(_is_plain, marks)):
        return None
    marked = "".join(part if isinstance(part, str) else marks[part] for part in parts)
    try:
        document = json.loads(marked, parse_float=_decimal, parse_constant=_decimal)
    except ValueError:
        return None
    if not document or terraform_json(document) != marked:
        return None
    interpolations = {mark: part.expression for part, mark in marks.items()}
    return call("jsonencode", _decoded(document, interpolations)) if _order_is_fixed(document) else None


def _decoded(document: Any, interpolations: Mapping[str, Expression]) -> Expression:
    """A JSON document in which the interpolations replace their marks."""
    if isinstance(document, str):
        parts = _unmarked(document, interpolations)
        if len(parts) == 1 and isinstance(parts[0], Interpolation):
            expression = written(_unwrapped(parts[0].expression))
            # It is in quotes in the JSON text; a number must stay a string.
            return expression if _TEXT_REFERENCE.fullmatch(flat(expression)) else call("tostring", expression)
        return quoted(parts)
    if isinstance(document, dict):
        names = in_reading_order(document)
        return _object((_unmarked(name, interpolations), _decoded(document[name], interpolations)) for name in names)
    if isinstance(document, list):
        return (Bracket("[", tuple(_decoded(item, interpolations) for item in document)),)
    return _scalar(document)


def _unmarked(text: str, interpolations: Mapping[str, Expression]) -> Template:
    pieces = (piece for piece in _MARK.split(text) if piece)
    return tuple(
        Interpolation("${", interpolations[piece], "}") if piece in interpolations else piece for piece in pieces
    )


def _order_is_fixed(document: Any) -> bool:
    """Whether the order of the keys does not depend on the values of the interpolations."""
    if isinstance(document, list):
        return all(map(_order_is_fixed, document))
    if not isinstance(document, dict):
        return True
    return _keys_are_ordered([*document]) and all(map(_order_is_fixed, document.values()))


def _keys_are_ordered(names: Sequence[str]) -> bool:
    if len(names) == 1 or not any(map(_MARK.search, names)):
        return True
    # `${issuer}:aud` and `${issuer}:sub` start with the same mark and differ after it.
    return len({name[:1] for name in names}) == 1 and not any(_MARK.search(name[1:]) for name in names)


def _decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)  # NaN is not JSON; Terraform writes 1.0 as 1 and 1e-7 as 0.0000001.
    return float(text)
