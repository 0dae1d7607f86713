"""What a deploy asks before it changes anything."""

from __future__ import annotations

import io
import sys

import click
import pytest

from cli.console import Console
from cli.deployment import Consent, agreed
from cli.plan import Plan, plan_from_actions
from cli.stream import Planned
from stacks.spec.models import Project

ORDINARY = Project(project_id="shop", env="dev")
PROTECTED = Project(project_id="shop", env="prod", protected=True)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def plan(stack: str = "shop-dev", **actions: int) -> Plan:
    planned = [
        Planned(f"aws_sqs_queue.q_{action}_{number}", "aws_sqs_queue", f"q_{action}_{number}", action)  # type: ignore[arg-type]
        for action, count in actions.items()
        for number in range(count)
    ]
    return plan_from_actions(stack, planned, ())


def answering(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Make stdin, stdout and stderr a terminal on which `text` is typed."""
    monkeypatch.setattr(sys, "stdin", Terminal(f"{text}\n"))
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal())


@pytest.mark.parametrize(("key", "expected"), [("y", True), ("n", False), ("", False)])
def test_an_ordinary_plan_is_applied_after_a_yes(monkeypatch: pytest.MonkeyPatch, key: str, expected: bool) -> None:
    answering(monkeypatch, key)

    assert agreed(plan(create=1), ORDINARY, Console(), Consent()) is expected


def test_auto_approve_answers_it() -> None:
    assert agreed(plan(create=1), ORDINARY, Console(), Consent(auto_approve=True))


def test_on_a_pipe_nothing_is_asked_and_the_missing_option_is_named() -> None:
    with pytest.raises(click.UsageError) as caught:
        agreed(plan(create=1), ORDINARY, Console(), Consent())

    assert caught.value.message == (
        "cannot ask 'Apply this plan to shop-dev?' because the input is not a terminal; pass --auto-approve"
    )


@pytest.mark.parametrize(("name", "expected"), [("shop-prod", True), (" shop-prod ", True), ("shop-dev", False)])
def test_a_protected_environment_asks_for_its_stacks_name(
    monkeypatch: pytest.MonkeyPatch, name: str, expected: bool
) -> None:
    answering(monkeypatch, name)

    assert agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(auto_approve=True)) is expected


def test_auto_approve_does_not_answer_for_a_protected_environment() -> None:
    with pytest.raises(click.UsageError, match=r"prod is protected.*pass --yes-i-mean shop-prod"):
        agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(auto_approve=True))


def test_naming_the_stack_answers_for_a_protected_environment() -> None:
    assert agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(stack="shop-prod"))


def test_naming_another_stack_is_an_error() -> None:
    with pytest.raises(click.UsageError) as caught:
        agreed(plan("shop-prod", create=1), PROTECTED, Console(), Consent(stack="shop-dev"))

    assert caught.value.message == ("--yes-i-mean: this is not the stack at hand; got shop-dev; the stack is shop-prod")


def test_a_plan_that_destroys_more_than_it_keeps_asks_again_despite_auto_approve() -> None:
    with pytest.raises(click.UsageError, match="This destroys more than it keeps: 2 resources go"):
        agreed(plan(delete=1, replace=1, create=1), ORDINARY, Console(), Consent(auto_approve=True))


def test_destroying_asks_for_the_name() -> None:
    with pytest.raises(click.UsageError, match=r"This destroys 2 resources of shop-dev.*pass --yes-i-mean shop-dev"):
        agreed(plan(delete=2), ORDINARY, Console(), Consent(), destroy=True)


def test_destroying_an_ordinary_environment_can_be_approved_beforehand() -> None:
    assert agreed(plan(delete=2), ORDINARY, Console(), Consent(auto_approve=True), destroy=True)


def test_the_question_says_how_much_can_not_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Console, "confirm", lambda self, question, flag: asked.append(question) or True)
    kept = Plan("shop-dev", plan(delete=1).resources, kept=10)

    agreed(kept, ORDINARY, Console(), Consent())

    assert asked == ["Apply this plan to shop-dev? 1 change above can't be undone."]
