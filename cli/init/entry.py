"""A service of a compose file, with what its Dockerfile adds to it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from cli.init.compose_data import environment_of, missing_in
from cli.init.dockerfile import Dockerfile, Stage, parse_dockerfile, read_dockerfile
from cli.init.draft import BuildDraft
from cli.init.env_file import example_of, read_env_file
from cli.init.health import words_of_command
from cli.init.listening import tcp_port
from cli.init.values import is_secret

# The grammar of image references of the registry project `distribution`.
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:(?=[^/]*[.:]|localhost/){_HOST}(?:\.{_HOST})*(?::\d{{1,5}})?/)?{_PART}(?:/{_PART})*"
    r"(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
_MAX_IMAGE = 255
_LONGEST_COMMAND = 16 * 1024
_MOST_VARIABLES = 500
"""A task definition has at most 64 KiB."""
_BUDGET = 8 * 1024 * 1024
"""Bytes of the Dockerfiles and env files of one project."""
_BUILD_KEYS = ("context", "dockerfile", "dockerfile_inline", "target", "args", "platforms", "tags")
_SOCKET = "docker.sock"


@dataclass
class Entry:
    """What a service of a compose file runs.

    Attributes:
        image: The image; empty if the service has none, or if it depends on a variable without a value.
        given_image: The image as the file has it, with its variables replaced as far as possible.
        published: The container's TCP ports that are published on the host.
        publishes: Whether the service has `ports`, including those that could not be read.
        exposed: The TCP ports for other services: `expose`.
        environment: The variables of `env_file` and `environment`.
        dropped: Keys and parts of keys that are not converted.
        checks: Messages about values that need a decision.
    """

    key: str
    data: dict[str, Any]
    name: str = ""
    image: str = ""
    given_image: str = ""
    build: BuildDraft | None = None
    stage: Stage | None = None
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    published: tuple[int, ...] = ()
    publishes: bool = False
    exposed: tuple[int, ...] = ()
    environment: dict[str, Any] = field(default_factory=dict)
    architecture: str | None = None
    dropped: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    @property
    def base_image(self) -> str:
        """The image that the service runs or is built from, to recognize well-known ones."""
        return self.stage.base if self.build and self.stage else "" if self.build else self.given_image

    @property
    def overrides_command(self) -> bool:
        return bool(self.command or self.entrypoint)

    @property
    def mounts_docker_socket(self) -> bool:
        return any(source.endswith(_SOCKET) for source, _ in self.mounts())

    def mounts(self) -> Iterator[tuple[str, str]]:
        """The source and the target of each volume; an anonymous volume has no source."""
        for item in _items(self.data.get("volumes")):
            if isinstance(item, dict):
                yield str(item.get("source") or ""), str(item.get("target") or "")
            elif isinstance(item, str):
                source, colon, rest = item.partition(":")
                yield (source, rest.partition(":")[0]) if colon else ("", source)


class SourceFiles:
    """Reads each Dockerfile once, because all services can be built from the same one, and not more than a budget."""

    def __init__(self) -> None:
        self._read: dict[tuple[Path, frozenset[tuple[str, str]]], Dockerfile | None] = {}
        self._budget = _BUDGET

    def dockerfile(self, file: Path, args: Mapping[str, str]) -> Dockerfile | None:
        """As `read_dockerfile`."""
        key = file, frozenset(args.items())
        if key not in self._read:
            self._read[key] = read_dockerfile(file, args) if self._spend(file) else None
        return self._read[key]

    def env_file(self, file: Path, known: Mapping[str, str]) -> dict[str, str] | None:
        """As `read_env_file`."""
        return read_env_file(file, known) if self._spend(file) else None

    def _spend(self, file: Path) -> bool:
        try:
            self._budget -= file.stat().st_size
        except (OSError, ValueError):
            return False
        return self._budget > 0


def read_entry(key: str, data: dict[str, Any], root: Path, known: Mapping[str, str], files: SourceFiles) -> Entry:
    """Read one service.

    Args:
        data: The service, with `.folder`, the folder that its relative paths start from.
        root: The folder of the project file.
        known: The variables of `.env`.
    """
    entry = Entry(key, data)
    folder = data.get(".folder", root)
    image = data.get("image")
    entry.given_image = str(image).strip() if isinstance(image, str) else ""
    if len(entry.given_image) <= _MAX_IMAGE and _IMAGE.fullmatch(entry.given_image) and not missing_in(image):
        entry.image = entry.given_image
    if data.get("build") is not None:
        _read_build(entry, data["build"], Path(folder), root, known, files)
    for name in ("command", "entrypoint"):
        words = words_of_command(data.get(name))
        if words is None or sum(map(len, words)) > _LONGEST_COMMAND:
            entry.dropped.append(name)
            words = ()
        setattr(entry, name, words)
    _read_ports(entry)
    _read_environment(entry, Path(folder), known, files)
    _read_platform(entry)
    return entry


def _read_build(
    entry: Entry, value: Any, folder: Path, root: Path, known: Mapping[str, str], files: SourceFiles
) -> None:
    build = value if isinstance(value, dict) else {"context": value}
    context = build.get("context", ".")
    if not isinstance(context, str) or not context.strip() or missing_in(context):
        entry.checks.append("the build context has no value: set build")
        return
    if re.match(r"(?:https?|git|ssh)://|git@|github\.com/", context):
        entry.checks.append("is built from a Git address: clone it and set build, or set image")
        return
    dockerfile = build.get("dockerfile")
    dockerfile = str(dockerfile) if isinstance(dockerfile, str) and dockerfile != "Dockerfile" else None
    target = str(build["target"]) if isinstance(build.get("target"), str) and build["target"] else None
    args = _arguments(entry, build.get("args"), known)
    path = folder / context
    inline = build.get("dockerfile_inline")
    if isinstance(inline, str):
        dockerfile = f"{re.sub(r'[^a-z0-9]+', '-', entry.key.lower())}.Dockerfile"
        file = parse_dockerfile(inline, args)
        entry.checks.append(f"save its dockerfile_inline as {dockerfile} in the build context")
    else:
        name = path / (dockerfile or "Dockerfile")
        file = files.dockerfile(name, args)
        outside = [each for each in (_relative(path, root), _relative(name, root)) if each.startswith("..")]
        if outside:
            entry.checks.append(f"{outside[0]} is outside of this folder: move ecsforge.yaml to a folder with both")
        elif file is None:
            entry.checks.append(f"{_relative(name, root)} does not exist or has no FROM")
    entry.build = BuildDraft(_relative(path, root), dockerfile, target, args)
    entry.dropped += [f"build.{key}" for key in build if key not in _BUILD_KEYS and not str(key).startswith("x-")]
    _read_stage(entry, file, target)


def _read_stage(entry: Entry, file: Dockerfile | None, target: str | None) -> None:
    entry.stage = file.stage(target) if file else None
    if file is None or target is None:
        return
    if entry.stage is None:
        entry.checks.append(f"its Dockerfile has no stage {target}")
    elif entry.stage is not file.stage():
        last = file.stages[-1].name
        without = f"the last one is {last}" if last else "without target, the last one is built"
        entry.checks.append(f"builds the stage {target}; {without}")


def _arguments(entry: Entry, value: Any, known: Mapping[str, str]) -> dict[str, str]:
    """Build arguments with a value. Those that look like a credential are not written to the file."""
    args: dict[str, str] = {}
    for name, content in environment_of(value).items():
        text = known.get(name, "") if content is None else str(content).lower() if content is True else str(content)
        if content is False:
            text = "false"
        if not text or missing_in(content) or is_secret(name, text) or not name:
            entry.dropped.append(f"build.args.{name}")
        else:
            args[name] = text
    return args


def _read_ports(entry: Entry) -> None:
    items = [_port_text(item) for item in _items(entry.data.get("ports"))]
    udp = [text for text in items if text.lower().endswith("/udp")]
    entry.published = tuple(dict.fromkeys(port for text in items if (port := tcp_port(text))))
    entry.publishes = len(udp) < len(items)
    if udp and not entry.publishes:
        entry.checks.append("publishes only UDP ports, which are not supported: it is a worker")
    entry.dropped += [f"port {text}" for text in udp]
    exposed = map(tcp_port, map(str, _items(entry.data.get("expose"))))
    entry.exposed = tuple(dict.fromkeys(port for port in exposed if port))


def _port_text(item: Any) -> str:
    """The container's side of an entry of `ports`: `3000`, `53/udp`."""
    if isinstance(item, dict):
        protocol = str(item.get("protocol") or "tcp")
        return f"{item.get('target') or ''}/{protocol}"
    return str(item).rpartition(":")[2] if isinstance(item, str) else ""


def _read_environment(entry: Entry, folder: Path, known: Mapping[str, str], files: SourceFiles) -> None:
    values: dict[str, Any] = {}
    env_file = entry.data.get("env_file")
    for item in env_file if isinstance(env_file, list) else [] if env_file is None else [env_file]:
        name = str(item.get("path") or "") if isinstance(item, dict) else str(item)
        required = not isinstance(item, dict) or item.get("required") is not False
        if not name:
            continue
        found = files.env_file(folder / name, {**known, **{k: str(v) for k, v in values.items()}})
        if found is None and (example := example_of(folder / name)):
            values |= {
                key: "" if is_secret(key, value) else value for key, value in (read_env_file(example) or {}).items()
            }
            entry.checks.append(f"{name} does not exist; its variables are those of {example.name}")
        elif found is None and required:
            entry.checks.append(f"{name} does not exist; add its variables to environment or secrets")
        values |= found or {}
    environment = environment_of(entry.data.get("environment"))
    # A variable without a value is taken from the shell; without one there, compose keeps the one of env_file.
    values |= {name: value for name, value in environment.items() if value is not None or name not in values}
    entry.environment = dict(islice(values.items(), _MOST_VARIABLES))
    entry.dropped += [f"environment after {_MOST_VARIABLES} variables"] if len(values) > _MOST_VARIABLES else []


def _read_platform(entry: Entry) -> None:
    build = entry.data.get("build")
    platforms = _items(build.get("platforms")) if isinstance(build, dict) else []
    platform = str(entry.data.get("platform") or (platforms[0] if len(platforms) == 1 else ""))
    if re.search(r"arm64|aarch64", platform):
        entry.architecture = "arm64"


def with_shared_builds(entries: list[Entry]) -> None:
    """Services that run the image which another one builds are built like that one."""
    builders = {entry.given_image: entry for entry in entries if entry.build and entry.given_image}
    for entry in entries:
        builder = builders.get(entry.given_image)
        if builder and builder.build and entry.build is None:
            entry.build, entry.stage = replace(builder.build), builder.stage


def _relative(path: Path, root: Path) -> str:
    try:
        return Path(os.path.relpath(path, root)).as_posix()
    except ValueError:  # another drive on Windows
        return path.as_posix()


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
