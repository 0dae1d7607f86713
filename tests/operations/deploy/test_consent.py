"""The questions before anything changes."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent, agreed, agreed_to
from operations.deploy.protection import Protection
from operations.health.environment import Environment
from operations.plan.model import Plan
from operations.plan.read import plan_from_actions
from operations.terraform.stream import Planned
from stacks.addresses import Owners
from stacks.errors import UsageError
from stacks.naming import Names
from stacks.project.models import Project
from tests.support.reporter import Recorder

ORDINARY = Protection("dev")
PROTECTED = Protection("prod", in_file=True)


def plan(stack: str = "shop-dev", **actions: int) -> Plan:
    planned = [
        Planned(f"aws_sqs_queue.q_{action}_{number}", "aws_sqs_queue", f"q_{action}_{number}", action)  # type: ignore[arg-type]
        for action, count in actions.items()
        for number in range(count)
    ]
    return plan_from_actions(stack, planned, Owners())


def unanswered(plan: Plan, protection: Protection, consent: Consent, *, destroy: bool = False) -> str:
    with pytest.raises(UsageError) as caught:
        agreed(plan, protection, Recorder(), consent, destroy=destroy)
    return sentences(caught.value)


@pytest.mark.parametrize("answer", [True, False])
def test_an_ordinary_plan_is_applied_after_confirmation(answer: bool) -> None:
    assert agreed(plan(create=1), ORDINARY, Recorder(answer), Consent()) is answer


def test_auto_approve_confirms_an_ordinary_plan() -> None:
    assert agreed(plan(create=1), ORDINARY, Recorder(), Consent(auto_approve=True))


def test_without_a_terminal_the_error_names_the_missing_option() -> None:
    assert unanswered(plan(create=1), ORDINARY, Consent()) == (
        "cannot ask 'Apply this plan to shop-dev?' because the input is not a terminal; pass --auto-approve"
    )


@pytest.mark.parametrize(("name", "expected"), [("shop-prod", True), (" shop-prod ", True), ("shop-dev", False)])
def test_a_protected_environment_asks_for_the_name_of_its_stack(name: str, expected: bool) -> None:
    asked = Recorder(name)

    assert agreed(plan("shop-prod", create=1), PROTECTED, asked, Consent(auto_approve=True)) is expected
    assert asked.asked == ["prod is protected. To continue, type shop-prod"]


@pytest.mark.parametrize("protection", [PROTECTED, Protection("prod", deployed="`protected: true`")])
def test_auto_approve_does_not_confirm_for_a_protected_environment(protection: Protection) -> None:
    message = unanswered(plan("shop-prod", create=1), protection, Consent(auto_approve=True))

    assert message == (
        "cannot ask 'prod is protected. To continue, type shop-prod' because the input is not a terminal; "
        "pass --yes-i-mean shop-prod"
    )


def test_naming_the_stack_confirms_for_a_protected_environment() -> None:
    assert agreed(plan("shop-prod", create=1), PROTECTED, Recorder(), Consent(stack="shop-prod"))


def test_naming_another_stack_is_an_error() -> None:
    assert unanswered(plan("shop-prod", create=1), PROTECTED, Consent(stack="shop-dev")) == (
        "--yes-i-mean: wrong stack name; got shop-dev; the selected stack is shop-prod"
    )


def test_a_plan_that_destroys_more_than_it_keeps_asks_again_despite_auto_approve() -> None:
    message = unanswered(plan(delete=1, replace=1, create=1), ORDINARY, Consent(auto_approve=True))

    assert "This destroys more than it keeps: 2 resources. To continue, type shop-dev" in message


def test_destroying_asks_for_the_name() -> None:
    message = unanswered(plan(delete=2), ORDINARY, Consent(), destroy=True)

    assert "This destroys 2 resources of shop-dev. To continue, type shop-dev" in message
    assert message.endswith("; pass --yes-i-mean shop-dev")


def test_destroying_an_ordinary_environment_can_be_approved_in_advance() -> None:
    assert agreed(plan(delete=2), ORDINARY, Recorder(), Consent(auto_approve=True), destroy=True)


def test_the_question_counts_changes_that_can_not_be_undone() -> None:
    asked = Recorder(True)

    agreed(Plan("shop-dev", plan(delete=1).resources, kept=10), ORDINARY, asked, Consent())

    assert asked.asked == ["Apply this plan to shop-dev? 1 change above can't be undone."]


def opened(env: str, **settings: Any) -> Environment:
    project = Project(project_id="shop", env=env, region="eu-west-1", **settings)
    return Environment(project, {}, Names("shop", env), "123456789012", f"--env {env}", boto3.Session())


SHOP = opened("dev")
PROD = opened("prod", protected=True)


def test_an_action_needs_no_answer_unless_the_environment_is_protected() -> None:
    assert agreed_to("stop it", SHOP, Recorder(), Consent())


@pytest.mark.parametrize(("typed", "expected"), [("shop-prod", True), ("yes", False)])
def test_an_action_on_a_protected_environment_asks_for_the_name_of_its_stack(typed: str, expected: bool) -> None:
    asked = Recorder(typed)

    assert agreed_to("stop it", PROD, asked, Consent()) is expected
    assert asked.asked == ["prod is protected. To stop it, type shop-prod"]


def test_an_option_confirms_an_action_and_must_have_the_right_name() -> None:
    assert agreed_to("stop it", PROD, Recorder(), Consent(stack="shop-prod"))
    for environment in (SHOP, PROD):
        with pytest.raises(UsageError) as wrong:
            agreed_to("stop it", environment, Recorder("shop-prod"), Consent(stack="shop"))
        assert sentences(wrong.value) == (
            f"--yes-i-mean: wrong stack name; got shop; the selected stack is {environment.names.stack}"
        )
