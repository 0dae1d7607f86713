"""`{env}` and `{project_id}` in the texts of a project file that name something outside of it.

They are replaced after environments and options are merged, so that everything else sees the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from stacks.errors import Problem
from stacks.project.nodes import Entry, Items, Node, Path, Scalar, dotted
from stacks.project.nodes import Mapping as Tree

_PART = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
# Values of secrets are only references with one of these; anything else may be a secret, which no message shows.
_REFERENCES = ("ssm:", "secretsmanager:", "arn:")
_IN_CONTAINER = (("image",), ("image_credentials",), ("secrets", "*"), ("env_files", "*"))
_CONTAINERS = (("services", "*"), ("services", "*", "sidecars", "*"))
PLACES: tuple[tuple[str, ...], ...] = (
    *((*container, *text) for container in _CONTAINERS for text in _IN_CONTAINER),
    ("services", "*", "logs", "secret_options", "*"),
    ("services", "*", "http", "auth", "oidc", "client_secret"),
)
"""The values with placeholders; `*` is any key or item."""


@dataclass(frozen=True)
class Filled:
    """A tree without placeholders. `invalid` are the values that have an unknown one, with their problems."""

    tree: Tree
    invalid: dict[Path, Problem]


def filled(tree: Tree, values: Mapping[str, str]) -> Filled:
    """The tree with every placeholder replaced by its value."""
    invalid: dict[Path, Problem] = {}
    node = _filled(tree, PLACES, (), values, invalid)
    assert isinstance(node, Tree)
    return Filled(node, invalid)


def _filled(
    node: Node,
    places: tuple[tuple[str, ...], ...],
    path: Path,
    values: Mapping[str, str],
    invalid: dict[Path, Problem],
) -> Node:
    if isinstance(node, Scalar):
        return _text(node, path, values, invalid) if () in places else node
    if isinstance(node, Items):
        below = tuple(place[1:] for place in places if place[:1] == ("*",))
        items = (_filled(item, below, (*path, n), values, invalid) for n, item in enumerate(node.items))
        return Items(tuple(items), node.mark) if below else node
    entries = dict(node.entries)
    for key, below in _below(node, places):
        entry = entries[key]
        entries[key] = Entry(_filled(entry.value, below, (*path, key), values, invalid), entry.keys)
    return Tree(entries, node.mark)


def _below(node: Tree, places: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, tuple[tuple[str, ...], ...]]]:
    for key in node.entries:
        below = tuple(place[1:] for place in places if place[:1] in ((key,), ("*",)))
        if below:
            yield key, below


def _text(node: Scalar, path: Path, values: Mapping[str, str], invalid: dict[Path, Problem]) -> Scalar:
    if not isinstance(node.value, str) or not re.search("[{}]", node.text) or not _has_placeholders(path, node.text):
        return node
    unknown: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        part = match[0]
        if part in ("{{", "}}"):
            return part[0]
        if part[1:-1] not in values:
            unknown.append(part)
        return values.get(part[1:-1], part)

    text = _PART.sub(replaced, node.text)
    if unknown:
        what = f"{dotted(path)} has an unknown placeholder"
        fix = f"use {' or '.join(f'{{{name}}}' for name in values)}; {{{{ and }}}} write braces"
        invalid[path] = Problem(node.mark.position, what, unknown[0], fix, path)
    return replace(node, value=text, text=text)


def _has_placeholders(path: Path, text: str) -> bool:
    """Whether a text is one that placeholders belong in: every image and file, but only references to secrets."""
    secret = path[-1] in ("image_credentials", "client_secret") or path[-2] in ("secrets", "secret_options")
    return not secret or text.startswith(_REFERENCES)
