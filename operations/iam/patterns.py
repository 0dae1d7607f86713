"""Wildcards and policy variables.

Sources: IAM User Guide, "IAM JSON policy elements: Resource" ("Using wildcards in resource ARNs") and "IAM policy
elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

ValuesOf = Callable[[str], tuple[str, ...]]
"""The values of a condition key in the request."""
_VARIABLE = re.compile(r"\$\{\s*(?P<key>[^},]*?)\s*(?:,\s*'(?P<default>[^']*)'\s*)?\}")
_ESCAPED = frozenset("*?$")
_ARN_PARTS = 6


@dataclass(frozen=True)
class Literal:
    """Text that matches itself; `*` and `?` in it are not wildcards."""

    text: str


Piece = Literal | str
"""`Literal` text, or a wildcard: `*` or `?`."""


def pieces(text: str, values: ValuesOf, *, variables: bool = True) -> tuple[Piece, ...] | None:
    """The literal parts and the wildcards of a value in a policy, with its policy variables replaced.

    None when a variable has no value in the request: such a value matches nothing. So does a variable with several
    values, because a multivalued key can't be used as a variable.
    """
    found: list[Piece] = []
    position = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        found += _wildcards(text[position : match.start()])
        position = match.end()
        value = _value(match, values)
        if value is None:
            return None
        found.append(Literal(value))
    return (*found, *_wildcards(text[position:]))


def resource_pieces(text: str, values: ValuesOf, *, variables: bool = True) -> tuple[Piece, ...] | None:
    """The same for a value of `Resource`, which can have variables after its fifth colon only."""
    before = ":".join(text.split(":", _ARN_PARTS - 1)[: _ARN_PARTS - 1])
    if variables and text.startswith("arn:") and "${" in before:
        return None
    return pieces(text, values, variables=variables)


def _value(match: re.Match[str], values: ValuesOf) -> str | None:
    key = match["key"]
    if key in _ESCAPED:
        return key
    given = values(key)
    return given[0] if len(given) == 1 else match["default"]


def _wildcards(text: str) -> list[Piece]:
    return [part if part in ("*", "?") else Literal(part) for part in re.split(r"([*?])", text) if part]


def plain(parts: Sequence[Piece]) -> str:
    """The text of a value in which `*` and `?` have no special meaning, as in StringEquals."""
    return "".join(part.text if isinstance(part, Literal) else part for part in parts)


def matches(parts: Sequence[Piece], value: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole value matches; wildcards match any characters."""
    return _compiled(tuple(parts), ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _compiled(parts: tuple[Piece, ...], ignore_case: bool) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    text = "".join(re.escape(part.text) if isinstance(part, Literal) else wild[part] for part in parts)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def action_matches(pattern: str, action: str) -> bool:
    """Whether an action matches; neither prefixes nor names of actions are case-sensitive."""
    return matches(_wildcards(pattern), action, ignore_case=True)


def resource_matches(parts: Sequence[Piece], arn: str) -> bool:
    """Whether an ARN matches a value of `Resource`.

    A wildcard matches within a segment, the text between two colons; a `*` at the end of a segment also beyond the
    colon. The resource, everything after the fifth colon, is one segment: a `*` in it matches colons and slashes.
    """
    return _compiled_resource(tuple(parts)).fullmatch(arn) is not None


@lru_cache(maxsize=4096)
def _compiled_resource(parts: tuple[Piece, ...]) -> re.Pattern[str]:
    text, colons = [], 0
    for place, part in enumerate(parts):
        if isinstance(part, Literal):
            text.append(re.escape(part.text))
            colons += part.text.count(":")
            continue
        following = parts[place + 1] if place + 1 < len(parts) else Literal("")
        ends = isinstance(following, Literal) and following.text[:1] in ("", ":")
        anything = colons >= _ARN_PARTS - 1 or (part == "*" and ends)
        text.append(("." if anything else "[^:]") + ("*" if part == "*" else ""))
    return re.compile("".join(text), re.DOTALL)


def arn_matches(parts: Sequence[Piece], value: str) -> bool:
    """Whether an ARN matches a value of ArnLike or ArnEquals: each of its six parts on its own."""
    pattern, given = _arn_parts(parts), value.split(":", _ARN_PARTS - 1)
    if len(pattern) != _ARN_PARTS or len(given) != _ARN_PARTS:
        return False
    return all(matches(part, text) for part, text in zip(pattern, given, strict=True))


def _arn_parts(parts: Sequence[Piece]) -> list[list[Piece]]:
    split: list[list[Piece]] = [[]]
    for part in parts:
        if not isinstance(part, Literal):
            split[-1].append(part)
            continue
        first, *others = part.text.split(":", _ARN_PARTS - len(split))
        split[-1].append(Literal(first))
        split += [[Literal(text)] for text in others]
    return split
