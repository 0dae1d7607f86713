"""Reads a Dockerfile: the ports, the command and the health check of one of its stages.

`dockerfile-parse` does not serve: it has no release since 2023, and reads the lines of a heredoc as instructions.

Source: the Dockerfile reference.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cli.init.images import base_port
from cli.init.interpolation import interpolated
from cli.init.listening import listening_port, tcp_port

_MAX_BYTES = 1024 * 1024
_LONGEST_LINE = 64 * 1024
_LONGEST_VALUE = 255
"""Characters of a variable. `ENV A=$A$A` doubles it; a port and the name of an image are shorter."""
_MOST = 500
"""Variables, ports and copied paths of a stage."""
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)")
_HEREDOC = re.compile(r"(?<![<\w])<<(-?)([\"']?)([A-Za-z_]\w*)\2")
_MULTILINE = ("RUN", "COPY", "ADD")


@dataclass(frozen=True)
class Stage:
    """A stage of a Dockerfile, with all that it inherits from the stages that it is built from.

    Attributes:
        base: The image that the first of these stages is built from.
        command: CMD and ENTRYPOINT as lists; a shell form starts with `/bin/sh -c`.
        health_check: `CMD` or `CMD-SHELL` and the command; empty without one, or for `NONE`.
        health_options: The options of HEALTHCHECK: interval, timeout, start-period, retries.
        copied: The files and folders that are copied from the context.
    """

    name: str = ""
    base: str = ""
    exposed: tuple[int, ...] = ()
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    health_check: tuple[str, ...] = ()
    health_options: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    copied: tuple[str, ...] = ()

    @property
    def port(self) -> int | None:
        """The port that the container listens on: exposed, in the command, in a variable, or that of the base image."""
        if self.exposed:
            return self.exposed[0]
        return listening_port((*self.entrypoint, *self.command), self.environment) or base_port(self.base)


@dataclass(frozen=True)
class Dockerfile:
    """The stages of a Dockerfile, in order."""

    stages: tuple[Stage, ...]

    def stage(self, target: str | None = None) -> Stage | None:
        """The stage that `target` names, or the last one; None if no stage has that name."""
        if target is None:
            return self.stages[-1]
        named = [each for each in self.stages if each.name == target.lower()]
        if not named and target.isdecimal() and int(target) < len(self.stages):
            named = [self.stages[int(target)]]
        return named[-1] if named else None


def read_dockerfile(file: Path, args: Mapping[str, str] | None = None) -> Dockerfile | None:
    """Read a Dockerfile; `args` are build arguments. None if the file is missing or has no stage."""
    if not file.is_file():  # a pipe would be read without end
        return None
    try:
        with file.open("rb") as stream:
            text = stream.read(_MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return None
    return parse_dockerfile(text, args)


def parse_dockerfile(text: str, args: Mapping[str, str] | None = None) -> Dockerfile | None:
    """As `read_dockerfile`, from the text of a file."""
    builder = _Builder(args or {})
    for instruction, rest in _instructions(text):
        builder.add(instruction, rest)
    return Dockerfile(tuple(builder.stages)) if builder.stages else None


def exposed_port(dockerfile: Path) -> int | None:
    """The port that the last stage of a Dockerfile listens on; None if it is not known."""
    found = read_dockerfile(dockerfile)
    stage = found.stage() if found else None
    return stage.port if stage else None


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction in capital letters, and its arguments on one line."""
    lines = iter(text.splitlines())
    escape = _escape(text)
    for line in lines:
        if line.lstrip().startswith("#") or not line.strip():
            continue
        joined = _continued(line.rstrip(), lines, escape)
        words = joined.split(None, 1) or [""]
        instruction, rest = words[0].upper(), words[1][:_LONGEST_LINE] if len(words) > 1 else ""
        if instruction in _MULTILINE:
            _skip_heredocs(rest, lines)
        yield instruction, rest


def _continued(line: str, lines: Iterator[str], escape: str) -> str:
    """A line with those that continue it; comments and empty lines between them are removed."""
    parts, length = [line.removesuffix(escape)], len(line)
    while line.endswith(escape) and length < _LONGEST_LINE and (following := next(lines, None)) is not None:
        text = following.strip()
        if text and not text.startswith("#"):
            line = text
            parts.append(text.removesuffix(escape))
            length += len(text)
    return " ".join(parts)


def _escape(text: str) -> str:
    """The character that continues a line: a backslash, unless a directive at the top of the file sets it."""
    for line in text.splitlines()[:10]:
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] == "`":
            return "`"
    return "\\"


def _skip_heredocs(rest: str, lines: Iterator[str]) -> None:
    for dash, _, end in _HEREDOC.findall(rest):
        for line in lines:
            if (line.lstrip("\t") if dash else line).rstrip("\r") == end:
                break


class _Builder:
    """Adds one instruction after the other to the stages."""

    def __init__(self, args: Mapping[str, str]) -> None:
        self.stages: list[Stage] = []
        self._named: dict[str, Stage] = {}
        self._args = args
        self._global: dict[str, str] = {}
        self._variables: dict[str, str] = {}
        self._own_ports = False

    def add(self, instruction: str, rest: str) -> None:
        if instruction == "FROM":
            self._from(rest)
        elif instruction == "ARG":
            self._arg(rest)
        elif self.stages and (update := getattr(self, f"_{instruction.lower()}", None)):
            self.stages[-1] = update(self.stages[-1], rest)

    def _from(self, rest: str) -> None:
        words = [word for word in self._replaced(rest, self._global).split() if not word.startswith("--")]
        base = words[0] if words else ""
        name = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else ""
        self._keep()
        parent = self._named.get(base.lower())
        self.stages.append(replace(parent, name=name) if parent else Stage(name, base))
        self._variables = dict(self.stages[-1].environment)
        self._own_ports = False

    def _keep(self) -> None:
        """The last stage is complete: later ones can be built from it."""
        if self.stages and self.stages[-1].name:
            self._named[self.stages[-1].name] = self.stages[-1]

    def _arg(self, rest: str) -> None:
        for name, value in _assignments(self._replaced(rest, self._variables if self.stages else self._global)):
            given = self._args.get(name, self._global.get(name) if self.stages and value is None else value)
            target = self._variables if self.stages else self._global
            if given is not None and name not in (self.stages[-1].environment if self.stages else ()):
                target[name] = given[:_LONGEST_VALUE]

    def _env(self, stage: Stage, rest: str) -> Stage:
        legacy = "=" not in rest.split(None, 1)[0] if rest else False
        pairs = [tuple(rest.split(None, 1))] if legacy else list(_assignments(rest))
        added = {
            pair[0]: self._replaced(str(pair[1]).strip('"'), self._variables)[:_LONGEST_VALUE]
            for pair in pairs
            if len(pair) > 1 and pair[1] is not None
        }
        if len(stage.environment) + len(added) > _MOST:
            return stage
        self._variables.update(added)
        return replace(stage, environment={**stage.environment, **added})

    def _expose(self, stage: Stage, rest: str) -> Stage:
        words = self._replaced(rest, self._variables).replace('"', "").split()
        ports = tuple(port for port in map(tcp_port, words) if port)
        # A stage that exposes ports itself probably does not listen on those of the stage before it.
        inherited = stage.exposed if self._own_ports or not ports else ()
        self._own_ports = self._own_ports or bool(ports)
        return replace(stage, exposed=tuple(dict.fromkeys((*inherited, *ports)))[:_MOST])

    def _cmd(self, stage: Stage, rest: str) -> Stage:
        return replace(stage, command=_words(rest))

    def _entrypoint(self, stage: Stage, rest: str) -> Stage:
        return replace(stage, entrypoint=_words(rest), command=())  # ENTRYPOINT resets a CMD of the base

    def _healthcheck(self, stage: Stage, rest: str) -> Stage:
        options = {}
        while found := re.match(r"--([a-z-]+)=(\S+)\s*", rest):
            options[found[1]] = found[2]
            rest = rest[found.end() :]
        kind, _, command = rest.partition(" ")
        if kind.upper() != "CMD" or not command.strip():
            return replace(stage, health_check=(), health_options={})
        words = _json_list(command)
        check = ("CMD", *words) if words else ("CMD-SHELL", " ".join(command.split()))
        return replace(stage, health_check=check, health_options=options)

    def _copy(self, stage: Stage, rest: str) -> Stage:
        words = [word for word in _json_list(rest) or rest.split() if not word.startswith("--")]
        return stage if "--from=" in rest else replace(stage, copied=(*stage.copied, *words[:-1])[:_MOST])

    def _replaced(self, text: str, variables: Mapping[str, str]) -> str:
        return interpolated(text, variables, escape="\\").text


def _words(text: str) -> tuple[str, ...]:
    """CMD and ENTRYPOINT: the JSON form, or the shell form."""
    listed = _json_list(text)
    return listed if listed is not None else ("/bin/sh", "-c", " ".join(text.split()))


def _json_list(text: str) -> tuple[str, ...] | None:
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _assignments(text: str) -> Iterator[tuple[str, str | None]]:
    """`PORT=3000 HOST="a b" NAME`; a name without a value has None."""
    try:
        words = shlex.split(text)
    except ValueError:  # an unclosed quote
        words = text.split()
    for word in words:
        name, equals, value = word.partition("=")
        yield name, value if equals else None
