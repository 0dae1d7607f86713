"""The problems of single fields."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Literal, get_args

import annotated_types
from pydantic_core import ErrorDetails, PydanticUndefined

from stacks.errors import NOT_SHOWN, Position, Problem
from stacks.project.models import Project, Service
from stacks.project.models.base import Model
from stacks.project.nodes import Entry, Items, Layer, Mapping, Node, Path, Scalar, dotted, find, kind, steps
from stacks.project.shape import Shape, described, fields_of
from stacks.project.suggest import did_you_mean, nearest

_PAIR = "[1024, 4096]"  # soft and hard limit: the only field that is a list of two
_SOME_SECONDS = "60"
_NO = ("none", "disabled")
_LONGEST = 60
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# A word that needs no quotes in a YAML list.
_PLAIN_WORD = re.compile(r"[\w./][\w./:=-]*(?<!:)")
# Values below these keys are user data and may be credentials: messages never show them.
_PRIVATE = frozenset({"environment", "secrets", "args"})


def shown(node: Node, path: Path = ()) -> str:
    """A value for a message: as it was written, shortened, and never a possible credential."""
    if not isinstance(node, Scalar) or node.bare:
        return kind(node)
    if _PRIVATE.intersection(map(str, path[:-1])):
        return NOT_SHOWN
    return quoted(node.text) if node.quoted else truncated(node.text)


def truncated(text: str) -> str:
    """Text on one line, cut after 60 characters."""
    line = "".join(map(_visible, re.sub(r"[ \t\r\n]+", " ", text).strip(" ")))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _visible(letter: str) -> str:
    """A character, or the code point of an invisible one, such as a no-break space pasted from a web page."""
    return f"<U+{ord(letter):04X}>" if letter != " " and unicodedata.category(letter) in _UNSEEN else letter


def quoted(text: str) -> str:
    """Text in double quotes, as valid YAML."""
    return json.dumps(truncated(text), ensure_ascii=False)


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


def empty_problem(node: Scalar, shape: Shape, path: Path) -> Problem:
    """A key without a value, or a `null` in a list."""
    if shape.as_written and isinstance(path[-1], str):
        fix = f'write {path[-1]}: "" for empty text'
    elif isinstance(path[-1], int):
        fix = "remove the item"
    else:
        fix = f"write {described(shape.branches())}, or null for the default"
    return Problem(node.mark.position, f"{dotted(path)} has no value", None, fix, path)


def unquoted_account(node: Scalar) -> Problem:
    """YAML reads an account id without quotes as a number, and as an octal one when it starts with 0."""
    digits = node.text if node.text.isdecimal() else "123456789012"
    octal = " (YAML reads a number with a leading 0 as octal)" if node.text.startswith("0") else ""
    what = "account_id must be 12 digits in quotes"
    return Problem(node.mark.position, what, shown(node), f'write account_id: "{digits}"{octal}', ("account_id",))


def octal_problem(node: Scalar, path: Path) -> Problem:
    """A number with a leading zero, which YAML reads as octal."""
    what = f"{dotted(path)} must not have a leading zero: YAML reads it as octal {node.value}"
    return Problem(node.mark.position, what, shown(node), f"write {node.text.lstrip('0') or '0'}", path)


def field_problem(root: Mapping, path: Path, shape: Shape, error: ErrorDetails) -> Problem:
    """The problem of a value that does not fit its field."""
    if error["type"] == "missing":
        return _missing(root, path, shape)
    if error["type"] == "extra_forbidden":
        return _unknown_key(root, path)
    node = find(root, path)
    where = position(root, path)
    if node is None:
        return Problem(where, f"{dotted(path)} is not valid", None, error["msg"], path)
    branch = shape.branch(node)
    what = f"{dotted(path)} must be {described([branch] if _fits(branch, error) and branch else shape.branches())}"
    return Problem(where, what, shown(node, path), _fix(node, path, shape, error), path)


def _fits(branch: Shape | None, error: ErrorDetails) -> bool:
    """Whether the value has the type of this alternative and is only out of its range."""
    return branch is not None and error["type"] in ("greater_than_equal", "less_than_equal", "too_long", "too_short")


def _missing(root: Mapping, path: Path, shape: Shape) -> Problem:
    *above, name = path
    holder = tuple(above)
    if isinstance(name, int):
        what = f"{dotted(holder)} must be a list of two whole numbers"
        return Problem(position(root, holder), what, "a shorter list", f"for example {holder[-1]}: {_PAIR}", holder)
    what = f"{dotted(holder) or 'the project file'} needs {name}"
    where = key_position(root, holder)
    return Problem(where, what, None, f"add {name}: {_lower(shape.description)}", holder)


def _unknown_key(root: Mapping, path: Path) -> Problem:
    *above, name = path
    holder = tuple(above)
    model = _model_at(root, holder)
    known = [key for key in fields_of(model) if key != "env"] if model else []
    if not holder and _in_file(root, path):
        known.append("environments")
    where = key_position(root, path)
    what = f"unknown key {_in(root, path)}"
    return Problem(where, what, truncated(str(name)), _key_fix(str(name), known, holder), path)


def _in_file(root: Mapping, path: Path) -> bool:
    """Whether a key was first written in the file itself, rather than in an environment or an option."""
    entry = key_entry(root, path)
    return entry is not None and entry.keys[0].layer is Layer.FILE


def _in(root: Mapping, path: Path) -> str:
    """The section of a key, for a message."""
    if path[1:]:
        return f"in {dotted(path[:-1])}"
    entry, env = key_entry(root, path), find(root, ("env",))
    if entry and entry.keys[0].layer is Layer.ENVIRONMENT and isinstance(env, Scalar):
        return f"in environments.{env.text}"
    return "at the top level"


def _key_fix(name: str, known: list[str], holder: Path) -> str:
    if not holder and name == "env":
        return "name environments under `environments` and choose one with --env"
    if not holder and name in fields_of(Service):
        return f"{name} belongs to a service: write it under services.NAME"
    return did_you_mean(name, known, "valid keys are")


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


def _fix(node: Node, path: Path, shape: Shape, error: ErrorDetails) -> str:
    branch = shape.branch(node)
    if branch and _fits(branch, error):
        return _range_fix(branch, error, path)
    choices = [c for b in shape.branches() if b.origin is Literal for c in get_args(b.type) if isinstance(c, str)]
    if isinstance(node, Scalar) and (near := _off(node, choices) or nearest(node.text, choices)):
        return f"did you mean {near}?"
    return _kind_fix(node, path, shape)


def _off(node: Scalar, choices: list[str]) -> str | None:
    """The choice that means `false` or `off`, where one of these was written."""
    return next((choice for choice in choices if choice in _NO), None) if node.value is False else None


def _range_fix(shape: Shape, error: ErrorDetails, path: Path) -> str:
    if error["type"] == "greater_than_equal":
        return f"write {shape.constraint(annotated_types.Ge)} or more"
    if error["type"] == "less_than_equal":
        return f"write {shape.constraint(annotated_types.Le)} or less"
    return f"for example {path[-1]}: {_PAIR}"


def _kind_fix(node: Node, path: Path, shape: Shape) -> str:
    """How to write a value of the right kind."""
    name = path[-1] if isinstance(path[-1], str) else "-"
    colon = ":" if isinstance(path[-1], str) else ""
    kinds = {branch.origin for branch in shape.branches()}
    if isinstance(node, Scalar):
        if str in kinds:
            return f"put it in quotes: {name}{colon} {quoted(node.text)}"
        if node.quoted and int in kinds and node.text.strip().isdecimal():
            return f"remove the quotes: {name}{colon} {node.text.strip()}"
    if tuple in kinds and not kinds & {int, dict} and not isinstance(node, Items):
        return _list_fix(f"{name}{colon}", node, path, shape)
    if isinstance(node, Items) and any(branch.is_mapping for branch in shape.branches()):
        return "write `key: value` lines without dashes"
    if kinds == {str}:
        return "write a single value"
    return _example_fix(str(name) + colon, shape)


def _list_fix(label: str, node: Scalar | Mapping, path: Path, shape: Shape) -> str:
    """The value as a list: the words of a command line, an example of a mapping, or the value itself."""
    branch = next(branch for branch in shape.branches() if branch.origin is tuple)
    if get_args(branch.type)[-1] is not Ellipsis:
        return f"for example {label} {_PAIR}"
    return f"write a list: {label} [{_items(node, path, branch.below(0))}]"


def _items(node: Scalar | Mapping, path: Path, item: Shape | None) -> str:
    if _PRIVATE.intersection(map(str, path)):
        return "..."
    if item is not None and item.is_model:
        return f"{{{_example_key(item)}}}"
    if isinstance(node, Mapping):
        return "..."
    words = node.text.split()
    if item is not None and item.as_written and all(map(_PLAIN_WORD.fullmatch, words)):
        return ", ".join(words)
    return shown(node)


def _example_fix(label: str, shape: Shape) -> str:
    example = _example(shape)
    if example is not None:
        return f"for example `{label} {example}`"
    models = [branch for branch in shape.branches() if branch.is_model]
    if models:
        return f"for example `{label} {{{_example_key(models[0])}}}`"
    if any(branch.is_mapping for branch in shape.branches()):
        return "write `key: value` lines, indented below it"
    return f"write {described(shape.branches())}"


def _example_key(model: Shape) -> str:
    """A required key of a model, or its first one."""
    keys = fields_of(model.type)
    name = next((key for key, shape in keys.items() if shape.default is PydanticUndefined), next(iter(keys)))
    return f"{name}: {_example(keys[name]) or '...'}"


def _example(shape: Shape) -> str | None:
    """The default as YAML, when it is a useful example; a `false` that turns the field off is not."""
    default: Any = shape.default
    if default is False and any(branch.is_false for branch in shape.branches()):
        return next((_SOME_SECONDS for branch in shape.branches() if branch.unit == "seconds"), None)
    if default is PydanticUndefined or default is None or isinstance(default, Model | dict):
        choices = get_args(shape.type) if shape.origin is Literal else ()
        return str(choices[0]) if choices else ("true" if shape.type is bool else None)
    if isinstance(default, tuple):
        return json.dumps(list(default)) if default else None
    return str(default).lower() if isinstance(default, bool) else str(default)


def _lower(description: str) -> str:
    """A description without its capital letter and full stop."""
    text = description.rstrip(".").replace("\n", " ")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
