"""The project file as a tree in which every key and value has its position.

    Node = Scalar | Items | Mapping

A `Mapping` has an `Entry` per key: the value, and the positions of its key. There are several when an environment
overrides the file; the last one takes precedence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

from stacks.errors import Position

Path: TypeAlias = tuple[str | int, ...]
"""The path of a value: keys, and indexes from 0 in lists."""


_PLAIN_STEP = re.compile(r"[\w/:@+-]+")


class Layer(IntEnum):
    """The source of a value; a later layer takes precedence over an earlier one."""

    FILE = 0
    ENVIRONMENT = 1
    OPTION = 2


@dataclass(frozen=True, order=True)
class Mark:
    """A position in a layer. Marks are ordered by precedence: layer, then line and column."""

    layer: Layer
    position: Position


@dataclass(frozen=True)
class Scalar:
    """One value: `value` as YAML reads it, `text` as it is written, without quotes."""

    value: str | int | float | bool | None
    text: str
    quoted: bool
    mark: Mark

    @property
    def bare(self) -> bool:
        """Whether nothing is written, as after `cpu:`."""
        return self.value is None and not self.text


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True)
class Entry:
    """A value in a mapping, and the marks of its key from the earliest layer to the last."""

    value: Node
    keys: tuple[Mark, ...]


@dataclass(frozen=True)
class Mapping:
    """A map from text keys to entries, in the order they were written."""

    entries: dict[str, Entry] = field(hash=False)
    mark: Mark

    def get(self, key: str) -> Node | None:
        """The value of a key; None when the key is absent."""
        entry = self.entries.get(key)
        return entry.value if entry else None

    def with_entry(self, key: str, entry: Entry) -> Mapping:
        """A copy in which `key` is `entry`."""
        return Mapping({**self.entries, key: entry}, self.mark)

    def without(self, key: str) -> Mapping:
        """A copy without `key`."""
        return Mapping({name: entry for name, entry in self.entries.items() if name != key}, self.mark)


Node: TypeAlias = Scalar | Items | Mapping


def kind(node: Node) -> str:
    """The kind of a node, for messages."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    return "nothing" if node.bare else "one value"


def size(root: Node) -> int:
    """The number of values in a tree, itself included; a value that aliases repeat counts each time."""
    if isinstance(root, Mapping):
        return 1 + sum(size(entry.value) for entry in root.entries.values())
    return 1 + sum(map(size, root.items)) if isinstance(root, Items) else 1


def steps(root: Node, path: Path) -> Iterator[tuple[Entry | None, Node]]:
    """The entry and value at each step of `path`, up to the first that does not exist."""
    node = root
    for step in path:
        if isinstance(node, Mapping) and str(step) in node.entries:
            entry = node.entries[str(step)]
            node = entry.value
            yield entry, node
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            yield None, node
        else:
            return


def find(root: Node, path: Path) -> Node | None:
    """The node at `path`; None when there is none."""
    found = [node for _, node in steps(root, path)]
    return (found[-1] if path else root) if len(found) == len(path) else None


def position(root: Mapping, path: Path) -> Position:
    """Where the value at `path` was written, or the nearest map above it that was."""
    found = [node for _, node in steps(root, path)]
    return (found[-1] if found else root).mark.position


def key_entry(root: Mapping, path: Path) -> Entry | None:
    """The entry of the key at the end of `path`; None for a list item or a key that is not in the file."""
    found = list(steps(root, path))
    return found[-1][0] if found and len(found) == len(path) else None


def key_position(root: Mapping, path: Path) -> Position:
    """Where the key at the end of `path` was first written; the position of its value when it has none."""
    entry = key_entry(root, path)
    return entry.keys[0].position if entry else position(root, path)


def remove(root: Node, path: Path) -> Node:
    """A copy of the tree without the value at `path`."""
    if not path:
        return root
    step, rest = path[0], path[1:]
    if isinstance(root, Mapping) and (entry := root.entries.get(str(step))):
        if not rest:
            return root.without(str(step))
        return root.with_entry(str(step), Entry(remove(entry.value, rest), entry.keys))
    if isinstance(root, Items) and isinstance(step, int) and step < len(root.items):
        kept = [remove(root.items[step], rest)] if rest else []
        return Items((*root.items[:step], *kept, *root.items[step + 1 :]), root.mark)
    return root


def dotted(path: Path) -> str:
    """A path in messages: `services.web.command[0]`; keys with dots are quoted."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if _PLAIN_STEP.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            text += f".{name}" if text else name
    return text
