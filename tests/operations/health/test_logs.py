"""Log events: read in order, and followed without returning one twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.sentences import sentence, sentences
from operations.health.follow import PATIENCE_SECONDS, SECONDS_KEPT, _Unseen, follow
from operations.health.log_events import LogEvent, LogGroups, stream_prefixes
from operations.health.logs import last
from operations.rehearsal.emulator.client import Emulator
from stacks.errors import AwsError, UsageError
from stacks.project.models import Service
from tests.support.deployed import MAILER, REGION, WEB, Deployed


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
def written(deployed: Deployed) -> Deployed:
    deployed.write_logs()
    return deployed


def test_the_source_of_an_event_in_a_stream_of_another_form() -> None:
    assert LogEvent("web", "custom", 0, "1", "").source == "web/custom"
    assert LogEvent("web", "app/web/0123456789", 0, "1", "").source == "web/01234567"


def test_last_returns_the_last_events() -> None:
    events = [LogEvent("web", "s", at, str(at), "") for at in range(5)]

    assert [event.timestamp for event in last(events, 2)] == [3, 4]
    assert [event.timestamp for event in last(events, None)] == [0, 1, 2, 3, 4]


class Polls:
    """Runs one step at each pause of `follow`, and then interrupts it."""

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


def followed(
    deployed: Deployed, polls: Polls, missing: list[list[str]] | None = None, limit: int | None = None
) -> list[str]:
    """The messages of `follow` until it is interrupted."""
    groups = {name: deployed.names.log_group(name) for name in ("web", "mailer")}
    on_missing = (missing if missing is not None else []).append
    logs = LogGroups(deployed.aws("logs"), groups)
    messages = []
    with pytest.raises(KeyboardInterrupt):
        for event in follow(logs, time.time() - 600, on_missing, limit=limit, sleep=polls.sleep):
            messages.append(event.message)  # a comprehension would be lost with the interrupt
    return messages


def test_follow_returns_each_event_once_including_a_late_one(written: Deployed) -> None:
    now = time.time()
    polls = Polls(
        nothing,
        lambda: written.write_log("web", WEB, "fourth", at=now),
        lambda: written.write_log("mailer", MAILER, "late", at=now - 20),
        nothing,
    )

    assert followed(written, polls) == ["first", "second", "third", "otel ERROR", "fourth", "late"]


def test_follow_with_a_limit_never_returns_the_earlier_events(written: Deployed) -> None:
    polls = Polls(nothing, lambda: written.write_log("web", WEB, "new", at=time.time()))

    assert followed(written, polls, limit=1) == ["otel ERROR", "new"]


def test_polls_are_less_frequent_without_new_events(written: Deployed) -> None:
    polls = Polls(nothing, nothing, nothing, lambda: written.write_log("web", WEB, "new", at=time.time()))

    followed(written, polls)

    assert polls.pauses == [2.0, 3.0, 4.5, 5.0, 2.0]


def test_a_missing_log_group_is_reported_once_and_read_once_it_exists(deployed: Deployed) -> None:
    deployed.aws("logs").delete_log_group(logGroupName="/aws/ecs/shop-dev/web")
    missing: list[list[str]] = []

    def appears() -> None:
        deployed.aws("logs").create_log_group(logGroupName="/aws/ecs/shop-dev/web")
        deployed.write_log("web", WEB, "hello", at=time.time())

    assert followed(deployed, Polls(nothing, appears), missing) == ["hello"]
    assert missing == [["web"]]


@pytest.mark.parametrize(
    ("latest", "clock", "since"),
    [
        pytest.param(1000, 1000, 940, id="a minute before the latest event"),
        pytest.param(1000, 1300, 940, id="also with a clock that is ahead"),
        pytest.param(1000, 5000, 4340, id="not all of a long silence"),
    ],
)
def test_the_start_time_of_the_next_poll(latest: int, clock: int, since: int) -> None:
    client, stub = scripted()
    event = {"logStreamName": "ecs/web/1", "timestamp": latest * 1000, "eventId": "1", "message": "x"}
    stub.add_response("filter_log_events", {"events": [event]}, {"logGroupName": "group", "startTime": 900_000})
    stub.add_response("filter_log_events", {"events": []}, {"logGroupName": "group", "startTime": since * 1000})

    events = follow(LogGroups(client, {"web": "group"}), 900, print, sleep=Polls(nothing).sleep, clock=lambda: clock)

    with stub, pytest.raises(KeyboardInterrupt):
        list(events)
    stub.assert_no_pending_responses()


def scripted() -> tuple[Any, Stubber]:
    client: Any = boto3.client("logs", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    return client, Stubber(client)


def test_all_pages_are_read() -> None:
    client, stub = scripted()
    for page, token in enumerate([None, "a", "b"]):
        event = {"logStreamName": "ecs/web/1", "timestamp": page, "eventId": str(page), "message": f"page {page}"}
        more = {} if page == 2 else {"nextToken": "ab"[page]}
        request = {
            "logGroupName": "group",
            "startTime": 0,
            "filterPattern": "x",
            **({"nextToken": token} if token else {}),
        }
        # An empty page need not be the last one.
        stub.add_response("filter_log_events", {"events": [] if page == 1 else [event], **more}, request)

    with stub:
        events = list(LogGroups(client, {"web": "group"}, "x").read(0, print))

    assert [event.message for event in events] == ["page 0", "page 2"]


def test_a_rejected_filter_pattern_is_a_usage_error() -> None:
    client, stub = scripted()
    stub.add_client_error("filter_log_events", "InvalidParameterException", "Invalid filter pattern")

    with stub, pytest.raises(UsageError) as rejected:
        list(LogGroups(client, {"web": "group"}, "{ $.x").read(0, print))

    assert rejected.value.exit_code == 2
    assert sentences(rejected.value) == (
        "--filter: CloudWatch Logs rejects the filter pattern; got { $.x (Invalid filter pattern); use words, or a "
        "phrase in double quotes"
    )


def test_a_missing_permission_is_named() -> None:
    client, stub = scripted()
    message = "User: x is not authorized to perform: logs:FilterLogEvents on resource: y"
    stub.add_client_error("filter_log_events", "AccessDeniedException", message)

    with stub, pytest.raises(AwsError) as refused:
        list(LogGroups(client, {"web": "group"}).read(0, print))

    assert sentences(refused.value).startswith(
        f"logs of service `web`: AWS refused FilterLogEvents; got AccessDeniedException: {message}; allow "
        "logs:FilterLogEvents"
    )


class Scripted:
    """A client of CloudWatch Logs that answers each poll as scripted, and an interrupt at the end."""

    def __init__(self, **groups: str) -> None:
        self.client, self.stub = scripted()
        self.groups = groups or {"web": "group"}
        self.now = 1000.0
        self.pauses: list[float] = []
        self.troubles: list[str] = []
        self.requests: list[int] = []
        event = "before-parameter-build.cloudwatch-logs.FilterLogEvents"
        self.client.meta.events.register(event, lambda params, **_: self.requests.append(params["startTime"]))

    def events(self, *events: int, more: str | None = None) -> None:
        answer: dict[str, Any] = {
            "events": [
                {"logStreamName": "ecs/web/1", "timestamp": at * 1000, "eventId": str(at), "message": f"at {at}"}
                for at in events
            ]
        }
        self.stub.add_response("filter_log_events", answer | ({"nextToken": more} if more else {}))

    def error(self, code: str, message: str = "", status: int = 400) -> None:
        self.stub.add_client_error("filter_log_events", code, message, http_status_code=status)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        if not self.stub._queue:
            raise KeyboardInterrupt

    def followed(self, since: float = 900, limit: int | None = None) -> list[str]:
        messages = []
        logs = LogGroups(self.client, self.groups)
        events = follow(
            logs,
            since,
            print,
            limit=limit,
            on_trouble=lambda problem: self.troubles.append(sentence(problem)),
            sleep=self.sleep,
            clock=lambda: self.now,
        )
        with self.stub, pytest.raises(KeyboardInterrupt):
            for event in events:
                messages.append(event.message)
        return messages


THROTTLED = (
    "logs of service `web`: AWS refused FilterLogEvents; ecsforge tries again; got ThrottlingException: Rate exceeded"
)


def test_following_continues_after_a_bad_stretch_without_losing_or_doubling_a_line() -> None:
    script = Scripted()
    script.events(990)
    for _ in range(200):
        script.error("ThrottlingException", "Rate exceeded")
    script.error("ServiceUnavailableException", status=503)
    script.events(990, 1000, 1500)
    script.events(1500, 2001)

    assert script.followed() == ["at 990", "at 1000", "at 1500", "at 2001"]
    assert script.troubles == [THROTTLED]


def test_each_bad_stretch_is_reported_once() -> None:
    script = Scripted()
    for at in (990, 991):
        script.error("ThrottlingException", "Rate exceeded")
        script.error("ThrottlingException", "Rate exceeded")
        script.events(at)

    assert script.followed() == ["at 990", "at 991"]
    assert script.troubles == [THROTTLED, THROTTLED]


def test_an_error_between_two_pages_loses_no_line() -> None:
    script = Scripted()
    script.events(990, more="next")
    script.error("ThrottlingException", "Rate exceeded")
    script.events(990, 995, more="next")
    script.events(999)

    assert script.followed() == ["at 990", "at 995", "at 999"]


def test_an_error_between_two_pages_loses_no_line_of_a_limit() -> None:
    script = Scripted()
    script.events(990, 991, more="next")
    script.error("ThrottlingException", "Rate exceeded")
    script.events(990, 991, more="next")
    script.events(992)
    script.events(990, 991, 992, 993)

    assert script.followed(limit=2) == ["at 991", "at 992", "at 993"]


def test_after_an_outage_the_lines_of_that_time_are_read() -> None:
    """The start time moves only after a poll that succeeded."""
    script = Scripted()
    script.events(990)
    for _ in range(400):
        script.error("ThrottlingException", "Rate exceeded")
    script.stub.add_response("filter_log_events", {"events": []}, {"logGroupName": "group", "startTime": 930_000})

    assert script.followed() == ["at 990"]
    assert script.now > 2900


@pytest.mark.parametrize("code", ["AccessDeniedException", "SomethingNewException"])
def test_what_can_not_pass_ends_following_at_once(code: str) -> None:
    script = Scripted()
    script.error(code)

    with script.stub, pytest.raises(AwsError) as refused:
        list(follow(LogGroups(script.client, script.groups), 900, print, on_trouble=print, sleep=script.sleep))
    assert refused.value.codes == {code}
    assert script.pauses == []


def test_credentials_that_are_not_renewed_end_following_after_a_while() -> None:
    script = Scripted()
    for _ in range(20):
        script.error("ExpiredTokenException", "expired")
    events = follow(
        LogGroups(script.client, script.groups),
        900,
        print,
        on_trouble=lambda problem: script.troubles.append(sentence(problem)),
        sleep=script.sleep,
        clock=lambda: script.now,
    )

    with script.stub, pytest.raises(AwsError) as refused:
        list(events)
    assert refused.value.codes == {"ExpiredTokenException"}
    assert sum(script.pauses) == PATIENCE_SECONDS
    assert script.troubles == [
        "logs of service `web`: AWS refused FilterLogEvents; ecsforge tries again; got ExpiredTokenException: expired; "
        "the credentials have expired: sign in again with `aws sso login`, then run the same command again; completed "
        "changes are kept"
    ]


class Endless:
    """A client whose log group has this many events, ten a second, in pages; an error after each hundredth page."""

    PAGE = 100
    start = 1_000_000

    def __init__(self, events: int) -> None:
        self.total, self.pages = events, 0
        self.client: Any = boto3.client("logs", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
        self.client.meta.events.register("before-call.cloudwatch-logs.FilterLogEvents", self.answer)

    def answer(self, params: dict[str, Any], **_: Any) -> Any:
        request = json.loads(params["body"])
        self.pages += 1
        if self.pages % 100 == 0:
            error = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
            return SimpleNamespace(status_code=400, headers={}), error
        first = int(request.get("nextToken", 0)) or max(0, -(-(request["startTime"] - self.start * 1000) // 100))
        events = [
            {"logStreamName": "ecs/web/1", "timestamp": self.start * 1000 + 100 * number, "eventId": str(number),
             "message": str(number)}
            for number in range(first, min(first + self.PAGE, self.total))
        ]  # fmt: skip
        more = {"nextToken": str(first + self.PAGE)} if first + self.PAGE < self.total else {}
        return SimpleNamespace(status_code=200, headers={}), {"events": events, **more}


def test_however_many_lines_are_followed_none_is_lost_and_the_memory_stays_flat() -> None:
    """benchmarks/logs.py follows a million."""
    endless = Endless(30_000)
    unseen = _Unseen(LogGroups(endless.client, {"web": "group"}), 0, print, lambda: 2_000_000.0)
    found: list[str] = []
    most = 0

    while len(found) < endless.total:
        try:
            for event in unseen.read():
                found.append(event.message)
                most = max(most, unseen.kept)
        except AwsError as error:
            assert error.codes == {"ThrottlingException"}

    assert found == [str(number) for number in range(endless.total)]
    assert most <= 10 * (SECONDS_KEPT + 1)


def test_a_task_whose_clock_is_ahead_hides_no_line() -> None:
    script = Scripted()
    script.events(4000)
    script.events(1001, 4000)

    assert script.followed() == ["at 4000", "at 1001"]
    assert script.requests == [900_000, 940_000]


def test_the_streams_of_a_container_and_a_task() -> None:
    services = {
        "web": Service.model_validate({"sidecars": {"metrics": {"image": "otel"}}}),
        "api": Service(),
        "own": Service.model_validate({"task_definition_template": "own.json.tpl"}),
    }

    assert stream_prefixes(services, None, None) == {"web": ("",), "api": ("",), "own": ("",)}
    assert stream_prefixes(services, "metrics", None) == {"web": ("ecs/metrics/",), "own": ("",)}
    assert stream_prefixes(services, None, "1a") == {
        "web": ("ecs/web/1a", "ecs/metrics/1a"),
        "api": ("ecs/api/1a",),
        "own": ("",),
    }
