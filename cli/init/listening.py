"""The port that a container listens on, from its command and its variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# Options of common servers: `--port 3000`, `-b 0.0.0.0:8000`, `--server.port=8080`, `-l tcp://0.0.0.0:3000`.
_OPTION = (
    r"(?:^|\s)(?:--(?:[\w.-]*-)?(?:port|bind|listen|addr|address|urls|http-addr)|--server\.port|-Dserver\.port"
    r"|-p|-b|-l|-S|-a|--http-socket|--http)(?:[=\s]\s*)(?:tcp://|http://)?(?:[\w.*+-]*:|\[[\w:]*\]:)?(\d{2,5})(?![\w.])"
)
# Every address of the machine, or a port without one: `0.0.0.0:8000`, `[::]:80`, `:8080`.
_ADDRESS = r"(?:^|[\s=/\"'])(?:0\.0\.0\.0|\[::\]|\*|\+)?:(\d{2,5})(?![\w.:])"
_COMMAND = (re.compile(_OPTION), re.compile(_ADDRESS))
# Variables that servers and frameworks read.
_PORT_VARIABLES = (
    "PORT",
    "HTTP_PORT",
    "SERVER_PORT",
    "APP_PORT",
    "ASPNETCORE_HTTP_PORTS",
    "NITRO_PORT",
    "GUNICORN_PORT",
)
_URL_VARIABLES = ("ASPNETCORE_URLS", "URLS", "LISTEN_ADDR", "LISTEN", "HTTP_ADDR", "BIND")
_URL = re.compile(r"http://[^;:/]*:(\d{2,5})|^[\w.*+\[\]:]*:(\d{2,5})$")
# Ports of debuggers and live reload, which compose files publish for development.
_DEBUGGERS = frozenset({1234, 2345, 4040, 5005, 5678, 5858, 6499, 9003, 9222, 9229, 9230, 24678, 35729, 40000})
# Ports of protocols other than HTTP, which an application load balancer can't forward to.
_NOT_HTTP = frozenset(
    {21, 22, 23, 25, 53, 110, 143, 389, 465, 587, 636, 993, 995, 1433, 1883, 3306, 4222, 5060, 5432, 5672, 6379, 8883}
    | {9092, 11211, 25565, 27017}
)
_LONGEST_COMMAND = 4096
_DEVELOPMENT_TLS = (443, 8443)


def tcp_port(text: str) -> int | None:
    """`3000`, `3000/tcp` or the first of `3000-3005`; None for UDP and for anything else."""
    number, _, protocol = text.strip().partition("/")
    first = number.partition("-")[0]
    if protocol.lower() not in ("", "tcp") or not first.isascii() or not first.isdigit():
        return None
    return int(first) if len(first) <= 5 and 1 <= int(first) <= 65535 else None


def command_line(words: Iterable[str]) -> str:
    """The start of a command on one line, to search it."""
    return " ".join(words)[:_LONGEST_COMMAND]


def listening_port(command: Iterable[str], environment: Mapping[str, str]) -> int | None:
    """The port that a command or a variable names; None if there is none."""
    line = command_line(command)
    for pattern in _COMMAND:
        if found := pattern.search(line):
            return tcp_port(found[1])
    for name in _PORT_VARIABLES:
        if port := tcp_port(environment.get(name, "").partition(";")[0]):
            return port
    for name in _URL_VARIABLES:
        if found := _URL.search(environment.get(name, "")):
            return tcp_port(found[1] or found[2])
    return None


def http_port(ports: Iterable[int]) -> int | None:
    """The port for HTTP requests among those that a service publishes; None if none of them is one."""
    candidates = [port for port in ports if port not in _NOT_HTTP]
    preferred = [port for port in candidates if port not in _DEBUGGERS and port not in _DEVELOPMENT_TLS]
    return next(iter([*preferred, *candidates]), None)
