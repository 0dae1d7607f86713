"""`ecsforge output`: the outputs of a deployed stack."""

from __future__ import annotations

import difflib
import json
import shlex
from typing import TYPE_CHECKING

import click

from cli.loading import default_out, one_stack_or_shared
from cli.options import Command, Context, repeated_options, selection_options, shared_option, terraform_option
from stacks.errors import TerraformError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_outputs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The outputs of the last synth, for shell completion."""
    from cli.completion import output_names

    return output_names(ctx, param, incomplete)


@click.command(cls=Command)
@selection_options
@click.argument("name", required=False, shell_complete=complete_outputs)
@click.option("--json", "as_json", is_flag=True, help="Print all outputs, or the one named, as JSON.")
@shared_option
@terraform_option
def output(ctx: Context, name: str | None, as_json: bool, shared: bool, binary: str | None) -> None:
    """Print the outputs of a deployed stack, or the raw value of one.

    \b
    Examples:
      ecsforge output --env dev
      curl $(ecsforge output --env dev alb_url)
      ecsforge output --env dev --json
      ecsforge output --shared repository_urls --json
    """
    from cli.views.outputs import as_json as values
    from cli.views.outputs import print_outputs, raw
    from operations.stack import initialized_stack

    loaded = one_stack_or_shared(ctx, shared)
    out = default_out(loaded, ctx.selection)
    stack, terraform = initialized_stack(loaded, out, ctx.reporter(), binary=binary)
    outputs = terraform.output()
    if not outputs.values and name is None and not as_json:
        ctx.console.say(f"{stack}: no outputs yet; deploy it first: {_deploy(ctx)}")
    if name is not None and not outputs.values:
        raise TerraformError.of(stack, "no outputs yet", got=name, fix=f"deploy it first: {_deploy(ctx)}")
    if name is not None and name not in outputs.values:
        raise click.UsageError(_unknown(name, list(outputs.values)), ctx=click.get_current_context())
    if name is not None:
        one = outputs.values[name]
        ctx.console.data(json.dumps(one.value, ensure_ascii=False) if as_json else raw(one))
    elif as_json:
        ctx.console.data(json.dumps(values(outputs), indent=2, ensure_ascii=False))
    else:
        print_outputs(ctx.console, outputs)


def _deploy(ctx: Context) -> str:
    env = ["--env", ctx.selection.env] if ctx.selection.env else []
    return shlex.join(["ecsforge", "deploy", *repeated_options(ctx.selection), *env])


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    choose = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(known)}"
    return f"unknown output; got {name}; {choose}"
