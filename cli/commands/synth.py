"""`ecsforge synth`: the Terraform of each stack, written to a folder."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from cli.options import Command, Context, default_out, load_project, repeated_options, selection_options
from operations.text import counted, shown_path
from stacks.resources import GROUPS, resource_type

if TYPE_CHECKING:
    from stacks.output import SynthesizedStack


@click.command(cls=Command)
@selection_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "hcl"]),
    default="json",
    show_default=True,
    help="JSON for machines (cdk.tf.json), or HCL for people, split by concept.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where to write; cdktf.out beside the project file by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def synth(ctx: Context, format_: Literal["json", "hcl"], out: Path | None, as_json: bool) -> None:
    """Write the Terraform of every stack, or of one.

    Each stack gets a folder of its own, DIR/stacks/STACK. Stacks that are no longer selected are removed from DIR;
    what Terraform itself keeps there stays. When anything is wrong, nothing is written.

    \b
    Examples:
      ecsforge synth --env prod
      ecsforge synth --format hcl --out terraform
      ecsforge --project-id node-app --env prod synth
    """
    from stacks.app import synthesize

    loaded = load_project(ctx)
    folder = out or default_out(loaded, ctx.selection)
    stacks = synthesize(loaded, folder, format=format_, prune=True)
    if as_json:
        ctx.console.data(json.dumps([_as_json(stack, format_) for stack in stacks], indent=2))
    else:
        _print(ctx, stacks)
    _say_what_next(ctx, stacks, default=out is None)


def _print(ctx: Context, stacks: tuple[SynthesizedStack, ...]) -> None:
    """A table a stack for a person; for a program one line per stack and resource type."""
    for stack in stacks:
        path = shown_path(stack.path)
        if ctx.console.is_terminal("stdout"):
            total = counted(sum(stack.resources.values()), "resource")
            ctx.console.data(f"{ctx.console.style(stack.name, stream='stdout', bold=True)}: {total} in {path}")
            ctx.console.table(_by_group(stack), ("Part", "Count", "Of which"))
            continue
        for kind, count in stack.resources.items():
            ctx.console.data("\t".join((stack.name, path, kind, str(count))))


def _by_group(stack: SynthesizedStack) -> list[tuple[str, int, str]]:
    """Each part of the stack with how many resources it has, the most frequent kinds first."""
    rows = []
    for name in GROUPS:
        types = {resource_type(kind): count for kind, count in stack.resources.items()}
        kinds = {each.name: count for each, count in types.items() if each.group == name}
        said = (counted(count, kind) for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
        if kinds:
            rows.append((name, sum(kinds.values()), ", ".join(said)))
    return rows


def _as_json(stack: SynthesizedStack, format_: str) -> dict[str, object]:
    return {
        "name": stack.name,
        "env": stack.env,
        "path": shown_path(stack.path),
        "format": format_,
        "resources": stack.resources,
        "total": sum(stack.resources.values()),
    }


def _say_what_next(ctx: Context, stacks: tuple[SynthesizedStack, ...], *, default: bool) -> None:
    """Name the next command; `deploy` works on the default folder."""
    first = stacks[0]
    folder = shlex.quote(shown_path(first.path))
    ctx.console.say(f"Wrote {counted(len(stacks), 'stack')}")
    if default:
        deploy = shlex.join(["ecsforge", "deploy", *repeated_options(ctx.selection), "--env", first.env])
        ctx.console.say(f"Next: {deploy}")
    ctx.console.say(f"With Terraform itself: terraform -chdir={folder} init && terraform -chdir={folder} apply")
