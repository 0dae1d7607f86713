"""Reads a compose file as compose does: variables, anchors, override files, `include` and `extends`.

The services are plain data in the end, with every scalar as text. Nothing is validated: a value of the wrong kind is
converted to nothing later. Compose's JSON Schema does not serve, because it rejects files that compose itself accepts
after variables are replaced.

Source: the Compose Specification, "Merge", "Include", "Extends" and "Interpolation".
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cli.init.env_file import read_env_file
from cli.init.interpolation import interpolated
from stacks.project.composer import Composer
from stacks.project.nodes import Items, Layer, Node, Scalar
from stacks.project.reader import MAX_BYTES

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDES = (
    *("compose.override.yaml", "compose.override.yml"),
    *("docker-compose.override.yaml", "docker-compose.override.yml"),
)
_MAX_FILES = 50
_MAX_EXTENDS = 20
_MAX_SERVICES = 200
# Keys whose list or text replaces the one of the file before; any other list is appended to.
_REPLACED = ("command", "entrypoint", "test")
# Keys that are a list of NAME=value, or a mapping.
_MAPPINGS = ("environment", "args", "labels", "annotations", "extra_hosts", "sysctls", "ulimits")
_RESET, _OVERRIDE = "!reset", "!override"
_TAGS = (_RESET, _OVERRIDE)


class Text(str):
    """A scalar, with the variables in it that have no value and no default."""

    missing: tuple[str, ...] = ()


@dataclass
class ComposeFile:
    """The services of a compose file and all files that it names.

    Attributes:
        services: By name. Each has the key `.folder`, the folder that its relative paths start from.
        values: The variables of `.env`.
        notes: What could not be read, as (file, reason).
    """

    name: str = ""
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    top_level: dict[str, Any] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def find_compose_file(folder: Path) -> Path | None:
    """The compose file of a folder, as compose chooses it."""
    return next((folder / name for name in COMPOSE_FILES if (folder / name).is_file()), None)


def read_compose_file(file: Path) -> ComposeFile:
    """Read a compose file, its override file, and what they include and extend.

    Raises ProjectError if it is not YAML or has too many values, ValueError if it is not a compose file, OSError.
    """
    values = read_env_file(file.with_name(".env")) or {}
    if listed := values.get("COMPOSE_FILE"):
        names = listed.split(values.get("COMPOSE_PATH_SEPARATOR") or ":")
        return _Files(file.parent).read([file.parent / name for name in names if name], file.parent)
    override = next((file.with_name(name) for name in _OVERRIDES if file.with_name(name).is_file()), None)
    return _Files(file.parent).read([file, *([override] if override else [])], file.parent)


class _Files:
    """Reads files and remembers how many, so that files which include each other come to an end."""

    def __init__(self, root: Path) -> None:
        self._read = 0
        self._root = root

    def _shown(self, file: Path) -> str:
        return Path(os.path.relpath(file, self._root)).as_posix()

    def read(self, files: list[Path], folder: Path, env_files: tuple[Path, ...] = ()) -> ComposeFile:
        """Merge `files`, whose relative paths start from `folder`."""
        values: dict[str, str] = {}
        for env_file in env_files or (folder / ".env",):
            values |= read_env_file(env_file, values) or {}
        result = ComposeFile(values=values)
        content: dict[str, Any] = {}
        for file in files:
            result.files.append(self._shown(file))
            content = _merged_files(content, self._content(file, values))
        included = self._included(content.pop("include", None), folder, result)
        services = content.pop("services", None)
        if not isinstance(services, dict) and not included:
            raise ValueError("it has no services")
        if isinstance(services, dict) and len(services) > _MAX_SERVICES:
            raise ValueError(f"it has more than {_MAX_SERVICES} services")
        own = {str(key): _mapping(value) for key, value in (services if isinstance(services, dict) else {}).items()}
        for name in own:
            own[name] = self._extended(name, own, folder, values, result, 0)
        result.name = str(content.get("name") or "")
        result.top_level = content
        located = {name: {".folder": folder, **entry} for name, entry in own.items()}
        result.services = {
            **included,
            **{name: merged(included.get(name, {}), entry) for name, entry in located.items()},
        }
        return result

    def _content(self, file: Path, values: Mapping[str, str]) -> dict[str, Any]:
        self._read += 1
        if self._read > _MAX_FILES:
            raise ValueError(f"it includes more than {_MAX_FILES} files")
        if not file.is_file():
            raise ValueError("it does not exist")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError("it is larger than 1 MiB")
        text = re.sub(r"(!reset)[ \t]*(?=\r?$)", r"\1 null", data.decode("utf-8-sig"), flags=re.M)
        composer = Composer(text, file.name, Layer.FILE)
        root = composer.document()
        content = None if root is None else _data(root, values, _tags(text))
        if not isinstance(content, dict):
            raise ValueError("it has no services")
        return content

    def _included(self, entries: Any, folder: Path, result: ComposeFile) -> dict[str, dict[str, Any]]:
        """The services of the files that `include` names; a file that can't be read is a note."""
        services: dict[str, dict[str, Any]] = {}
        for entry in _list(entries):
            long = entry if isinstance(entry, dict) else {"path": entry}
            paths = [folder / str(path) for path in _list(long.get("path"))]
            if not paths:
                continue
            base = folder / str(long["project_directory"]) if long.get("project_directory") else paths[0].parent
            env_files = tuple(folder / str(path) for path in _list(long.get("env_file")))
            if (found := self._other(paths, base, env_files, result)) is not None:
                services |= found.services
        return services

    def _other(
        self, paths: list[Path], base: Path, env_files: tuple[Path, ...], result: ComposeFile
    ) -> ComposeFile | None:
        from stacks.errors import ProjectError

        name = self._shown(paths[0])
        try:
            found = self.read(paths, base, env_files)
        except ProjectError as error:
            from cli.sentences import sentences

            result.notes.append((name, f"could not read {sentences(error)}"))
            return None
        except (OSError, ValueError) as error:
            result.notes.append((name, f"could not read it: {_reason(error)}"))
            return None
        result.notes += found.notes
        result.files += found.files
        return found

    def _extended(
        self,
        name: str,
        services: Mapping[str, dict[str, Any]],
        folder: Path,
        values: Mapping[str, str],
        result: ComposeFile,
        depth: int,
    ) -> dict[str, Any]:
        """A service with the one that it extends, in the same file or another."""
        entry = dict(services[name])
        extends = entry.pop("extends", None)
        target = str(extends.get("service") or "") if isinstance(extends, dict) else str(extends or "")
        if not target:
            return entry
        path = extends.get("file") if isinstance(extends, dict) else None
        if depth >= _MAX_EXTENDS:
            result.notes.append((name, "extends more than 20 services, or itself"))
            return entry
        if not path:
            if target not in services:
                result.notes.append((name, f"extends {target}, which does not exist"))
                return entry
            return merged(self._extended(target, services, folder, values, result, depth + 1), entry)
        found = self._other([folder / str(path)], (folder / str(path)).parent, (), result)
        base = found.services.get(target) if found else None
        if base is None:
            if found:
                result.notes.append((name, f"extends {target}, which is not in {path}"))
            return entry
        return merged(_relocated(base, folder), entry)


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


def _merged_files(base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The content of two files of a project. A service can have the name of a key, such as `build`."""
    services = dict(_mapping(base.get("services")))
    for name, entry in _mapping(other.get("services")).items():
        services[name] = merged(_mapping(services.get(name)), entry) if isinstance(entry, dict) else entry
    result: dict[str, Any] = _plain({**base, **{key: value for key, value in other.items() if key != "include"}})
    includes = [*_list(base.get("include")), *_list(other.get("include"))]
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
        base, value = _as_mapping(base), _as_mapping(value)
    if key == "build":
        base, value = (each if isinstance(each, dict) else {"context": each} for each in (base, value))
    if key in ("depends_on", "networks"):
        base, value = ({str(name): None for name in each} if isinstance(each, list) else each for each in (base, value))
    if isinstance(base, dict) and isinstance(value, dict):
        return merged(base, value)
    if key in ("env_file", "tmpfs", "dns") and base is not None and value is not None:
        base, value = _list(base), _list(value)
    if isinstance(base, list) and isinstance(value, list) and key not in _REPLACED:
        return [*base, *(item for item in value if item not in base)]
    return base if value is None else value


def _as_mapping(value: Any) -> Any:
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
    mapping = _as_mapping(value)
    return {str(name): content for name, content in mapping.items()} if isinstance(mapping, dict) else {}


def _relocated(entry: dict[str, Any], folder: Path) -> dict[str, Any]:
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
            for item in _list(result["env_file"])
        ]
    return result


class _Reset:
    """A value with the tag `!reset`: the key is removed."""


@dataclass(frozen=True)
class _Override:
    """A value with the tag `!override`: it replaces the one of the file before."""

    value: Any


def _tags(text: str) -> dict[tuple[int, int], str]:
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


def _data(node: Node, values: Mapping[str, str], tags: Mapping[tuple[int, int], str]) -> Any:
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
        return [_data(item, values, tags) for item in node.items]
    return {key: _data(entry.value, values, tags) for key, entry in node.entries.items()}


def _text(text: str, values: Mapping[str, str]) -> Text:
    if "$" not in text:
        return Text(text)
    found = interpolated(text, values)
    result = Text(found.text)
    result.missing = tuple(dict.fromkeys(found.missing))
    return result


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    """A value that can be one item or a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
