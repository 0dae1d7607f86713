"""Whether a plan may be applied, or a running service changed: from the options, or by asking the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.deploy.protection import Protection, protection_of
from operations.text import counted
from stacks.errors import UsageError
from stacks.project.suggest import listed

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.plan.model import Plan
    from operations.reporter import Reporter


@dataclass(frozen=True)
class Consent:
    """The user's consent in advance, from options.

    Attributes:
        auto_approve: Apply an ordinary plan without asking.
        stack: The name of the stack, as in `--yes-i-mean`; confirms every question about it.
    """

    auto_approve: bool = False
    stack: str | None = None


def agreed(plan: Plan, protection: Protection, reporter: Reporter, consent: Consent, *, destroy: bool = False) -> bool:
    """Whether the plan may be applied; asks unless `consent` decides it.

    The stack's name has to be typed for an environment that is protected, or was when it was deployed last, for a plan
    that deletes data of the user's applications or destroys more than it keeps, and to destroy a stack.

    Raises:
        UsageError: `consent` names another stack, or the reporter cannot ask.
    """
    _require_name(consent, plan.stack)
    reason = _reason_to_type(plan, protection, consent, destroy=destroy)
    if consent.stack is not None or (reason is None and consent.auto_approve):
        return True
    if reason is not None:
        question = f"{reason}. To continue, type {plan.stack}"
        return reporter.ask(question, flag=f"--yes-i-mean {plan.stack}").strip() == plan.stack
    undone = f" {counted(len(plan.irreversible), 'change')} above can't be undone." if plan.irreversible else ""
    return reporter.confirm(f"Apply this plan to {plan.stack}?{undone}", flag="--auto-approve")


def agreed_by_name(
    stack: str, protection: Protection, reporter: Reporter, consent: Consent, *, action: str = "continue"
) -> bool:
    """Whether something other than a plan may change the stack `stack`; asks only for a protected environment.

    Args:
        stack: The stack's name, which has to be typed.
        protection: Whether the environment is protected.
        reporter: Asks for the stack's name.
        consent: What may be done without asking.
        action: The action for the question: `roll web back to web-shop-prod:7`.

    Raises:
        UsageError: `consent` names another stack, or the reporter cannot ask.
    """
    _require_name(consent, stack)
    if consent.stack is not None or not protection.is_on:
        return True
    question = f"{protection.env} is protected. To {action}, type {stack}"
    return reporter.ask(question, flag=f"--yes-i-mean {stack}").strip() == stack


def agreed_to(action: str, environment: Environment, reporter: Reporter, consent: Consent) -> bool:
    """`agreed_by_name` for an environment whose services are changed or opened without a plan.

    It is protected by the project file, or as it is deployed: by its state, where that can be read without Terraform.
    """
    _require_name(consent, environment.names.stack)
    protection = Protection(environment.project.env) if consent.stack is not None else protection_of(environment)
    return agreed_by_name(environment.names.stack, protection, reporter, consent, action=action)


def _require_name(consent: Consent, stack: str) -> None:
    """Raise UsageError if `consent` names another stack."""
    if consent.stack is not None and consent.stack != stack:
        fix = f"the selected stack is {stack}"
        raise UsageError.of("--yes-i-mean", "wrong stack name", got=consent.stack, fix=fix)


def _reason_to_type(plan: Plan, protection: Protection, consent: Consent, *, destroy: bool) -> str | None:
    """Why the stack's name has to be typed; None when a yes is enough."""
    if protection.is_on:
        return f"{protection.env} is protected"
    if plan.lost_data:
        return f"This deletes all data in {listed((each.place.name for each in plan.lost_data), 'and')}"
    if destroy:
        count = counted(plan.count("destroy"), "resource")
        return None if consent.auto_approve else f"This destroys {count} of {plan.stack}"
    if plan.destroys_more_than_it_keeps:
        return f"This destroys more than it keeps: {plan.count('destroy', 'replace')} resources"
    return None
