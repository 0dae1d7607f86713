"""The progress of an apply in plain lines, from a recorded stream."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from cli.console import Console
from cli.views.progress import Progress
from operations.plan.read import plan_from_actions
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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return made


def lines(terminal: Terminal) -> list[str]:
    """Every line that was on the screen at some time, in order."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "\n", terminal.getvalue())
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_a_terminal_shows_what_is_running_below_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = screen(monkeypatch)

    with Progress(Console(no_color=True), BALANCER, 3) as progress:
        progress.on_event(balancer("started"))
        progress.on_event(balancer("progress", 70))

    shown = lines(terminal)
    assert shown[-2:] == ["0 of 3 done, 1 running, 2 to go, 0s", "  creating load balancer 0s"]
    assert not any(line.startswith("  still") for line in shown)


def test_a_terminal_keeps_a_line_for_each_step_that_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = screen(monkeypatch)

    with Progress(Console(no_color=True), BALANCER, 1) as progress:
        progress.on_event(balancer("started"))
        progress.on_event(balancer("done", 141))

    shown = lines(terminal)
    assert "  created load balancer (2m 21s)" in shown
    assert shown[-1] == "1 of 1 done, 0 running, 0 to go, 0s"


@pytest.mark.parametrize(("running", "more"), [(12, None), (13, "  and 1 more"), (20, "  and 8 more")])
def test_at_most_twelve_running_steps_are_listed(
    monkeypatch: pytest.MonkeyPatch, running: int, more: str | None
) -> None:
    terminal = screen(monkeypatch)

    with Progress(Console(no_color=True), {}, running) as progress:
        for number in range(running):
            progress.on_event(Step(f"aws_eip.e{number}", "aws_eip", f"e{number}", "create", "started"))

    shown = lines(terminal)
    last = shown[max(n for n, line in enumerate(shown) if f"{running} running" in line) :]
    assert sum(line.startswith("  creating aws_eip.e") for line in last) == 12
    assert [line for line in last if line.startswith("  and ")] == ([] if more is None else [more])


def test_events_that_are_not_steps_are_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Console(), BALANCER, 1) as progress:
        progress.on_event(Planned("aws_lb.main", "aws_lb", "main", "create"))
        progress.on_event(Step("data.aws_vpc.main", "aws_vpc", "main", "read", "done"))

    assert capsys.readouterr().err == ""
