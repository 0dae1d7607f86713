"""`status --watch` draws again and again, also while AWS does not answer."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable

import pytest
from botocore.exceptions import EndpointConnectionError

from cli.console import Console
from cli.views.watching import PAUSE_SECONDS, watch
from operations import aws
from operations.health.model import ServiceHealth, StackHealth
from operations.health.services import EcsService
from stacks.errors import AwsError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def health(running: int) -> StackHealth:
    web = ServiceHealth("web", "web", ecs=EcsService("web", running=running, desired=2))
    return StackHealth("shop-dev", "dev", "eu-west-1", "123456789012", "c", (web,), options="--env dev")


def unreachable() -> StackHealth:
    with aws.errors("status of shop-dev"):
        raise EndpointConnectionError(endpoint_url="https://ecs")


def denied() -> StackHealth:
    raise AwsError.of("status of shop-dev", "AWS refused DescribeServices", code="AccessDenied")


def watched(monkeypatch: pytest.MonkeyPatch, *readings: Callable[[], StackHealth]) -> list[str]:
    """The screens that are drawn for these readings, until an interrupt."""
    screen, steps, pauses = Terminal(), iter(readings), []
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == len(readings):
            raise KeyboardInterrupt

    try:
        watch(lambda: next(steps)(), Console(no_color=True), sleep=sleep)
    except KeyboardInterrupt:
        assert set(pauses) == {PAUSE_SECONDS}
    return re.split(r"shop-dev at ", screen.getvalue())[1:]


def test_each_reading_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = watched(monkeypatch, lambda: health(1), lambda: health(2))

    assert re.match(r"\d\d:\d\d:\d\d UTC, every 5 s; Ctrl-C ends it", first)
    assert "web      UNHEALTHY  1/2" in first
    assert "web      healthy  2/2" in second


def test_the_last_status_stays_while_aws_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    _, second, third = watched(monkeypatch, lambda: health(1), unreachable, lambda: health(2))

    assert "web      UNHEALTHY  1/2" in second
    assert "status of shop-dev: the request to AWS failed" in second
    assert "trying again" in second
    assert "trying again" not in third


def test_an_error_that_lasts_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsError):
        watched(monkeypatch, lambda: health(1), denied)
