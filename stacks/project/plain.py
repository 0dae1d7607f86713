"""Nodes as plain values, and plain values as YAML in one line, for the values that messages suggest."""

from __future__ import annotations

import json
import re
from typing import Any

from stacks.project.nodes import Items, Mapping, Node

# Text that YAML reads as text without quotes, in a flow list or mapping too.
_BARE = re.compile(r"(?!-?(?:\.?\d|0x)|[-?:]$)[A-Za-z0-9_./@+*$%^~=-][A-Za-z0-9_./@+*$%^~=:-]*(?<![:])", re.ASCII)
_WORDS = re.compile(r"(?:y|yes|n|no|true|false|on|off|null|~|\.inf|\.nan|=|<<)", re.I)
_SHELL = re.compile(r"[|;<>&`]|\$[A-Za-z_{(]")
_SECONDS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_MIB = {"b": 1 / 1024**2, "k": 1 / 1024, "kb": 1 / 1024, "m": 1, "mb": 1, "mib": 1, "g": 1024, "gb": 1024, "gib": 1024}
_QUANTITY = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]+)", re.I)
_SPAN = re.compile(r"(?:\d+(?:h|m(?!s)|s)){2,3}")


def plain(node: Node) -> Any:
    """The value of a node: mappings as dicts, lists as lists."""
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return node.value


def flow(value: Any) -> str:
    """A value as YAML in one line: `[sh, -c, "a && b"]`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value)
    bare = _BARE.fullmatch(value) and not _WORDS.fullmatch(value) and value[0] not in "*%@"
    return value if bare else json.dumps(value, ensure_ascii=False)


def command(text: str) -> list[str]:
    """The words of a command line; through a shell where it uses one's syntax."""
    import shlex  # only needed for a suggestion

    through_shell = ["sh", "-c", text]
    try:
        words = shlex.split(text)
    except ValueError:
        return through_shell
    calls_shell = words[1:2] == ["-c"] and len(words) == len(("sh", "-c", "command"))
    return through_shell if _SHELL.search(text) and not calls_shell else words


def health_command(value: Any) -> list[str] | None:
    """A container health check's command, from a string or a list in the form of Compose or ECS; None without one."""
    if isinstance(value, str) and value.strip():
        return ["CMD-SHELL", value.strip()]
    if isinstance(value, list) and value and all(isinstance(word, str | int) for word in value):
        words = [str(word) for word in value]
        return words if words[0] in ("CMD", "CMD-SHELL") else ["CMD", *words]
    return None


def seconds(value: Any) -> int | None:
    """The seconds of a number or of text such as `30s`, `5m` and `1h30m`; None for anything else or a fraction."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if _SPAN.fullmatch(text):
        return sum(int(number) * int(_SECONDS[unit]) for number, unit in re.findall(r"(\d+)([hms])", text))
    return _quantity(text, _SECONDS)


def mebibytes(value: Any) -> int | None:
    """The MiB of text such as `512m` and `1 GB`, or of a number of MiB; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _quantity(str(value).strip().lower(), _MIB)


def _quantity(text: str, units: dict[str, Any]) -> int | None:
    match = _QUANTITY.fullmatch(text)
    factor = units.get(match["unit"].lower()) if match else None
    if match is None or factor is None:
        return None
    number = float(match["number"]) * factor
    return int(number) if number == int(number) else None


def snake(key: str) -> str:
    """A key in snake case: `memory_limit_mib` for `memoryLimitMiB`."""
    words = re.sub(r"MiB|GiB", lambda match: f"_{match[0].lower()}", key)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words)
    return re.sub(r"[-_ ]+", "_", words).strip("_").lower()
