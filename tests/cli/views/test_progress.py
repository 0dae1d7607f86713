"""The progress of an apply in plain lines, from a recorded stream."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.console import Console
from cli.views.progress import Progress
from operations.plan.model import plan_from_actions
from operations.terraform.stream import Planned, Step, parse
from stacks.addresses import Owners, Place

RECORDED = (Path(__file__).parents[2] / "recorded" / "apply.jsonl").read_text(encoding="utf-8").splitlines()
OWNERS = Owners(services=("web",))
BALANCER = {"aws_lb.main": Place(None, "load balancer", "load balancer")}


def balancer(state: str, seconds: int = 0) -> Step:
    return Step("aws_lb.main", "aws_lb", "main", "create", state, seconds)  # type: ignore[arg-type]


def test_on_a_pipe_each_completed_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    events = list(filter(None, map(parse, RECORDED)))
    plan = plan_from_actions("node-app-dev", [each for each in events if isinstance(each, Planned)], OWNERS)

    with Progress(Console(), plan.places, plan.steps) as progress:
        for event in events:
            progress.on_event(event)

    assert capsys.readouterr().err.splitlines() == [
        "  removed task definition file of service `web`",
        "  created task definition file of service `web`",
        "  retired task definition of service `web`",
        "  created task definition of service `web`",
        "  changed service `web`",
    ]


def test_a_slow_step_is_reported_every_minute(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Console(), BALANCER, 1) as progress:
        progress.on_event(balancer("started"))
        for seconds in range(10, 140, 10):
            progress.on_event(balancer("progress", seconds))
        progress.on_event(balancer("done", 141))

    assert capsys.readouterr().err.splitlines() == [
        "  still creating load balancer (1m 00s)",
        "  still creating load balancer (2m 00s)",
        "  created load balancer (2m 21s)",
    ]


def test_a_failed_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Console(), BALANCER, 1) as progress:
        progress.on_event(balancer("failed", 3))

    assert capsys.readouterr().err == "  failed creating load balancer (3s)\n"


def test_nothing_is_printed_with_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Console(quiet=True), BALANCER, 1) as progress:
        progress.on_event(balancer("done"))

    assert capsys.readouterr().err == ""


def test_a_resource_that_is_not_in_the_plan_is_named_by_its_address(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Console(), {}, 1) as progress:
        progress.on_event(balancer("done"))

    assert capsys.readouterr().err == "  created aws_lb.main\n"
