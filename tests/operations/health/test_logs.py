"""What the services write: read in order, followed without a line twice, and harmless on a terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import click
import pytest
from botocore.stub import Stubber
from click.testing import Result

from operations.health.logs import Line, Logs, follow, layout, newest
from operations.rehearsal.emulator.client import Emulator
from stacks.errors import AwsError
from tests.support.deployed import REGION, Deployed, write_project

ROOT = Path(__file__).parents[3]
WEB, MAILER = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def deployed(running: Emulator) -> Deployed:
    """An environment whose services have log groups, with nothing in them yet."""
    environment = Deployed(running)
    logs = environment.aws("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
    for name in ("web", "mailer", "cleanup"):
        logs.create_log_group(logGroupName=environment.names.log_group(name))
    return environment


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def logs(deployed: Deployed, folder: Path, invoke: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`logs("web")` of the environment `dev`, in the emulator."""
    for name, value in deployed.emulator.settings().items():
        monkeypatch.setenv(name, value)
    write_project(folder)

    def run(*arguments: str) -> Result:
        return invoke("logs", "--env", "dev", *arguments)

    return run


@pytest.fixture
def written(deployed: Deployed) -> Deployed:
    now = time.time()
    deployed.write_log("web", WEB, "too old", at=now - 3600)
    deployed.write_log("web", WEB, "first", "second", at=now - 60)
    deployed.write_log("mailer", MAILER, "third", at=now - 50)
    deployed.write_log("web", WEB, "otel ERROR", at=now - 30, container="metrics")
    return deployed


def test_lines_of_all_services_come_in_the_order_of_time(logs: Any, deployed: Deployed) -> None:
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


def test_one_service_raw_is_what_it_wrote(logs: Any, written: Deployed) -> None:
    assert logs("web", "--raw").stdout == "first\nsecond\notel ERROR\n"


def test_since_looks_further_back(logs: Any, written: Deployed) -> None:
    assert logs("web", "--raw", "--since", "2h").stdout.splitlines()[0] == "too old"


def test_filter_takes_what_matches(logs: Any, written: Deployed) -> None:
    assert logs("--filter", "ERROR").stdout == "web/metrics/01234567 | otel ERROR\n"


def test_limit_takes_the_last(logs: Any, written: Deployed) -> None:
    assert logs("--raw", "--limit", "2").stdout == "third\notel ERROR\n"


def test_timestamps_stand_in_front(logs: Any, deployed: Deployed) -> None:
    at = time.time() - 60
    deployed.write_log("web", WEB, "hello", at=int(at))

    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(at)))
    assert logs("web", "--timestamps").stdout == f"{stamp}.000Z web/01234567 | hello\n"


def test_nothing_to_print_is_said_on_stderr(logs: Any) -> None:
    result = logs("web")
    filtered = logs("web", "--filter", "ERROR", "--since", "2h")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[-1] == "No lines in the last 10 min; --since looks further back"
    assert filtered.stderr.splitlines()[-1] == "No lines that match in the last 120 min; --since looks further back"


def test_a_service_without_a_log_group_is_an_error_that_says_so(logs: Any, deployed: Deployed) -> None:
    deployed.aws("logs").delete_log_group(logGroupName="/aws/ecs/shop-dev/web")

    result = logs("web")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "error: service `web`: no log is there; got no log group /aws/ecs/shop-dev/web in eu-west-1 of account "
        "123456789012; deploy it first: ecsforge deploy --env dev"
    )


def test_one_of_several_without_a_log_group_is_a_warning(logs: Any, written: Deployed) -> None:
    written.aws("logs").delete_log_group(logGroupName="/aws/ecs/shop-dev/mailer")

    result = logs("--raw")

    assert (result.exit_code, result.stdout) == (0, "first\nsecond\notel ERROR\n")
    assert result.stderr.splitlines()[-1].startswith("warning: service `mailer`: no log is there; got no log group ")


def test_an_environment_that_is_not_deployed_is_one_error(logs: Any, deployed: Deployed) -> None:
    for name in ("web", "mailer", "cleanup"):
        deployed.aws("logs").delete_log_group(logGroupName=deployed.names.log_group(name))

    result = logs()

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "error: services web, mailer, cleanup: no log is there; got no log group /aws/ecs/shop-dev/web, "
        "/aws/ecs/shop-dev/mailer, /aws/ecs/shop-dev/cleanup in eu-west-1 of account 123456789012; deploy it first: "
        "ecsforge deploy --env dev"
    ]


LINE = Line("web", f"ecs/web/{WEB}", 1_767_355_200_123, "1", "\x1b[2Jone\x07\n\x1b]0;title\x07two\n")


def test_on_a_terminal_a_line_reaches_no_further_than_itself() -> None:
    def shown(terminal: bool) -> list[str]:
        return list(layout(LINE, timestamps=False, source=lambda line: line.source, terminal=terminal))

    assert shown(terminal=True) == ["web/01234567 | one", "web/01234567 | two"]
    assert shown(terminal=False) == ["web/01234567 | \x1b[2Jone\x07", "web/01234567 | \x1b]0;title\x07two"]


def test_a_stream_of_another_shape_is_named_as_it_is() -> None:
    assert Line("web", "custom", 0, "1", "").source == "web/custom"
    assert Line("web", "app/web/0123456789", 0, "1", "").source == "web/01234567"


def test_the_last_lines_are_those_that_came_last() -> None:
    lines = [Line("web", "s", at, str(at), "") for at in range(5)]

    assert [line.at for line in newest(lines, 2)] == [3, 4]
    assert [line.at for line in newest(lines, None)] == [0, 1, 2, 3, 4]


class Polls:
    """Does one thing after the other while `follow` sleeps, and then interrupts it."""

    def __init__(self, *steps: Callable[[], None]) -> None:
        self._steps = iter(steps)
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        next(self._steps, interrupt)()


def interrupt() -> None:
    raise KeyboardInterrupt


def nothing() -> None:
    pass


def told(
    deployed: Deployed, polls: Polls, missing: list[list[str]] | None = None, limit: int | None = None
) -> list[str]:
    """The messages that `follow` tells until it is interrupted."""
    groups = {name: deployed.names.log_group(name) for name in ("web", "mailer")}
    on_missing = (missing if missing is not None else []).append
    logs = Logs(deployed.aws("logs"), groups)
    messages = []
    with pytest.raises(KeyboardInterrupt):
        for line in follow(logs, time.time() - 600, on_missing, limit=limit, sleep=polls.sleep):
            messages.append(line.message)  # not a comprehension: the interrupt would take it along
    return messages


def test_following_tells_each_line_once_also_one_that_arrives_late(written: Deployed) -> None:
    now = time.time()
    polls = Polls(
        nothing,
        lambda: written.write_log("web", WEB, "fourth", at=now),
        lambda: written.write_log("mailer", MAILER, "late", at=now - 20),
        nothing,
    )

    assert told(written, polls) == ["first", "second", "third", "otel ERROR", "fourth", "late"]


def test_following_begins_with_the_last_lines_and_leaves_the_others_out_for_good(written: Deployed) -> None:
    polls = Polls(nothing, lambda: written.write_log("web", WEB, "new", at=time.time()))

    assert told(written, polls, limit=1) == ["otel ERROR", "new"]


def test_it_asks_less_often_while_nothing_comes(written: Deployed) -> None:
    polls = Polls(nothing, nothing, nothing, lambda: written.write_log("web", WEB, "new", at=time.time()))

    told(written, polls)

    assert polls.pauses == [2.0, 3.0, 4.5, 5.0, 2.0]


def test_a_log_group_that_is_missing_is_told_once_and_read_when_it_comes(deployed: Deployed) -> None:
    deployed.aws("logs").delete_log_group(logGroupName="/aws/ecs/shop-dev/web")
    missing: list[list[str]] = []

    def appears() -> None:
        deployed.aws("logs").create_log_group(logGroupName="/aws/ecs/shop-dev/web")
        deployed.write_log("web", WEB, "hello", at=time.time())

    assert told(deployed, Polls(nothing, appears), missing) == ["hello"]
    assert missing == [["web"]]


@pytest.mark.parametrize(
    ("newest", "clock", "since"),
    [
        pytest.param(1000, 1000, 940, id="a minute before the newest line"),
        pytest.param(1000, 1300, 940, id="also with a clock that is ahead"),
        pytest.param(1000, 5000, 4340, id="in a long silence not all of it again"),
    ],
)
def test_where_the_next_look_begins(newest: int, clock: int, since: int) -> None:
    client, stub = scripted()
    event = {"logStreamName": "ecs/web/1", "timestamp": newest * 1000, "eventId": "1", "message": "x"}
    stub.add_response("filter_log_events", {"events": [event]}, {"logGroupName": "group", "startTime": 900_000})
    stub.add_response("filter_log_events", {"events": []}, {"logGroupName": "group", "startTime": since * 1000})

    lines = follow(Logs(client, {"web": "group"}), 900, print, sleep=Polls(nothing).sleep, clock=lambda: clock)

    with stub, pytest.raises(KeyboardInterrupt):
        list(lines)
    stub.assert_no_pending_responses()


def scripted() -> tuple[Any, Stubber]:
    client: Any = boto3.client("logs", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    return client, Stubber(client)


def test_all_pages_are_read() -> None:
    client, stub = scripted()
    for page, token in enumerate([None, "a", "b"]):
        event = {"logStreamName": "ecs/web/1", "timestamp": page, "eventId": str(page), "message": f"page {page}"}
        more = {} if page == 2 else {"nextToken": "ab"[page]}
        asked = {
            "logGroupName": "group",
            "startTime": 0,
            "filterPattern": "x",
            **({"nextToken": token} if token else {}),
        }
        # A page may be empty and yet not be the last.
        stub.add_response("filter_log_events", {"events": [] if page == 1 else [event], **more}, asked)

    with stub:
        lines = list(Logs(client, {"web": "group"}, "x").read(0, print))

    assert [line.message for line in lines] == ["page 0", "page 2"]


def test_a_filter_pattern_that_cloudwatch_refuses_is_wrong_input() -> None:
    client, stub = scripted()
    stub.add_client_error("filter_log_events", "InvalidParameterException", "Invalid filter pattern")

    with stub, pytest.raises(click.BadParameter) as refused:
        list(Logs(client, {"web": "group"}, "{ $.x").read(0, print))

    assert refused.value.exit_code == 2
    assert refused.value.format_message() == (
        "Invalid value for --filter: CloudWatch Logs does not take this filter pattern; got { $.x (An error occurred "
        "(InvalidParameterException) when calling the FilterLogEvents operation: Invalid filter pattern); write words, "
        "or a phrase in double quotes"
    )


def test_a_permission_that_lacks_is_named() -> None:
    client, stub = scripted()
    message = "User: x is not authorized to perform: logs:FilterLogEvents on resource: y"
    stub.add_client_error("filter_log_events", "AccessDeniedException", message)

    with stub, pytest.raises(AwsError) as refused:
        list(Logs(client, {"web": "group"}).read(0, print))

    assert str(refused.value).startswith(
        f"logs of service `web`: AWS refused FilterLogEvents; got AccessDeniedException: {message}; allow "
        "logs:FilterLogEvents"
    )


def test_ctrl_c_ends_following_with_130(written: Deployed, folder: Path) -> None:
    write_project(folder)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "logs", "web", "--env", "dev", "--follow", "--raw"],
        cwd=folder,
        env={**written.emulator.environment(), "PYTHONPATH": str(ROOT)},
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
