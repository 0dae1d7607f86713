"""`ecsforge drift`: what somebody changed in the account."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import click

from cli.loading import default_out, one_stack
from cli.options import Command, Context, selection_options, terraform_option

if TYPE_CHECKING:
    from operations.drift.model import Drift


@click.command(cls=Command)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the drift as JSON; see docs/account.md.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 0 for no drift, 1 on errors, 2 for drift.")
@terraform_option
def drift(ctx: Context, as_json: bool, detailed_exitcode: bool, binary: str | None) -> int:
    """Show what differs between the state and the account, by service and attribute.

    Also lists resources in the state that AWS does not have, rules and policies that somebody added to resources of the
    stack, and resources with its tags that are not in its state. Changes nothing. Exits with 1 when there is any drift.

    \b
    Examples:
      ecsforge drift --env prod
      ecsforge drift --env prod --json
      ecsforge drift --env prod --detailed-exitcode
    """
    from cli.continuing import explained, same_command
    from cli.views.drift import render
    from operations.drift.find import find_drift
    from operations.stack import prepared_stack

    loaded = one_stack(ctx, warn=False)
    reporter = ctx.reporter()
    env = loaded.projects[0].env
    with (
        explained(ctx, lambda stop: f"Interrupted: nothing was changed. To continue: {same_command(ctx, env)}"),
        prepared_stack(loaded, default_out(loaded, ctx.selection), reporter, binary=binary) as stack,
    ):
        found = find_drift(stack, reporter)
    if as_json:
        ctx.console.data(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        ctx.console.data(render(found, ctx.console))
    if found.changed or found.missing:
        plan = shlex.join(["ecsforge", "plan", *ctx.repeated(stack.project.env)])
        ctx.console.say(f"Next: {plan} shows what a deploy would restore")
    if found.added:
        ctx.console.say("A deploy does not remove what was added: remove it, or write it into the project file")
    if found.unmanaged:
        ctx.console.say(_unmanaged(found, ctx.repeated(stack.project.env)))
    return (2 if detailed_exitcode else 1) if found.found else 0


def _unmanaged(found: Drift, options: list[str]) -> str:
    """What to do about resources that are not in the state."""
    if any(each.importable for each in found.unmanaged):
        adopt = shlex.join(["ecsforge", "deploy", *options, "--adopt"])
        return f"{adopt} imports what an interrupted deploy left; delete other resources, or remove their tags"
    return "Delete the resources that are not in the state, or remove their tags"
