"""Health checks of compose files and Dockerfiles, as those of the project file.

ECS ignores the HEALTHCHECK of an image, so it is written to the project file.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from stacks.credentials import credential_in

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001, "µs": 0.000001, "ns": 0.000000001}
_PARTS = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")
# ECS API reference, HealthCheck: key -> Docker's names, least, most.
_TIMES = {
    "interval": (("interval",), 5, 300),
    "timeout": (("timeout",), 2, 60),
    "start_period": (("start_period", "start-period"), 0, 300),
}
_RETRIES = (1, 10)
_URL = re.compile(
    r"(?:https?://|(?<![\w./@-]))(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d{1,5}|\$\{?\w+\}?))?(/[!-~]*)?"
)
_SHELL_END = re.compile(r"[\"'|;&>)`].*")


def seconds(value: Any) -> int | None:
    """A duration of Docker, `1m30s` or a number of seconds, rounded up; None if it is not one."""
    text = str(value).strip() if isinstance(value, str) else ""
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    if not text or len(text) > 30 or _PARTS.sub("", text):
        return None
    return math.ceil(sum(float(number) * _UNITS[unit] for number, unit in _PARTS.findall(text)))


def container_health_check(test: Iterable[str], options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The container health check of a command; None for no command, or one that contains a credential."""
    command = list(test)
    if len(command) < 2 or command[0] not in ("CMD", "CMD-SHELL") or any(map(credential_in, command)):
        return None
    check: dict[str, Any] = {"command": command}
    for key, (names, least, most) in _TIMES.items():
        given = next((found for name in names if (found := seconds(options.get(name))) is not None), None)
        if given is not None:
            check[key] = min(max(given, least), most)
    retries = str(options.get("retries") or "")
    if retries.isascii() and retries.isdigit() and len(retries) < 9:
        check["retries"] = min(max(int(retries), _RETRIES[0]), _RETRIES[1])
    return check


def compose_test(value: Any) -> tuple[str, ...]:
    """`healthcheck.test` of a compose file, in both forms; empty for none or NONE."""
    if isinstance(value, str):
        return ("CMD-SHELL", str(value)) if value.strip() else ()
    words = tuple(str(word) for word in value if word is not None) if isinstance(value, list) else ()
    return words if words[:1] in (("CMD",), ("CMD-SHELL",)) else ()


def request_path(test: Iterable[str], port: int | None) -> str | None:
    """The path that a health check requests on `port` of its own container; None if it requests something else."""
    for found in _URL.finditer(" ".join(test)):
        asked = int(found[1]) if found[1] and found[1].isdigit() else port if found[1] else 80
        path = _SHELL_END.sub("", found[2] or "/")
        if asked == port:
            return path or "/"
    return None


def words_of_command(value: Any) -> tuple[str, ...] | None:
    """`command` or `entrypoint` as a list; compose splits a string as a shell does. None if it can't be split."""
    try:
        if isinstance(value, str):
            return tuple(shlex.split(value))
        return tuple(str(word) for word in value if word is not None) if isinstance(value, list) else ()
    except ValueError:  # an unclosed quote
        return None
