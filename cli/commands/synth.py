"""`ecsforge synth`: generate the Terraform of each stack."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from cli.loading import default_out, load_project
from cli.options import Command, Context, repeated_options, selection_options
from operations.text import counted, shown_path

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
    help="Generate JSON (cdk.tf.json), or readable HCL in one file per topic.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write to DIR. Default: cdktf.out next to the project file.",
)
@click.option("--resources", is_flag=True, help="Print the resource types also when stdout is not a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print the stacks and their resource counts as JSON.")
def synth(ctx: Context, format_: Literal["json", "hcl"], out: Path | None, resources: bool, as_json: bool) -> None:
    """Generate the Terraform of every stack, or of one.

    Writes each stack to its own folder, DIR/stacks/STACK. Removes stacks that are not selected from DIR, but keeps
    Terraform's own files. Writes nothing if there is an error.

    Prints the resources of each stack. On a pipe it prints one line per stack, with its name, folder and number of
    resources separated by tabs; with --resources one line per stack and resource type.

    \b
    Examples:
      ecsforge synth --env prod
      ecsforge synth --format hcl --out terraform
      ecsforge --project-id node-app --env prod synth
    """
    from operations.terraform import lock_file
    from stacks.app import synthesize

    loaded = load_project(ctx)
    folder = out or default_out(loaded, ctx.selection)
    stacks = synthesize(loaded, folder, format=format_, prune=True)
    for stack in stacks:
        lock_file.place(loaded.root, stack.path, lock_file.sources(stack.configuration["terraform"]))
    if as_json:
        ctx.console.data(json.dumps([_as_json(stack, format_) for stack in stacks], indent=2))
    else:
        _print(ctx, stacks, resources=resources)
    shared = loaded.shared is not None
    built = any(service.build is not None for project in loaded.projects for service in project.services.values())
    _print_next_steps(ctx, stacks, first=stacks[shared], deployable=out is None, built=built)


def _print(ctx: Context, stacks: tuple[SynthesizedStack, ...], *, resources: bool) -> None:
    for stack in stacks:
        path, total = shown_path(stack.path), sum(stack.resources.values())
        if ctx.console.is_terminal("stdout"):
            name = ctx.console.style(stack.name, stream="stdout", bold=True)
            ctx.console.data(f"{name}: {counted(total, 'resource')} in {path}")
            ctx.console.table(_by_group(stack), ("Group", "Count", "Resources"))
        elif resources:
            for kind, count in stack.resources.items():
                ctx.console.data("\t".join((stack.name, path, kind, str(count))))
        else:
            ctx.console.data("\t".join((stack.name, path, str(total))))


def _by_group(stack: SynthesizedStack) -> list[tuple[str, int, str]]:
    """Each group of resources with its count and its types, the most frequent first."""
    from stacks.resources import GROUPS, resource_type

    rows = []
    for name in GROUPS:
        types = {resource_type(kind): count for kind, count in stack.resources.items()}
        kinds = {each.name: count for each, count in types.items() if each.group == name}
        counts = (counted(count, kind) for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])))
        if kinds:
            rows.append((name, sum(kinds.values()), ", ".join(counts)))
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


def _print_next_steps(
    ctx: Context, stacks: tuple[SynthesizedStack, ...], *, first: SynthesizedStack, deployable: bool, built: bool
) -> None:
    """Print the next command for `first`: `deploy` only for the default folder, which it uses; it builds if `built`."""
    folder = shlex.quote(shown_path(first.path))
    ctx.console.say(f"Wrote {counted(len(stacks), 'stack')}")
    if deployable:
        deploy = shlex.join(
            ["ecsforge", "deploy", *repeated_options(ctx.selection), "--env", first.env, *(["--build"] * built)]
        )
        ctx.console.say(f"Next: {deploy}")
    ctx.console.say(f"With Terraform: terraform -chdir={folder} init && terraform -chdir={folder} apply")
