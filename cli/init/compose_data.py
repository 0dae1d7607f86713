"""The content of compose files as plain data: scalars with variables, tags, and the rules for merging.

Source: the Compose Specification, "Merge" and "Fragments".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.init.interpolation import interpolated
from stacks.project.nodes import Items, Node, Scalar

# Keys whose list or text replaces the one of the file before; any other list is appended to.
_REPLACED = ("command", "entrypoint", "test")
# Keys that are a list of NAME=value, or a mapping.
_MAPPINGS = ("environment", "args", "labels", "annotations", "extra_hosts", "sysctls", "ulimits")
_RESET, _OVERRIDE = "!reset", "!override"
_TAGS = (_RESET, _OVERRIDE)


class Text(str):
    """A scalar, with the variables in it that have no value and no default."""

    missing: tuple[str, ...] = ()


def merged(base: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two mappings, merged as compose merges the files of a project."""
    result = dict(base)
    for key, value in other.items():
        if isinstance(value, _Reset):
            result.pop(key, None)
        elif isinstance(value, _Override):
            result[key] = value.value
        else:
            result[key] = _merged_value(key, result[key], value) if key in result else value
    return {key: value.value if isinstance(value, _Override) else value for key, value in result.items()}


def merged_files(base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The content of two files of a project. A service can have the name of a key, such as `build`."""
    services = dict(as_mapping(base.get("services")))
    for name, entry in as_mapping(other.get("services")).items():
        services[name] = merged(as_mapping(services.get(name)), entry) if isinstance(entry, dict) else entry
    result: dict[str, Any] = _plain({**base, **{key: value for key, value in other.items() if key != "include"}})
    includes = [*as_list(base.get("include")), *as_list(other.get("include"))]
    has_services = isinstance(base.get("services"), dict) or isinstance(other.get("services"), dict)
    return {
        **result,
        **({"services": _plain(services)} if has_services else {}),
        **({"include": includes} if includes else {}),
    }


def _plain(value: Any) -> Any:
    """A value without the tags `!reset` and `!override`, which only matter while files are merged."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if not isinstance(item, _Reset)}
    if isinstance(value, list):
        return [_plain(item) for item in value if not isinstance(item, _Reset)]
    return _plain(value.value) if isinstance(value, _Override) else None if isinstance(value, _Reset) else value


def _merged_value(key: str, base: Any, value: Any) -> Any:
    if key in _MAPPINGS:
        base, value = _named_values(base), _named_values(value)
    if key == "build":
        base, value = (each if isinstance(each, dict) else {"context": each} for each in (base, value))
    if key in ("depends_on", "networks"):
        base, value = ({str(name): None for name in each} if isinstance(each, list) else each for each in (base, value))
    if isinstance(base, dict) and isinstance(value, dict):
        return merged(base, value)
    if key in ("env_file", "tmpfs", "dns") and base is not None and value is not None:
        base, value = as_list(base), as_list(value)
    if isinstance(base, list) and isinstance(value, list) and key not in _REPLACED:
        return [*base, *(item for item in value if item not in base)]
    return base if value is None else value


def _named_values(value: Any) -> Any:
    """`[NAME=value, NAME]` as a mapping."""
    if not isinstance(value, list):
        return value
    result: dict[str, Any] = {}
    for item in value:
        if isinstance(item, str):
            name, equals, rest = item.partition("=")
            content = Text(rest)
            content.missing = missing_in(item)
            result[name.strip()] = content if equals else None
    return result


def missing_in(value: Any) -> tuple[str, ...]:
    """The variables in a scalar that have no value and no default."""
    return value.missing if isinstance(value, Text) else ()


def environment_of(value: Any) -> dict[str, Any]:
    """`environment` and `args` in both forms; a variable without a value is None."""
    mapping = _named_values(value)
    return {str(name): content for name, content in mapping.items()} if isinstance(mapping, dict) else {}


def relocated(entry: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A service of another file. Its build context and env files are relative to its own folder."""
    own = entry.get(".folder", folder)
    result = {key: value for key, value in entry.items() if key != ".folder"}
    build = result.get("build")
    if isinstance(build, str):
        result["build"] = str(own / build)
    elif isinstance(build, dict) and isinstance(build.get("context", "."), str):
        result["build"] = {**build, "context": str(own / build.get("context", "."))}
    if "env_file" in result:
        result["env_file"] = [
            {**item, "path": str(own / str(item.get("path")))} if isinstance(item, dict) else str(own / str(item))
            for item in as_list(result["env_file"])
        ]
    return result


class _Reset:
    """A value with the tag `!reset`: the key is removed."""


@dataclass(frozen=True)
class _Override:
    """A value with the tag `!override`: it replaces the one of the file before."""

    value: Any


def tags_in(text: str) -> dict[tuple[int, int], str]:
    """The positions of values with the tags `!reset` and `!override`."""
    if not any(tag in text for tag in _TAGS):
        return {}
    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found: dict[tuple[int, int], str] = {}
    for event in events:
        tag, mark = getattr(event, "tag", None), event.start_mark
        if tag in _TAGS and mark is not None:
            found[mark.line + 1, mark.column + 1] = tag
    return found


def data_of(node: Node, values: Mapping[str, str], tags: Mapping[tuple[int, int], str]) -> Any:
    """A node as plain data in YAML 1.2, as compose reads it: `yes` and `22:22` are text. Numbers are text too."""
    position = node.mark.position
    tag = tags.get((position.line or 0, position.column or 0)) if tags else None
    if tag == _RESET:
        return _Reset()
    data = _untagged(node, values, tags)
    return _Override(data) if tag == _OVERRIDE else data


def _untagged(node: Node, values: Mapping[str, str], tags: Mapping[tuple[int, int], str]) -> Any:
    if isinstance(node, Scalar):
        boolean = node.text.lower() if not node.quoted else ""
        if boolean in ("true", "false"):
            return boolean == "true"
        return None if node.value is None else _text(node.text, values)
    if isinstance(node, Items):
        return [data_of(item, values, tags) for item in node.items]
    return {key: data_of(entry.value, values, tags) for key, entry in node.entries.items()}


def _text(text: str, values: Mapping[str, str]) -> Text:
    if "$" not in text:
        return Text(text)
    found = interpolated(text, values)
    result = Text(found.text)
    result.missing = tuple(dict.fromkeys(found.missing))
    return result


def as_mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A value that can be one item or a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]
