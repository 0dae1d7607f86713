"""Reads the structure of a file in Terraform's JSON syntax, with positions.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from stacks.infra.blocks import COMPUTED, TOO_DEEP, Attribute, Block, Lines, UnreadableFile
from stacks.infra.literals import unquoted

_SPACE = re.compile(r"[ \t\r\n]*")
_OTHER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_MAX_DEPTH = 200
# The number of labels of the blocks that are read; others have none.
_LABELS = {
    **dict.fromkeys(("resource", "data", "ephemeral", "action", "list"), 2),
    **dict.fromkeys(("module", "provider", "variable", "output", "check"), 1),
    **dict.fromkeys(("provisioner", "backend", "provider_meta", "state_store", "dynamic"), 1),
}
_ROOT_ONLY = frozenset({"resource", "module", "provider", "variable", "output", "check"})


@dataclass(frozen=True)
class _Object:
    """A JSON object; a key can be in it several times."""

    members: tuple[tuple[str, int, _Value], ...]


@dataclass(frozen=True)
class _Value:
    """A JSON value and its offsets: an `_Object`, a list of `_Value`, or a plain value."""

    data: Any
    start: int
    end: int


def read_json(text: str, source: str, *, values: bool = False) -> Block:
    """The blocks of a file, in a block without a kind; with `values`, its arguments: those of a file for variables.

    `source` is the path of the file for messages. Raises UnreadableFile.
    """
    reader = _Reader(text, source)
    root = reader.whole()
    position = reader.lines.position
    objects = list(_objects(root))
    if not objects:
        raise UnreadableFile(position(root.start), "a Terraform file must be a JSON object")
    converter = _Converter(reader.lines)
    made = [converter.body(each, root=not values) for each in objects]
    attributes = tuple(attribute for found, _ in made for attribute in found)
    return Block("", (), position(0), attributes, tuple(block for _, found in made for block in found), 0, len(text))


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.at = 1 if text.startswith("\ufeff") else 0
        self.lines = Lines(source, text)

    def whole(self) -> _Value:
        value = self.value(0)
        self.skip()
        if self.at < len(self.text):
            raise self.error("unexpected text after the end of the JSON document")
        return value

    def value(self, depth: int) -> _Value:
        self.skip()
        start = self.at
        if depth > _MAX_DEPTH:
            raise self.error(TOO_DEEP)
        char = self.text[start : start + 1]
        if char == "{":
            return _Value(self.object(depth), start, self.at)
        if char == "[":
            return _Value(self.list(depth), start, self.at)
        if char == '"':
            return _Value(self.string(), start, self.at)
        found = _OTHER.match(self.text, start)
        if found is None:
            raise self.error("expected a JSON value")
        self.at = found.end()
        return _Value(json.loads(found[0]), start, self.at)

    def object(self, depth: int) -> _Object:
        members: list[tuple[str, int, _Value]] = []
        self.at += 1
        while not self.taken("}"):
            if members:
                self.expect(",")
            self.skip()
            at = self.at
            if not self.text.startswith('"', at):
                raise self.error("expected a key in quotes")
            key = self.string()
            self.expect(":")
            members.append((key, at, self.value(depth + 1)))
        return _Object(tuple(members))

    def list(self, depth: int) -> list[_Value]:
        items: list[_Value] = []
        self.at += 1
        while not self.taken("]"):
            if items:
                self.expect(",")
            items.append(self.value(depth + 1))
        return items

    def string(self) -> str:
        try:
            text, self.at = scanstring(self.text, self.at + 1, True)
        except ValueError as error:
            raise UnreadableFile(self.lines.position(getattr(error, "pos", self.at)), "invalid JSON string") from None
        return str(text)

    def taken(self, char: str) -> bool:
        self.skip()
        found = self.text.startswith(char, self.at)
        self.at += found
        return found

    def expect(self, char: str) -> None:
        if not self.taken(char):
            raise self.error(f"expected {char}")

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def error(self, what: str) -> UnreadableFile:
        return UnreadableFile(self.lines.position(self.at), what)


class _Converter:
    """Makes blocks of JSON objects: any object can be a block, which only the schema of a provider knows."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def body(self, of: _Object, *, root: bool = False) -> tuple[tuple[Attribute, ...], tuple[Block, ...]]:
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        for key, at, value in of.members:
            if key == "//":
                continue
            if not root:
                quoted = value.data if isinstance(value.data, str) else None
                attributes.append(Attribute(key, self._lines.position(at), given=_plain(value), quoted=quoted))
            labels = _LABELS.get(key, 0) if root or key not in _ROOT_ONLY else 0
            blocks += self.blocks(key, labels, (), at, value)
        return tuple(attributes), tuple(blocks)

    def blocks(self, kind: str, labels: int, given: tuple[str, ...], at: int, value: _Value) -> Iterator[Block]:
        """The blocks of a kind, whose labels are the keys of the objects around them."""
        for each in _objects(value):
            if labels > len(given):
                for key, start, below in each.members:
                    if key != "//":
                        yield from self.blocks(kind, labels, (*given, key), start, below)
            else:
                attributes, nested = self.body(each)
                yield Block(kind, given, self._lines.position(at), attributes, nested, value.start, value.end)


def _objects(value: _Value) -> Iterator[_Object]:
    """The object that a value is, or the objects in a list."""
    for each in value.data if isinstance(value.data, list) else [value]:
        if isinstance(each.data, _Object):
            yield each.data


def _plain(value: _Value) -> Any:
    """A JSON value as Terraform reads it; text with an interpolation is `COMPUTED`."""
    data = value.data
    if isinstance(data, _Object):
        return {key: _plain(each) for key, _, each in data.members}
    if isinstance(data, list):
        return [_plain(each) for each in data]
    if isinstance(data, str):
        plain = unquoted(json.dumps(data)[1:-1])
        return COMPUTED if plain is None else plain
    return data
