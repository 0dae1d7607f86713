"""The port that a Dockerfile exposes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

# `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME-default}`, in Dockerfiles and compose files.
VARIABLE = re.compile(r"\$(?:\{(\w{1,255})(?::?-([^}]{0,4096}))?\}|(\w+))")
_MAX_BYTES = 1024 * 1024
_LONGEST_LINE = 64 * 1024
_LONGEST_VALUE = 255
"""Characters of a variable. `ENV A=$A$A` doubles it; a port and the name of an image are shorter."""


def exposed_port(dockerfile: Path) -> int | None:
    """The first TCP port that the last stage of a Dockerfile exposes; None if it does not expose one."""
    try:
        with dockerfile.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    variables: dict[str, str] = {}
    stages: dict[str, int | None] = {}  # port by stage name
    stage, port, inherited = "", None, True
    for line in re.sub(r"\\[ \t]*\r?\n", " ", text).splitlines():
        instruction, _, rest = line.strip().partition(" ")
        rest = interpolated(rest[:_LONGEST_LINE], variables)
        match instruction.upper():
            case "FROM":
                base, stage = _base_and_name(rest)
                port, inherited = stages.get(base), True  # a stage inherits only from its base
            case "ARG" | "ENV":
                variables.update((name, value[:_LONGEST_VALUE]) for name, value in _assignments(rest).items())
            case "EXPOSE" if inherited or port is None:
                exposed = filter(None, map(tcp_port, rest.replace('"', "").split()))
                port, inherited = next(exposed, port), False
        stages[stage] = port
    return port


def tcp_port(text: str) -> int | None:
    """`3000`, `3000/tcp` or the first of `3000-3005`; None for UDP and for anything else."""
    number, _, protocol = text.partition("/")
    first = number.partition("-")[0]
    if protocol.lower() not in ("", "tcp") or not first.isascii() or not first.isdigit():
        return None
    return int(first) if 1 <= int(first) <= 65535 else None


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """`text` with each variable replaced by its value, its default, or nothing."""
    return VARIABLE.sub(lambda match: variables.get(match[1] or match[3], match[2] or ""), text)


def _base_and_name(text: str) -> tuple[str, str]:
    """The base image or stage of a `FROM`, and the name of the new stage, which may be empty."""
    words = [word for word in text.lower().split() if not word.startswith("--")]
    return words[0] if words else "", words[2] if words[1:2] == ["as"] and len(words) > 2 else ""


def _assignments(text: str) -> dict[str, str]:
    """`PORT=3000 HOST=x`, or the legacy form `PORT 3000`."""
    if "=" not in text:
        name, _, value = text.partition(" ")
        return {name: value.strip()} if value else {}
    return dict(item.replace('"', "").split("=", 1) for item in text.split() if "=" in item)
