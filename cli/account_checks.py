"""The checks of the account before a deploy, for the commands that deploy with Terraform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from operations.reporter import Reporter
    from operations.stack import Stack

no_checks_option = click.option(
    "--no-checks",
    is_flag=True,
    help="Skip the checks of the account before the plan; `ecsforge doctor` makes them too.",
)


def check(stack: Stack, reporter: Reporter, *, skip: bool) -> None:
    """Check the account of a stack before anything changes; say how to go on without the checks.

    Raises:
        AwsError: Something is missing without which the deploy would fail, or the credentials have expired.
    """
    if skip:
        return
    from operations.checks.account import NO_CHECKS, check_account
    from operations.reporter import activity
    from stacks.errors import AwsError

    try:
        with activity(reporter, "Checking the account"):
            check_account(stack.project, stack.session, reporter, deployed=stack.exists)
    except AwsError:
        reporter.warn(f"nothing was planned; {NO_CHECKS} deploys without these checks")
        raise
