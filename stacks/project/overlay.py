"""Merges one tree into another: the file, then the environment's section, then the options.

Maps merge, lists and scalars replace, an explicit `null` returns to the default.
"""

from __future__ import annotations

from stacks.project.nodes import Entry, Items, Mapping, Node, Path, Scalar


def overlay(base: Node, over: Node) -> Node:
    """`base` with `over` merged into it. Every value keeps the mark of the layer it comes from."""
    if isinstance(base, Mapping) and isinstance(over, Scalar) and over.bare:
        return base
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        below = entries.get(key)
        if below is None:
            entries[key] = entry
        else:
            entries[key] = Entry(overlay(below.value, entry.value), (*below.keys, *entry.keys))
    return Mapping(entries, over.mark)


def without_nulls(node: Node) -> Node:
    """The tree without the keys whose value is an explicit `null` or `~`. Nulls in lists stay, to be reported."""
    if isinstance(node, Items):
        return Items(tuple(without_nulls(item) for item in node.items), node.mark)
    if not isinstance(node, Mapping):
        return node
    kept = {
        key: Entry(without_nulls(e.value), e.keys) for key, e in node.entries.items() if not _explicit_null(e.value)
    }
    return Mapping(kept, node.mark)


def reset_keys(node: Node, above: Path = ()) -> dict[Path, Entry]:
    """The keys, by path, that an explicit `null` reset to their defaults after an earlier layer had set them."""
    if not isinstance(node, Mapping):
        return {}
    found: dict[Path, Entry] = {}
    for key, entry in node.entries.items():
        path = (*above, key)
        if _explicit_null(entry.value) and len(entry.keys) > 1:
            found[path] = entry
        found |= reset_keys(entry.value, path)
    return found


def _explicit_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None and not node.bare
