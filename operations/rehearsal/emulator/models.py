"""Compares a request with botocore's model of the API: required members, enumerations, lengths, ranges and patterns.

AWS validates requests against the same models before an operation runs
(https://smithy.io/2.0/spec/constraint-traits.html), with the sentences used here. moto does not validate most of them,
and boto3 and the AWS provider only check which members are required.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import regex

_SURROGATES = ("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\U00010000-\\U0010FFFF")
"""All characters outside the Basic Multilingual Plane, as Java writes the range and as `regex` does."""
SHOWN = 100
"""The characters of a value that a sentence contains."""


def violations(shape: Any, value: Any, at: str = "") -> Iterator[str]:
    """A sentence for each value that AWS would refuse.

    Args:
        shape: botocore's shape of the value.
        value: The value, as the parser of moto returns it.
        at: Where it is in the request; empty for the request itself.
    """
    if shape is None or value is None:
        return
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, at)
    elif kind == "list":
        yield from _length(shape, value, len(value), at)
        for number, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{at}.{number}.member")
    elif kind == "map":
        yield from _length(shape, value, len(value), at)
        for key, item in value.items():
            yield from violations(shape.key, key, at)
            yield from violations(shape.value, item, f"{at}.{key}.member")
    elif kind == "string" and isinstance(value, str):
        yield from _text(shape, value, at)
    elif kind in ("integer", "long", "float", "double"):
        yield from _range(shape, value, at)


def _structure(shape: Any, value: Any, at: str) -> Iterator[str]:
    if shape.is_document_type or not isinstance(value, Mapping):
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(at, name)}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        yield from violations(shape.members.get(name), item, _join(at, name))


def _text(shape: Any, value: str, at: str) -> Iterator[str]:
    yield from _length(shape, value, len(value), at)
    if shape.enum and value not in shape.enum:
        yield _sentence(shape, value, at, f"satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _sentence(shape, value, at, f"satisfy regular expression pattern: {pattern}")


def _length(shape: Any, value: Any, length: int, at: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and length < low:
        yield _sentence(shape, value, at, f"have length greater than or equal to {low}")
    if high is not None and length > high:
        yield _sentence(shape, value, at, f"have length less than or equal to {high}")


def _range(shape: Any, value: float, at: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield _sentence(shape, value, at, f"have value greater than or equal to {low}")
    if high is not None and value > high:
        yield _sentence(shape, value, at, f"have value less than or equal to {high}")


def _sentence(shape: Any, value: Any, at: str, constraint: str) -> str:
    text = "*** Sensitive Data Redacted ***" if shape.metadata.get("sensitive") else str(value)
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return f"Value '{shown}' at '{at}' failed to satisfy constraint: Member must {constraint}"


def _join(at: str, name: str) -> str:
    member = f"{name[:1].lower()}{name[1:]}"  # as AWS writes it
    return f"{at}.{member}" if at else member


@cache
def _compiled(pattern: str) -> Any:
    return regex.compile(pattern.replace(*_SURROGATES))
