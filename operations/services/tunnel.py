"""Forward a local port through a running task to an address that it can reach: `tunnel`.

HOST:PORT ─> a task with ECS Exec ─> StartSession ─> plugin ─> the local port answers ─> until it ends
"""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.deploy.consent import Consent, agreed_to
from operations.reporter import activity
from operations.services.deployed import DeployedEnvironment
from operations.services.exec import wanted
from operations.tasks.exec_target import ExecTarget, exec_target
from operations.tasks.plugin import NAME, Plugin
from operations.tasks.session import Connection, stop
from operations.text import plain, spoken
from stacks.errors import AwsError, Position, Problem, UsageError

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.reporter import Reporter

OPEN_SECONDS = 30.0
"""How long the local port may take to answer."""
HIGHEST_PORT = 65535
_LOWEST_FREE_PORT = 1024
"""Ports below need root."""
_PAUSE = 0.2
_KEPT_LINES = 5
_SCHEMES = {80: "http", 443: "https", 3306: "mysql", 5432: "postgres", 6379: "redis", 27017: "mongodb"}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_FAILED = re.compile(r"fail|error|unable|cannot", re.IGNORECASE)


@dataclass(frozen=True)
class Destination:
    """An address that a task can reach: a host and a port from 1 to 65535."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Destination:
        """Read `HOST:PORT`, with an IPv6 address in brackets. Raises UsageError for any other text."""
        host, colon, port = text.rpartition(":")
        if not colon:
            what = "tunnels to a resource by its name are not available yet"
            raise UsageError.of("", what, got=text, fix="name its address: HOST:PORT")
        if not port.isdecimal() or not 1 <= int(port) <= HIGHEST_PORT or not _HOST.fullmatch(host):
            fix = "write it as HOST:PORT, such as db.internal:5432"
            raise UsageError.of("", "not an address", got=text.rpartition("@")[2], fix=fix)
        return cls(host.strip("[]"), int(port))

    def url(self, local: int) -> str:
        """The URL of its local port, without credentials: the protocol comes from the port, else it is `tcp`."""
        return f"{_SCHEMES.get(self.port, 'tcp')}://localhost:{local}"


def tunnel(
    environment: Environment,
    destination: Destination,
    plugin: Plugin,
    reporter: Reporter,
    consent: Consent,
    on_open: Callable[[str], None],
    *,
    service: str | None = None,
    local: int | None = None,
) -> bool:
    """Forward a local port to an address, through a running task, until an interrupt, which is raised again.

    Args:
        environment: The environment.
        destination: The address.
        plugin: The plugin, from `operations.tasks.plugin.find_plugin`.
        reporter: Receives messages, and asks.
        consent: What may be done without asking.
        on_open: Receives the URL of the local port once that answers.
        service: The service whose task forwards, one of `environment.services`; the first that is ready by default.
        local: The local port; by default the one of the address if it is free and from 1024 on, else any free one.

    Returns:
        False when the user declined.

    Raises:
        AwsError: The tunnel could not be opened or has ended, no task is ready, AWS refused a request, or the
            environment is not deployed or is stopped.
        UsageError: The local port is in use, or the reporter cannot ask.
    """
    port = _local_port(destination, local)
    deployed = DeployedEnvironment.of(environment)
    deployed.refuse_stopped()
    through, target = _target(deployed, service)
    if not agreed_to(f"open a tunnel to {destination}", environment, reporter, consent):
        return False
    connection = Connection.of(environment, plugin, deployed.ecs)
    session = connection.open_port(target, destination.host, destination.port, port)
    process = connection.start(
        session,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
        start_new_session=True,  # Ctrl-C does not reach it: `stop` ends it
    )
    output = _Output(process, reporter)
    try:
        with activity(reporter, f"Opening a tunnel to {destination} through task {target.task} of {through}"):
            _wait_until_open(process, port, output)
        on_open(destination.url(port))
        process.wait()
        raise AwsError(_ended("the tunnel has ended", output))
    finally:
        stop(process)
        output.close()
        connection.end(session)


def _target(deployed: DeployedEnvironment, service: str | None) -> tuple[str, ExecTarget]:
    """A service, and the task of it that forwards. Raises AwsError if none is ready."""
    environment = deployed.environment
    names = [service] if service is not None else list(_candidates(environment))
    if not names:
        what, fix = "no service has ECS Exec, which a tunnel needs", "set `exec: true` on a service, then:"
        raise AwsError(Problem(Position(environment.names.stack), what, fix=fix, command=("deploy",)))
    problems: list[Problem] = []
    for name in names:
        try:
            return name, exec_target(deployed.ecs, environment.names.cluster, wanted(environment, name))
        except AwsError as error:
            if error.codes:
                raise
            problems += error.problems
    raise AwsError(*problems)


def _candidates(environment: Environment) -> Iterator[str]:
    """The services with `exec`, those whose tasks run all the time first."""
    found = [name for name, each in environment.services.items() if each.exec]
    yield from sorted(found, key=lambda name: environment.services[name].type == "job")


def _local_port(destination: Destination, local: int | None) -> int:
    """A local port that is free. Raises UsageError if `local` is not."""
    if local is not None:
        if not _is_free(local):
            what = "the local port can't be used: a program listens on it, or it needs root"
            raise UsageError.of("--local", what, got=str(local), fix="pass another port, or omit --local")
        return local
    if destination.port >= _LOWEST_FREE_PORT and _is_free(destination.port):
        return destination.port
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    """Whether nothing answers on a port, and this process may listen on it."""
    if _answers(port):
        return False
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return False
    return True


class _Output:
    """What the plugin prints: its last lines, and a warning for each one about a failure."""

    def __init__(self, process: subprocess.Popen[str], reporter: Reporter) -> None:
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._process, self._reporter = process, reporter
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for the last line of a plugin that has ended."""
        self._thread.join(timeout=1)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError), self._process.stdout as stdout:
            for written in stdout:
                line = plain(written.strip())
                if not line:
                    continue
                self.lines.append(line)
                if _FAILED.search(line):
                    self._reporter.warn(f"{NAME}: {line}")
                else:
                    self._reporter.detail(f"{NAME}: {line}")


def _wait_until_open(process: subprocess.Popen[str], port: int, output: _Output) -> None:
    """Wait until the local port answers. Raises AwsError if it does not."""
    deadline = time.monotonic() + OPEN_SECONDS
    while not _answers(port):
        if process.poll() is not None:
            raise AwsError(_ended("the tunnel could not be opened", output))
        if time.monotonic() >= deadline:
            what = f"the local port {port} did not answer within {spoken(OPEN_SECONDS)}"
            raise AwsError(_ended(what, output))
        time.sleep(_PAUSE)


def _ended(what: str, output: _Output) -> Problem:
    """The problem of a tunnel that is not open any more. Systems Manager ends one that is idle for 20 minutes."""
    output.close()
    fix = "check that the task can reach Systems Manager, and run the same command again"
    return Problem(Position(NAME), what, "; ".join(output.lines) or None, fix)
