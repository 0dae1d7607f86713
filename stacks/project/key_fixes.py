"""How to fix a key that a section does not have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from stacks.project.durations import duration
from stacks.project.models import Overrides, Project, Service, Settings
from stacks.project.models.base import Model
from stacks.project.neighbors import neighbor_fix
from stacks.project.nodes import Items, Layer, Mapping, Node, Path, Scalar, find, key_entry
from stacks.project.plain import plain, snake
from stacks.project.shape import Shape, fields_of
from stacks.project.suggest import listed, nearest
from stacks.project.value_fixes import list_fix


def key_fix(root: Mapping, name: str, holder: Path) -> str:
    """The key that is meant: a misspelt one, that of another tool, or one of another section; otherwise all keys."""
    if not holder and name == "env":
        return "name environments under `environments` and choose one with --env"
    model, node = _model_at(root, holder), find(root, (*holder, name))
    known = {key: shape for key, shape in fields_of(model).items() if key != "env"} if model else {}
    if not holder and _in_file(root, (name,)):
        known["environments"] = Shape(dict[str, Overrides])
    if not holder and name in fields_of(Service):
        return f"{name} belongs to a service: write it under services.NAME"
    accepted = [key for key, shape in known.items() if node is None or _takes(shape, node)]
    if (same := snake(name.strip())) in accepted and _has_keys_of(known[same], node):
        return f"did you mean {same}?"
    value = plain(node) if node is not None else None
    if model and (fix := neighbor_fix(model.__name__, name.strip(), value)):
        return fix
    if near := nearest(name.strip(), accepted):
        return f"did you mean {near}?"
    if isinstance(node, Scalar) and (near := nearest(name.strip(), known)):
        return list_fix(f"{near}:", node, (*holder, near), known[near]) if _is_list(known[near]) else _valid(known)
    if holder and name in fields_of(Settings) and name != "services":
        return f"{name} belongs to the top level of the file or to an environment"
    return _valid(known)


def _valid(known: Iterable[str]) -> str:
    return f"valid keys are {listed(known, 'and')}"


def _is_list(shape: Shape) -> bool:
    return {branch.origin for branch in shape.branches()} == {tuple}


def _has_keys_of(shape: Shape, node: Node | None) -> bool:
    """Whether a mapping has keys of the field's model, so that only the name of the field is another."""
    model = next((branch.type for branch in shape.branches() if branch.is_model), None)
    if model is None or not isinstance(node, Mapping) or not node.entries:
        return True
    return any(snake(key) in fields_of(model) for key in node.entries)


def _takes(shape: Shape, node: Node) -> bool:
    """Whether a field takes values of the kind of a node, so that it can be the one that is meant."""
    branches = shape.branches()
    if isinstance(node, Mapping):
        return any(branch.is_mapping or branch.type is Any for branch in branches)
    if isinstance(node, Items):
        return any(branch.origin is tuple or branch.type is Any for branch in branches)
    if node.value is None:
        return True
    return any(_takes_scalar(branch, node) for branch in branches)


def _takes_scalar(branch: Shape, node: Scalar) -> bool:
    if branch.origin is Literal:
        return node.value in get_args(branch.type)
    if branch.as_written or branch.type is Any:
        return True
    if branch.is_duration and isinstance(node.value, str):
        return duration(node.text) is not None
    return type(node.value) is branch.type


def _in_file(root: Mapping, path: Path) -> bool:
    """Whether a key was first written in the file itself, rather than in an environment or an option."""
    entry = key_entry(root, path)
    return entry is not None and entry.keys[0].layer is Layer.FILE


def _model_at(root: Mapping, path: Path) -> type[Model] | None:
    shape: Shape | None = Shape(Project)
    at: Path = ()
    for step in path:
        node = find(root, at)
        shape = (shape.branch(node) if shape and node is not None else None) or shape
        shape = shape.below(step) if shape else None
        at = (*at, step)
    node = find(root, path)
    branch = shape.branch(node) if shape and node is not None else None
    return branch.type if branch and branch.is_model else None
