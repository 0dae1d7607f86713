"""`ecsforge rehearse`: deploy, check and destroy an environment offline."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.loading import load_project
from cli.options import Command, Context, selection_options, terraform_option

if TYPE_CHECKING:
    from cli.views.rehearsal import RehearsalReporter
    from operations.rehearsal.report import Report
    from stacks.project import Loaded
    from stacks.project.models import Project


@click.command(cls=Command)
@selection_options
@click.option("--keep", is_flag=True, help="Stop before the destroy and leave the emulator running, to inspect it.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--upgrade-from",
    metavar="REF|FILE",
    help="Deploy a previous version of the project file first, from a git reference or a path, then upgrade it.",
)
@click.option(
    "--allow-provider",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Run this provider of your own Terraform, although it acts outside of the emulator; repeatable.",
)
@terraform_option
def rehearse(
    ctx: Context, keep: bool, as_json: bool, upgrade_from: str | None, allowed: tuple[str, ...], binary: str | None
) -> int:
    """Deploy, check and destroy one or all environments in a local AWS emulator.

    Runs the real Terraform with the real AWS provider. The emulated account already contains the hosted zone, network
    and certificate that the project file names. A second plan must be empty, and the destroy must leave nothing
    behind. Your AWS account and your state are not used.

    Takes about two minutes per environment: the AWS provider waits a minute for a load balancer. Requires
    the extra `rehearse` of ecsforge.

    \b
    Examples:
      ecsforge rehearse
      ecsforge rehearse --env prod --upgrade-from main
      ecsforge rehearse --env dev --keep
    """
    from cli.continuing import explained
    from cli.views.rehearsal import RehearsalReporter, problems_in, report_json
    from operations.rehearsal.emulator.client import require_installed
    from stacks.errors import RehearsalError

    require_installed()
    if upgrade_from == "":
        raise click.UsageError("--upgrade-from: the value is empty; pass a git reference or a path")
    loaded = load_project(ctx)
    if keep and len(loaded.projects) > 1:
        known = ", ".join(project.env for project in loaded.projects)
        raise click.UsageError(f"--keep needs a single environment; select it with --env: {known}")
    with explained(ctx, partial(_last_words, ctx)):
        reports = _reports(ctx, loaded, RehearsalReporter(ctx.console, as_json), binary, keep, upgrade_from, allowed)
    if as_json:
        ctx.console.data(json.dumps(report_json(reports), indent=2, ensure_ascii=False))
    problems = [problem for report in reports for problem in problems_in(report)]
    if problems:
        raise RehearsalError(*problems)
    where = " in a shell without the variables of the emulator," if keep else ""
    ctx.console.say(f"Next:{where} run `ecsforge plan` to see what a deploy would change in your account")
    return 0


def _last_words(ctx: Context, stop: BaseException) -> str:
    from cli.continuing import same_command
    from operations.terraform.stop import Interrupted

    done = "the emulator is deleted"
    if isinstance(stop, Interrupted) and stop.doing == "applying":
        done = f"{stop.made} of {stop.planned} changes were made in the emulator, which is deleted with its state"
    again = f"To start again: {same_command(ctx, None)}"
    return f"Interrupted: {done}; your AWS account and your state were not used. {again}"


def _reports(
    ctx: Context,
    loaded: Loaded,
    reporter: RehearsalReporter,
    binary: str | None,
    keep: bool,
    upgrade_from: str | None,
    allowed: tuple[str, ...],
) -> list[Report]:
    """Rehearse the environments one after another, also after one has failed."""
    from operations.rehearsal.own_terraform import require_offline
    from operations.rehearsal.previous_version import previous_file
    from operations.rehearsal.run import rehearse
    from operations.terraform.binary import find_terraform

    reports = []
    with tempfile.TemporaryDirectory(prefix="ecsforge-previous-") as folder:
        file = previous_file(upgrade_from, loaded.file, Path(folder)) if upgrade_from else None
        # All previous versions are validated before the first rehearsal, which takes minutes.
        versions = [_previous(ctx, file, project) if file else None for project in loaded.projects]
        for version in (loaded, *versions):
            if version is not None:
                require_offline(version, allowed)
        terraform = find_terraform(binary, warn=reporter.warn)
        for project, previous in zip(loaded.projects, versions, strict=True):
            one = replace(loaded, projects=(project,))
            reporter.begin(one, upgrade_from)
            report = rehearse(
                one, binary=terraform, reporter=reporter, previous=previous, keep=keep, allowed_providers=allowed
            )
            reporter.finish(report)
            reports.append(report)
    return reports


def _previous(ctx: Context, file: Path, project: Project) -> Loaded:
    """The previous version of the project, loaded with the same options. Its warnings are not shown."""
    from stacks.errors import RehearsalError
    from stacks.project import load

    previous = load(replace(ctx.selection, file=file, env=project.env))
    project_id = previous.projects[0].project_id
    if project_id != project.project_id:
        raise RehearsalError.of(
            "--upgrade-from",
            "the previous version has a different project_id, so a deploy would create a separate system",
            got=project_id,
            fix="set the same one for both with --project-id",
        )
    return previous
