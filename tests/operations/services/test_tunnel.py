"""A local port forwards to a private address, through AWS's plugin; see `tests.support.emulator_with_sessions`."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.services.tunnel import Destination, tunnel
from operations.tasks.plugin import OLDEST, VARIABLE, Plugin
from stacks.errors import AwsError, EcsforgeError, UsageError
from tests.operations.services.conftest import Open
from tests.support.deployed import Deployed
from tests.support.emulator_with_sessions import RUNTIME, TOKEN, EmulatorWithSessions
from tests.support.reporter import Recorder
from tests.support.session_plugin import FakePlugin

DATABASE = Destination("db.internal", 5432)
EXEC = {"web": {"exec": True}}


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorWithSessions]:
    with EmulatorWithSessions() as running:
        yield running


@pytest.fixture
def plugin(tmp_path: Path) -> FakePlugin:
    return FakePlugin.write(tmp_path / "bin")


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A free port, on which the plugin will listen."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
    monkeypatch.setenv("FAKE_PORT", str(found))
    return found


def open_tunnel(
    opened: Open, plugin: FakePlugin, port: int | None, reporter: Recorder | None = None, **options: Any
) -> tuple[bool | None, list[str]]:
    """Open a tunnel, and interrupt it as soon as it is open. None is the interrupt."""
    urls: list[str] = []
    consent, settings = options.pop("consent", Consent()), options.pop("settings", {})
    changes = options.pop("changes", EXEC)

    def on_open(url: str) -> None:
        urls.append(url)
        raise KeyboardInterrupt

    try:
        done = tunnel(
            opened(changes=changes, **settings),
            DATABASE,
            Plugin(str(plugin.path), OLDEST),
            reporter or Recorder(),
            consent,
            on_open,
            local=port,
            **options,
        )
    except KeyboardInterrupt:
        return None, urls
    return done, urls


def refused(
    opened: Open, plugin: FakePlugin, port: int | None, error: type[EcsforgeError] = AwsError, **options: Any
) -> str:
    with pytest.raises(error) as raised:
        open_tunnel(opened, plugin, port, **options)
    return sentences(raised.value)


@contextmanager
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_open_tunnel_has_a_url_and_ends_with_an_interrupt(
    deployed: Deployed, opened: Open, plugin: FakePlugin, port: int
) -> None:
    task, before = deployed.start_task(), deployed.calls("TerminateSession")

    assert open_tunnel(opened, plugin, port) == (None, [f"postgres://localhost:{port}"])

    given = plugin.given
    assert json.loads(given["argv"][4]) == {"Target": f"ecs:{deployed.names.cluster}_{task}_{RUNTIME}"}
    assert given["argv"][0] == VARIABLE
    assert not any(TOKEN in argument for argument in given["argv"])
    assert json.loads(given["env"][VARIABLE]) == {
        "SessionId": f"user-{task}",
        "TokenValue": TOKEN,
        "StreamUrl": "wss://x",
    }
    assert not is_running(given["pid"])
    assert deployed.calls("TerminateSession") == before + 1


def test_the_session_is_one_for_a_remote_host(
    deployed: Deployed, opened: Open, plugin: FakePlugin, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.start_task()
    requests: list[Any] = []
    environment = opened(changes=EXEC)
    environment.session.events.register(
        "provide-client-params.ssm.StartSession", lambda params, **_: requests.append(params)
    )

    with pytest.raises(KeyboardInterrupt):
        tunnel(environment, DATABASE, Plugin(str(plugin.path), OLDEST), Recorder(), Consent(), interrupt, local=port)

    (request,) = requests
    assert request["DocumentName"] == "AWS-StartPortForwardingSessionToRemoteHost"
    assert request["Parameters"] == {
        "host": ["db.internal"],
        "portNumber": ["5432"],
        "localPortNumber": [str(port)],
    }


def interrupt(url: str) -> None:
    raise KeyboardInterrupt


def test_a_tunnel_that_can_not_be_opened_says_what_the_plugin_printed(
    deployed: Deployed, opened: Open, plugin: FakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.start_task()
    monkeypatch.setenv("FAKE_PRINTS", "Cannot perform start session: websocket: bad handshake")
    reporter = Recorder()

    assert refused(opened, plugin, None, reporter=reporter) == (
        "session-manager-plugin: the tunnel could not be opened; got Cannot perform start session: websocket: bad "
        "handshake; check that the task can reach Systems Manager, and run the same command again"
    )
    assert reporter.warnings == ["session-manager-plugin: Cannot perform start session: websocket: bad handshake"]


def test_a_tunnel_that_ends_by_itself(deployed: Deployed, opened: Open, plugin: FakePlugin, port: int) -> None:
    deployed.start_task()

    with pytest.raises(AwsError) as raised:
        tunnel(
            opened(changes=EXEC),
            DATABASE,
            Plugin(str(plugin.path), OLDEST),
            Recorder(),
            Consent(),
            lambda url: os.kill(plugin.given["pid"], signal.SIGKILL),
            local=port,
        )

    assert sentences(raised.value) == (
        "session-manager-plugin: the tunnel has ended; check that the task can reach Systems Manager, and run the same "
        "command again"
    )


def test_a_port_that_is_taken(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    with taken() as port:
        assert refused(opened, plugin, port, UsageError) == (
            f"--local: the local port can't be used: a program listens on it, or it needs root; got {port}; pass "
            "another port, or omit --local"
        )


def test_no_service_with_exec(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    assert refused(opened, plugin, None, changes={}) == (
        "shop-dev: no service has ECS Exec, which a tunnel needs; set `exec: true` on a service, then: "
        "`ecsforge deploy`"
    )


def test_the_service_can_be_chosen(deployed: Deployed, opened: Open, plugin: FakePlugin, port: int) -> None:
    deployed.start_task()
    task = deployed.start_task("mailer")

    open_tunnel(opened, plugin, port, service="mailer")

    assert f"_{task}_" in plugin.given["argv"][4]


def test_the_next_service_is_used_if_one_is_not_ready(
    deployed: Deployed, opened: Open, plugin: FakePlugin, port: int
) -> None:
    deployed.start_task(state="off")
    task = deployed.start_task("mailer")

    open_tunnel(opened, plugin, port, changes={"web": {"exec": True}, "mailer": {"exec": True}})

    assert f"_{task}_" in plugin.given["argv"][4]


def test_a_task_that_stops_before_the_session(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    task = deployed.start_task(state="lost")

    assert refused(opened, plugin, None) == (
        f"task {task}: the agent of ECS Exec in container `web` is not connected; got TargetNotConnected: the agent is "
        "not connected; try again in some seconds; if it lasts, check that the tasks can reach Systems Manager: `nat`, "
        "`endpoints`, `egress`"
    )
    assert not plugin.was_started


def test_a_protected_environment_asks(deployed: Deployed, opened: Open, plugin: FakePlugin) -> None:
    deployed.start_task()
    reporter = Recorder(answer="no")

    assert open_tunnel(opened, plugin, None, reporter, settings={"protected": True}) == (False, [])

    assert reporter.asked == ["dev is protected. To open a tunnel to db.internal:5432, type shop-dev"]
    assert not plugin.was_started


ADDRESSES = {
    "db.internal:5432": (Destination("db.internal", 5432), "postgres://localhost:9"),
    "10.0.0.9:80": (Destination("10.0.0.9", 80), "http://localhost:9"),
    "[fd00::1]:9000": (Destination("fd00::1", 9000), "tcp://localhost:9"),
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_addresses(text: str) -> None:
    found = Destination.parse(text)

    assert (found, found.url(9)) == ADDRESSES[text]
    assert str(found) == text


@pytest.mark.parametrize("text", ["db:", ":5432", "db:0", "db:65536", "db:x", "a b:1", "-db:1", "fd00::1:9000"])
def test_what_is_not_an_address(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        Destination.parse(text)

    assert sentences(raised.value) == f"not an address; got {text}; write it as HOST:PORT, such as db.internal:5432"


def test_a_resource_is_not_available_yet() -> None:
    with pytest.raises(UsageError) as raised:
        Destination.parse("db")

    assert sentences(raised.value) == (
        "tunnels to a resource by its name are not available yet; got db; name its address: HOST:PORT"
    )
