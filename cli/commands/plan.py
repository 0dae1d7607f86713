"""`ecsforge plan`: what a deploy would change."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from cli.images import image_options, selected_images
from cli.loading import default_out, one_stack_or_shared
from cli.options import Command, Context, repeated_options, selection_options, shared_option, terraform_option
from operations.text import shown_path


@click.command(cls=Command)
@selection_options
@click.option("--destroy", is_flag=True, help="Plan to destroy everything.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan, for `deploy --plan FILE`. It contains secrets in plain text.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON; see docs/plan-json.md.")
@click.option(
    "--markdown", "as_markdown", is_flag=True, help="Print the plan as Markdown, for the comment of a pull request."
)
@click.option("--no-lock", is_flag=True, help="Do not lock the state, for credentials that may only read it.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 0 for no changes, 1 on errors, 2 for changes.")
@image_options
@shared_option
@terraform_option
def plan(
    ctx: Context,
    destroy: bool,
    out: Path | None,
    as_json: bool,
    as_markdown: bool,
    no_lock: bool,
    detailed_exitcode: bool,
    image: tuple[str, ...],
    tag: str | None,
    shared: bool,
    binary: str | None,
) -> int:
    """Show what a deploy would change, by service, with old and new values.

    Secrets are masked. Changes that lose data or interrupt traffic are listed at the end, under Warnings.

    \b
    Examples:
      ecsforge plan --env prod
      ecsforge plan --env prod --out prod.tfplan
      ecsforge plan --env prod --tag 4f1c2e0a9b3d-5d41402a
      ecsforge plan --env prod --detailed-exitcode --json
      ecsforge plan --env prod --markdown --no-lock
    """
    from cli.views.plan import render
    from cli.views.plan_markdown import markdown
    from operations.deploy.deploy import plan as plan_stack
    from operations.deploy.shared import plan_destroy_shared, plan_shared
    from operations.files import keep_private
    from operations.private_folder import private_folder
    from operations.stack import prepared_stack

    if shared and out is not None:
        raise click.UsageError("--out: a plan of the shared stack can't be saved; `deploy` makes and applies its own")
    if (shared or destroy) and (image or tag is not None):
        other = "--shared" if shared else "--destroy"
        raise click.UsageError(f"--{'image' if image else 'tag'} can't be combined with {other}")
    if as_json and as_markdown:
        raise click.UsageError("--json can't be combined with --markdown")
    loaded = one_stack_or_shared(ctx, shared)
    images = selected_images(ctx, loaded, image, tag)
    loaded, reporter, target = images.loaded, ctx.reporter(), default_out(loaded, ctx.selection)
    with (
        prepared_stack(loaded, target, reporter, binary=binary, lock=not no_lock) as stack,
        private_folder(stack.terraform.folder) as folder,
    ):
        file = folder / "plan"
        if not shared:
            resolved = images.resolved(stack, reporter)
            made = plan_stack(stack, reporter, file, images=resolved, destroy=destroy, details=as_json)
        elif destroy:
            made = plan_destroy_shared(stack, reporter, file)
        else:
            made = plan_shared(stack, reporter, file, details=as_json)
        if out is not None:
            keep_private(file, out)
    if as_json:
        ctx.console.data(json.dumps(made.to_json(), indent=2, ensure_ascii=False))
    else:
        ctx.console.data(markdown(made) if as_markdown else render(made, ctx.console))
    if loaded.shared is not None and not shared and not destroy:
        command = shlex.join(["ecsforge", "plan", *repeated_options(ctx.selection), "--shared"])
        ctx.console.say(f"A deploy applies the shared stack first. To see its plan: {command}")
    if out is not None:
        selected = [*ctx.repeated(stack.project.env), "--plan", shown_path(out)]
        ctx.console.say(f"Saved to {shown_path(out)}. Next: {shlex.join(['ecsforge', 'deploy', *selected])}")
    return 2 if detailed_exitcode and made.has_changes else 0
