"""Plans that delete data of `resources` need the name of the stack."""

from __future__ import annotations

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent, agreed
from operations.deploy.protection import Protection
from operations.plan.model import Plan
from operations.plan.read import plan_from_actions
from operations.terraform.stream import Planned
from stacks.addresses import Owners
from stacks.errors import UsageError
from tests.support.reporter import Recorder

ORDINARY = Protection("dev")


def plan(**actions: str) -> Plan:
    """A plan with an action for each address; dots are written as two underscores."""
    planned = []
    for key, action in actions.items():
        kind, name = key.split("__")
        planned.append(Planned(f"{kind}.{name}", kind, name, action))  # type: ignore[arg-type]
    kept = [Planned(f"aws_sqs_queue.q{n}", "aws_sqs_queue", f"q{n}", "update") for n in range(9)]
    return plan_from_actions("shop-dev", [*planned, *kept], Owners())


def question(plan: Plan, consent: Consent, *, destroy: bool = False) -> str:
    with pytest.raises(UsageError) as caught:
        agreed(plan, ORDINARY, Recorder(), consent, destroy=destroy)
    return sentences(caught.value)


@pytest.mark.parametrize("destroy", [True, False])
def test_a_plan_that_deletes_data_asks_for_the_name_despite_auto_approve(destroy: bool) -> None:
    planned = plan(aws_s3_bucket__uploads="delete", aws_dynamodb_table__sessions="replace")

    assert question(planned, Consent(auto_approve=True), destroy=destroy) == (
        "cannot ask 'This deletes all data in sessions table and uploads bucket. To continue, type shop-dev' because "
        "the input is not a terminal; pass --yes-i-mean shop-dev"
    )


@pytest.mark.parametrize(("name", "expected"), [("shop-dev", True), ("yes", False)])
def test_the_name_of_the_stack_confirms_it(name: str, expected: bool) -> None:
    planned = plan(aws_dynamodb_table__sessions="delete")

    assert agreed(planned, ORDINARY, Recorder(name), Consent()) is expected
    assert agreed(planned, ORDINARY, Recorder(), Consent(stack="shop-dev"))


def test_the_access_logs_and_changes_in_place_are_not_data_of_the_user() -> None:
    planned = plan(aws_s3_bucket__access_logs="delete", aws_s3_bucket__uploads="update")

    assert planned.lost_data == ()
    assert agreed(planned, ORDINARY, Recorder(), Consent(auto_approve=True))
