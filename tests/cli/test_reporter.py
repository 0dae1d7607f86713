"""What operations report, on a pipe and on a terminal."""

from __future__ import annotations

import io
import sys

import click
import pytest

from cli.console import Console
from cli.reporter import ConsoleReporter
from operations.health.wait import ServiceState
from operations.plan.model import Plan
from operations.plan.read import plan_from_actions
from operations.reporter import Finished, Started, activity
from operations.terraform.stream import Planned, Step
from stacks.addresses import Owners, Place
from stacks.errors import Position, Problem
from tests.support.terminal import final_screen
from tests.support.terminal import terminal as wide_terminal

PLACES = {"aws_lb.main": Place(None, "load balancer", "load balancer")}
APPLYING = Started("Applying shop-dev", 1, PLACES)
CREATED = Step("aws_lb.main", "aws_lb", "main", "create", "done", 141)
PLAN_TEXT = "shop-dev: 1 to create\n\nweb\n  + queue\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stdin and stderr a terminal, on which nothing has been typed."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    return screen


def plan() -> Plan:
    change = Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "create")
    return plan_from_actions("shop-dev", [change], Owners(services=("web",)))


@pytest.mark.parametrize(
    ("console", "expected"),
    [
        (Console(), "message\nwarning: text\nwarning: ecsforge.yaml: wrong; got x\n"),
        (Console(verbose=True), "message\ndetail\nwarning: text\nwarning: ecsforge.yaml: wrong; got x\n"),
        (Console(quiet=True), "warning: text\nwarning: ecsforge.yaml: wrong; got x\n"),
    ],
)
def test_messages_go_to_stderr(console: Console, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = ConsoleReporter(console)

    reporter.say("message")
    reporter.detail("detail")
    reporter.warn("text")
    reporter.warn(Problem(Position("ecsforge.yaml"), "wrong", "x"))

    assert capsys.readouterr() == ("", expected)


def test_on_a_pipe_an_activity_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with activity(ConsoleReporter(Console()), "Planning shop-dev"):
        pass

    assert capsys.readouterr().err == "Planning shop-dev\n"


def test_on_a_terminal_an_activity_is_a_spinner_that_disappears(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    reporter = ConsoleReporter(Console(no_color=True))

    with activity(reporter, "Planning shop-dev"):
        pass
    reporter.say("message")

    up_and_erase = "\r\x1b[1A\x1b[2K"
    _, shown, rest = screen.getvalue().partition("Planning shop-dev\n")
    assert shown
    assert rest.endswith(f"{up_and_erase}message\n")


def test_with_quiet_there_is_no_spinner(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)

    with activity(ConsoleReporter(Console(quiet=True)), "Planning shop-dev"):
        pass

    assert screen.getvalue() == ""


def test_the_steps_of_an_apply_are_shown_until_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = ConsoleReporter(Console())

    for event in (CREATED, APPLYING, CREATED, Finished("Applying shop-dev"), CREATED):
        reporter.event(event)

    assert capsys.readouterr().err == "  created load balancer (2m 21s)\n"


def test_the_states_of_services_are_messages_and_other_events_are_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = ConsoleReporter(Console())

    reporter.event(ServiceState("web", "in_progress", 1, 2))
    reporter.event(object())

    assert capsys.readouterr().err == "  service `web`: 1 of 2 tasks running\n"


def test_a_plan_is_shown_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleReporter(Console()).show_plan(plan())

    assert capsys.readouterr() == ("", PLAN_TEXT)


def test_with_quiet_a_plan_is_shown_only_before_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    reporter = ConsoleReporter(Console(quiet=True, no_color=True))
    reporter.show_plan(plan())
    before = screen.getvalue()

    with pytest.raises(click.Abort):
        reporter.confirm("Apply?", flag="--auto-approve")
    with pytest.raises(click.Abort):
        reporter.ask("Name", flag="--yes-i-mean")

    assert before == ""
    assert screen.getvalue() == f"{PLAN_TEXT}Apply? [y/N]: \nName: \n"


@pytest.mark.parametrize("question", ["confirm", "ask"])
def test_without_a_terminal_a_question_names_the_option(question: str) -> None:
    reporter = ConsoleReporter(Console())

    with pytest.raises(click.UsageError) as caught:
        getattr(reporter, question)("Apply?", flag="--auto-approve")

    assert str(caught.value) == "cannot ask 'Apply?' because the input is not a terminal; pass --auto-approve"


@pytest.mark.parametrize("width", ["60", "100"])
@pytest.mark.parametrize("steps", [0, 95])
def test_messages_are_printed_above_a_live_view_which_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, width: str, steps: int
) -> None:
    """A warning would continue the line of the spinner, after the ^C of the terminal."""
    screen = wide_terminal(monkeypatch, width)
    reporter = ConsoleReporter(Console(no_color=True))
    long = "stopping: " + "Terraform finishes the operations that are running and saves the state; " * 2

    reporter.event(Started("Applying shop-prod", steps))
    screen.write("^C")
    reporter.warn(long.strip())
    reporter.event(Finished("Applying shop-prod"))
    reporter.warn("after")

    assert final_screen(screen.getvalue()) == [f"warning: {long.strip()}", "warning: after"]
