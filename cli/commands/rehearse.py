"""`ecsforge rehearse`: the whole life of an environment, offline."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import Command, Context, load_project, selection_options, terraform_option
from cli.views.rehearsal import Stages, report_json

if TYPE_CHECKING:
    from operations.rehearsal.run import Report
    from stacks.project import Loaded
    from stacks.project.models import Project


@click.command(cls=Command)
@selection_options
@click.option("--keep", is_flag=True, help="Stop before the destroy and leave the emulator up, to look around.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--upgrade-from",
    metavar="REF|FILE",
    help="Deploy an older project file first, from a git reference or a path, then this one over it.",
)
@terraform_option
def rehearse(ctx: Context, keep: bool, as_json: bool, upgrade_from: str | None, binary: str | None) -> int:
    """Deploy, check and destroy every environment, or one, in an AWS emulator on this machine.

    The real Terraform runs with the real AWS provider; the emulator plays the account, with the hosted zone, network or
    certificate that the project file names already there. A second plan has to be empty, and nothing may be left in
    the end. Neither AWS nor the state of a deploy is touched.

    It takes some two minutes an environment: the AWS provider waits a minute for any load balancer. It needs
    `pip install 'ecsforge[rehearse]'`.

    \b
    Examples:
      ecsforge rehearse
      ecsforge rehearse --env prod --upgrade-from main
      ecsforge rehearse --env dev --keep
    """
    from operations.rehearsal.emulator.client import require_installed
    from stacks.errors import RehearsalError

    require_installed()
    if upgrade_from == "":
        raise click.UsageError("--upgrade-from: got an empty value; give a git reference or a path")
    loaded = load_project(ctx)
    if keep and len(loaded.projects) > 1:
        known = ", ".join(project.env for project in loaded.projects)
        raise click.UsageError(f"--keep works on one environment; choose it with --env: {known}")
    reports = _rehearsed(ctx, loaded, Stages(ctx.console, as_json), binary, keep, upgrade_from)
    if as_json:
        ctx.console.data(json.dumps(report_json(reports), indent=2, ensure_ascii=False))
    failed = [report for report in reports if not report.passed]
    if failed:
        raise RehearsalError("\n".join(f"rehearsal of {report.stack}: {report.error}" for report in failed))
    ctx.console.say("Next: ecsforge plan, which asks the real account what a deploy would change")
    return 0


def _rehearsed(
    ctx: Context, loaded: Loaded, stages: Stages, binary: str | None, keep: bool, upgrade_from: str | None
) -> list[Report]:
    """The environments one after another; one that fails does not keep the others from being tried."""
    from operations.rehearsal.run import Rehearsal
    from operations.terraform.binary import find_terraform

    terraform, reports = find_terraform(binary), []
    with tempfile.TemporaryDirectory(prefix="ecsforge-older-") as folder:
        file = _older(ctx, loaded, upgrade_from, Path(folder))
        # All that is wrong with it is told before the first rehearsal, which takes minutes.
        olders = [_loaded(ctx, file, project) if file else None for project in loaded.projects]
        for project, older in zip(loaded.projects, olders, strict=True):
            one = replace(loaded, projects=(project,))
            stages.begin(one, upgrade_from)
            report = Rehearsal(one, binary=terraform, watcher=stages, older=older, keep=keep).run()
            stages.finish(report)
            reports.append(report)
    return reports


def _older(ctx: Context, loaded: Loaded, upgrade_from: str | None, folder: Path) -> Path | None:
    from operations.rehearsal.previous_version import older_file

    return older_file(upgrade_from, loaded.file, folder) if upgrade_from else None


def _loaded(ctx: Context, file: Path, project: Project) -> Loaded:
    """The older project file, under the same options. Its warnings are of no use any more."""
    from stacks.errors import RehearsalError
    from stacks.project import load

    older = load(replace(ctx.selection, file=file, env=project.env))
    if older.projects[0].project_id != project.project_id:
        raise RehearsalError(
            "--upgrade-from: the older project has another project_id, so that a deploy would make a system beside it; "
            f"got {older.projects[0].project_id}; give both the same with --project-id"
        )
    return older
