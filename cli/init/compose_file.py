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

from cli.init.compose_data import as_list, as_mapping, data_of, merged, merged_files, relocated, tags_in
from cli.init.env_file import read_env_file
from cli.sentences import sentences
from stacks.errors import ProjectError
from stacks.project.composer import Composer
from stacks.project.nodes import Layer
from stacks.project.reader import MAX_BYTES

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDES = (
    *("compose.override.yaml", "compose.override.yml"),
    *("docker-compose.override.yaml", "docker-compose.override.yml"),
)
_MAX_FILES = 50
_MAX_TOTAL = 4 * 1024 * 1024
_MAX_EXTENDS = 20
_MAX_SERVICES = 200


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
    file = file.absolute()
    values = read_env_file(file.with_name(".env")) or {}
    if listed := values.get("COMPOSE_FILE"):
        names = listed.split(values.get("COMPOSE_PATH_SEPARATOR") or ":")
        return _Files(file.parent).read([file.parent / name for name in names if name], file.parent)
    override = next((file.with_name(name) for name in _OVERRIDES if file.with_name(name).is_file()), None)
    return _Files(file.parent).read([file, *([override] if override else [])], file.parent)


@dataclass(frozen=True)
class _Scope:
    """Where the paths of a file start, the variables in it, and where its notes are collected."""

    folder: Path
    values: Mapping[str, str]
    result: ComposeFile


class _Files:
    """Reads each file once and remembers how many, so that files which include each other come to an end."""

    def __init__(self, root: Path) -> None:
        self._read = 0
        self._bytes = 0
        self._root = root
        self._others: dict[tuple[Path, ...], ComposeFile | None] = {}

    def _shown(self, file: Path) -> str:
        return Path(os.path.relpath(file, self._root)).as_posix()

    def read(
        self, files: list[Path], folder: Path, env_files: tuple[Path, ...] = (), known: Mapping[str, str] | None = None
    ) -> ComposeFile:
        """Merge `files`, whose relative paths start from `folder`.

        `known` are the variables of the project that includes or extends these files.
        """
        values: dict[str, str] = {}
        for env_file in env_files or (folder / ".env",):
            values |= read_env_file(env_file, values) or {}
        values |= known or {}
        result = ComposeFile(values=values)
        content: dict[str, Any] = {}
        for file in files:
            result.files.append(self._shown(file))
            content = merged_files(content, self._content(file, values))
        scope = _Scope(folder, values, result)
        included = self._included(content.pop("include", None), scope)
        services = content.pop("services", None)
        if not isinstance(services, dict) and not included:
            raise ValueError("it has no services")
        result.name = str(content.get("name") or "")
        result.top_level = content
        result.services = {**included, **self._own(as_mapping(services), included, scope)}
        return result

    def _own(
        self, services: dict[str, Any], included: dict[str, dict[str, Any]], scope: _Scope
    ) -> dict[str, dict[str, Any]]:
        """The services of a file with those that they extend, merged into the included ones of the same name."""
        if len(services) > _MAX_SERVICES:
            raise ValueError(f"it has more than {_MAX_SERVICES} services")
        own = {str(key): as_mapping(value) for key, value in services.items()}
        for name in own:
            extended = {".folder": scope.folder, **self._extended(name, own, scope, 0)}
            own[name] = merged(relocated(included.get(name, {}), scope.folder), extended)
        return own

    def _content(self, file: Path, values: Mapping[str, str]) -> dict[str, Any]:
        self._read += 1
        if self._read > _MAX_FILES:
            raise ValueError(f"it includes more than {_MAX_FILES} files")
        if not file.is_file():
            raise ValueError("it does not exist")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        self._bytes += len(data)
        if len(data) > MAX_BYTES or self._bytes > _MAX_TOTAL:
            raise ValueError("it is larger than 1 MiB" if len(data) > MAX_BYTES else "the files are larger than 4 MiB")
        text = re.sub(r"(!reset)[ \t]*(?=\r?$)", r"\1 null", data.decode("utf-8-sig"), flags=re.M)
        root = Composer(text, self._shown(file), Layer.FILE).document()
        content = None if root is None else data_of(root, values, tags_in(text))
        if not isinstance(content, dict):
            raise ValueError("it has no services")
        return content

    def _included(self, entries: Any, scope: _Scope) -> dict[str, dict[str, Any]]:
        """The services of the files that `include` names; a file that can't be read is a note."""
        services: dict[str, dict[str, Any]] = {}
        for entry in as_list(entries):
            long = entry if isinstance(entry, dict) else {"path": entry}
            paths = [scope.folder / str(path) for path in as_list(long.get("path"))]
            if not paths:
                continue
            base = scope.folder / str(long["project_directory"]) if long.get("project_directory") else paths[0].parent
            env_files = tuple(scope.folder / str(path) for path in as_list(long.get("env_file")))
            if (found := self._other(paths, base, env_files, scope)) is not None:
                services |= found.services
        return services

    def _other(self, paths: list[Path], base: Path, env_files: tuple[Path, ...], scope: _Scope) -> ComposeFile | None:
        """Other files, read once; None if they can't be read, or while they are being read."""
        key = (*paths, base)
        if key not in self._others:
            self._others[key] = None
            self._others[key] = self._read_other(paths, base, env_files, scope)
        return self._others[key]

    def _read_other(
        self, paths: list[Path], base: Path, env_files: tuple[Path, ...], scope: _Scope
    ) -> ComposeFile | None:
        name = self._shown(paths[0])
        try:
            found = self.read(paths, base, env_files, scope.values)
        except ProjectError as error:
            scope.result.notes.append((name, f"could not read {sentences(error)}"))
            return None
        except (OSError, ValueError) as error:
            scope.result.notes.append((name, f"could not read it: {_reason(error)}"))
            return None
        scope.result.notes += found.notes
        scope.result.files += found.files
        return found

    def _extended(self, name: str, services: Mapping[str, dict[str, Any]], scope: _Scope, depth: int) -> dict[str, Any]:
        """A service with the one that it extends, in the same file or another."""
        entry = dict(services[name])
        extends = entry.pop("extends", None)
        target = str(extends.get("service") or "") if isinstance(extends, dict) else str(extends or "")
        if not target:
            return entry
        if depth >= _MAX_EXTENDS:
            scope.result.notes.append((name, f"extends more than {_MAX_EXTENDS} services, or itself"))
            return entry
        path = extends.get("file") if isinstance(extends, dict) else None
        base: dict[str, Any] | None = None
        if path:
            file = scope.folder / str(path)
            found = self._other([file], file.parent, (), scope)
            base = relocated(found.services[target], scope.folder) if found and target in found.services else None
        elif target in services:
            base = self._extended(target, services, scope, depth + 1)
        if base is None:
            where = f"{path}" if path else "the file"
            scope.result.notes.append((name, f"extends {target}, which is not in {where}"))
            return entry
        return merged(base, entry)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
