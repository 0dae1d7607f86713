"""`ecsforge exec` and `tunnel` against an environment in the emulator; see `tests.support.emulator_with_sessions`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.tasks.plugin import NAME
from tests.cli.commands.conftest import ROOT, Operate
from tests.support.deployed import PROJECT, Deployed, write_project
from tests.support.emulator_with_sessions import TOKEN, EmulatorWithSessions
from tests.support.session_plugin import FakePlugin


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorWithSessions]:
    with EmulatorWithSessions() as running:
        yield running


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePlugin:
    made = FakePlugin.write(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(made.folder), prepend=os.pathsep)
    return made


@pytest.fixture
def project(operate: Operate, folder: Path) -> None:
    """The project file, in which `web` has ECS Exec."""
    write_project(folder, services=PROJECT["services"] | {"web": PROJECT["services"]["web"] | {"exec": True}})


@pytest.mark.usefixtures("project")
def test_a_session_ends_with_the_exit_code_of_the_plugin(
    operate: Operate, deployed: Deployed, plugin: FakePlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = deployed.start_task()
    monkeypatch.setenv("FAKE_EXIT", "7")

    result = operate("exec", "web", "--", "ls", "-l")

    assert (result.exit_code, result.stdout) == (7, "")
    assert result.stderr.splitlines()[1:] == [f"Connecting to container `web` of task {task}"]
    assert TOKEN not in " ".join(plugin.given["argv"])


def test_a_session_without_the_plugin(operate: Operate, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    for arguments, code in ((("exec", "web"), 125), (("tunnel", "db:5432"), 1)):
        result = operate(*arguments)
        assert result.exit_code == code
        assert result.stderr.startswith(
            f"error: {NAME}: the Session Manager plugin of AWS is not installed; install it: "
        )


def test_failures_of_exec_end_with_125(operate: Operate, deployed: Deployed, plugin: FakePlugin) -> None:
    result = operate("exec", "web")

    assert result.exit_code == 125
    assert result.stderr.splitlines()[-1] == (
        "error: service `web`: no task of it is running; see why: `ecsforge status web --env dev`"
    )


def test_wrong_input_ends_with_2(operate: Operate, deployed: Deployed, plugin: FakePlugin) -> None:
    deployed.start_task()

    for arguments in (
        ("exec", "wbe"),
        ("exec", "web", "--container", "x"),
        ("exec", "web", "--task", "zz"),
        ("tunnel", "db"),
        ("tunnel", "db:x"),
        ("tunnel", "db:1", "--local", "0"),
        ("tunnel", "db:1", "--service", "x"),
    ):
        assert operate(*arguments).exit_code == 2, arguments


@pytest.mark.usefixtures("project")
def test_a_protected_environment_needs_the_name_of_the_stack(
    operate: Operate, deployed: Deployed, plugin: FakePlugin, folder: Path
) -> None:
    deployed.start_task()
    services = PROJECT["services"] | {"web": PROJECT["services"]["web"] | {"exec": True}}
    write_project(folder, services=services, environments={"dev": {"protected": True}})

    for arguments in (("exec", "web"), ("tunnel", "db:5432")):
        for name in ((), ("--yes-i-mean", "shop-prod")):
            assert operate(*arguments, *name).exit_code == 2
    assert not plugin.was_started
    assert operate("exec", "web", "--yes-i-mean", "shop-dev").exit_code == 0


@pytest.mark.usefixtures("project")
def test_ctrl_c_closes_a_tunnel(
    deployed: Deployed, plugin: FakePlugin, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.start_task()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("FAKE_PORT", str(port))

    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "tunnel", "db.internal:5432", "--env", "dev", "--local", str(port)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"postgres://localhost:{port}\n"
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (130, "")
    assert stderr.splitlines()[-1] == (
        "The tunnel to db.internal:5432 is closed. To open it again: "
        f"ecsforge tunnel --env dev db.internal:5432 --local {port}"
    )
    with pytest.raises(ProcessLookupError):
        os.kill(plugin.given["pid"], 0)
