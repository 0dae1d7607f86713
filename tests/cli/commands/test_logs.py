"""`ecsforge logs` against an environment in the emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli.commands.logs import lines
from operations.health.log_events import LogEvent
from operations.rehearsal.emulator.client import Emulator
from tests.support.deployed import MAILER, PROJECT, WEB, Deployed, write_project

ROOT = Path(__file__).parents[3]


@pytest.fixture
def deployed(running: Emulator) -> Deployed:
    """An environment whose services have empty log groups."""
    environment = Deployed(running)
    environment.empty_log_groups()
    return environment


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def logs(deployed: Deployed, folder: Path, invoke: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`logs("web")` runs the command for the environment `dev` in the emulator."""
    for name, value in deployed.emulator.settings().items():
        monkeypatch.setenv(name, value)
    write_project(folder)

    def run(*arguments: str) -> Result:
        return invoke("logs", "--env", "dev", *arguments)

    return run


@pytest.fixture
def written(deployed: Deployed) -> Deployed:
    deployed.write_logs()
    return deployed


def test_events_of_all_services_are_printed_in_chronological_order(logs: Any, deployed: Deployed) -> None:
    now = time.time()
    deployed.write_log("web", WEB, "first", at=now - 60)
    deployed.write_log("web", "ffff", "third", at=now - 40)
    deployed.write_log("mailer", MAILER, "second", at=now - 50)
    deployed.write_log("web", WEB, "fourth", at=now - 30, container="metrics")

    result = logs()

    assert (result.exit_code, result.stderr) == (0, "shop-dev in eu-west-1, account 123456789012\n")
    assert result.stdout == (
        "web/01234567 | first\nmailer/fedcba98 | second\nweb/ffff | third\nweb/metrics/01234567 | fourth\n"
    )


def test_raw_prints_only_the_messages(logs: Any, written: Deployed) -> None:
    assert logs("web", "--raw").stdout == "first\nsecond\notel ERROR\n"


def test_since_reads_further_back(logs: Any, written: Deployed) -> None:
    assert logs("web", "--raw", "--since", "2h").stdout.splitlines()[0] == "too old"


def test_filter_prints_matching_events(logs: Any, written: Deployed) -> None:
    assert logs("--filter", "ERROR").stdout == "web/metrics/01234567 | otel ERROR\n"


def test_limit_prints_the_last_events(logs: Any, written: Deployed) -> None:
    assert logs("--raw", "--limit", "2").stdout == "third\notel ERROR\n"


def test_timestamps_are_a_prefix(logs: Any, deployed: Deployed) -> None:
    at = time.time() - 60
    deployed.write_log("web", WEB, "hello", at=int(at))

    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(at)))
    assert logs("web", "--timestamps").stdout == f"{stamp}.000Z web/01234567 | hello\n"


def test_without_events_a_hint_is_printed_on_stderr(logs: Any) -> None:
    result = logs("web")
    filtered = logs("web", "--filter", "ERROR", "--since", "2h")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-1] == "No log events in the last 10 min; use --since to look further back"
    assert filtered.stderr.splitlines()[-1] == (
        "No matching log events in the last 120 min; use --since to look further back"
    )


def test_a_missing_log_group_is_an_error(logs: Any, deployed: Deployed) -> None:
    deployed.aws("logs").delete_log_group(logGroupName="/aws/ecs/shop-dev/web")

    result = logs("web")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "error: service `web`: log group /aws/ecs/shop-dev/web does not exist in eu-west-1, account 123456789012; "
        "deploy the environment first: ecsforge deploy --env dev"
    )


def test_one_missing_log_group_of_several_is_a_warning(logs: Any, written: Deployed) -> None:
    written.aws("logs").delete_log_group(logGroupName="/aws/ecs/shop-dev/mailer")

    result = logs("--raw")

    assert (result.exit_code, result.stdout) == (0, "first\nsecond\notel ERROR\n")
    assert result.stderr.splitlines()[-1].startswith(
        "warning: service `mailer`: log group /aws/ecs/shop-dev/mailer does not exist in "
    )


def test_an_environment_without_log_groups_is_one_error(logs: Any, deployed: Deployed) -> None:
    for name in ("web", "mailer", "cleanup"):
        deployed.aws("logs").delete_log_group(logGroupName=deployed.names.log_group(name))

    result = logs()

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "error: services web, mailer, cleanup: log groups /aws/ecs/shop-dev/web, /aws/ecs/shop-dev/mailer, "
        "/aws/ecs/shop-dev/cleanup do not exist in eu-west-1, account 123456789012; deploy the environment first: "
        "ecsforge deploy --env dev"
    ]


def test_until_ends_in_the_past(logs: Any, written: Deployed) -> None:
    assert logs("--raw", "--since", "2h", "--until", "40s").stdout == "too old\nfirst\nsecond\nthird\n"
    assert logs("--since", "30m", "--until", "20m").stderr.splitlines()[-1] == (
        "No log events from 30 min to 20 min ago; use --since to look further back"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--until", "1m", "--follow"), "--until ends in the past, and --follow never ends; pass one of them"),
        (("--until", "10m"), "--until must be more recent than --since; got --since 10 min, --until 10 min"),
        (("--container", "metrisc"), "unknown container; got metrisc; did you mean metrics?"),
    ],
)
def test_options_that_do_not_fit(logs: Any, folder: Path, options: tuple[str, ...], message: str) -> None:
    write_project(folder, services={"web": {"port": 80, "sidecars": {"metrics": {"image": "otel"}}}})
    result = logs(*options)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-2].removeprefix("error: ").removeprefix("--container: ") == message


def test_one_container_and_one_task(logs: Any, folder: Path, deployed: Deployed) -> None:
    sidecars = {"sidecars": {"metrics": {"image": "otel"}}}
    write_project(folder, services=PROJECT["services"] | {"web": PROJECT["services"]["web"] | sidecars})
    now = time.time()
    for task, text in ((WEB, "mine"), ("0123ffff", "other")):
        deployed.write_log("web", task, text, at=now - 60)
        deployed.write_log("web", task, f"otel of {text}", at=now - 30, container="metrics")
    deployed.write_log("mailer", MAILER, "mail", at=now - 20)

    assert logs("--container", "metrics", "--raw").stdout == "otel of mine\notel of other\n"
    assert logs("--container", "web", "--task", "0123ffff", "--raw").stdout == "other\n"
    assert logs("web", "--task", f"arn:aws:ecs:x:task/cluster/{WEB[:8]}", "--raw").stdout == "mine\notel of mine\n"
    assert logs("web", "--task", "9", "--raw").stderr.splitlines()[-1] == (
        "No matching log events in the last 10 min; use --since to look further back"
    )


EVENT = LogEvent("web", f"ecs/web/{WEB}", 1_767_355_200_123, "1", "\x1b[2Jone\x07\n\x1b]0;title\x07two\n")


def test_escape_sequences_are_removed_on_a_terminal_only() -> None:
    def shown(terminal: bool) -> list[str]:
        return list(lines(EVENT, timestamps=False, source=lambda event: event.source, terminal=terminal))

    assert shown(terminal=True) == ["web/01234567 | one", "web/01234567 | two"]
    assert shown(terminal=False) == ["web/01234567 | \x1b[2Jone\x07", "web/01234567 | \x1b]0;title\x07two"]


def test_ctrl_c_stops_following_and_exits_with_130(written: Deployed, folder: Path) -> None:
    write_project(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "logs", "web", "--env", "dev", "--follow", "--raw"],
        cwd=folder,
        env={**written.emulator.env_vars(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    before = [process.stdout.readline() for _ in range(3)]
    written.write_log("web", WEB, "while following", at=time.time())
    after = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)

    assert (before, after, rest) == (["first\n", "second\n", "otel ERROR\n"], "while following\n", "")
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "Interrupted"
