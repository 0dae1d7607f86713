"""`ecsforge doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from cli.options import Command, Context, selection_options
from cli.sentences import sentence
from operations.stack import terraform_option

if TYPE_CHECKING:
    from operations.doctor import Finding


@click.command(cls=Command)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON array.")
@terraform_option
def doctor(ctx: Context, as_json: bool, binary: str | None) -> int:
    """Check everything a deploy needs, and say how to get what is missing.

    Looks at Python, Node.js, Terraform and its provider; and, for every environment of the project file or one, at the
    credentials, the account they are for, and the state. Ends with 1 when something a deploy needs is missing.

    \b
    Examples:
      ecsforge doctor
      ecsforge doctor --env prod --json
    """
    from operations.doctor import complete, machine

    findings = [*machine(binary, os.environ), *_project(ctx)]
    if as_json:
        ctx.console.data(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        rows = [(each.check, _mark(ctx, each.status), each.found, each.fix) for each in findings]
        ctx.console.table(rows, ("Check", "", "Found", "What to do"))
    missing = [finding.check for finding in findings if finding.status == "missing"]
    ctx.console.say(f"A deploy needs: {', '.join(missing)}" if missing else "All that a deploy needs is there.")
    return 0 if complete(findings) else 1


def _project(ctx: Context) -> Iterator[Finding]:
    """The environments that are selected; a project file that can't be read is a finding of its own."""
    from operations.doctor import Finding, environment_of
    from stacks.errors import ProjectError
    from stacks.project import load

    try:
        loaded = load(ctx.selection)
    except ProjectError as error:
        first, *others = error.problems
        fix = "ecsforge validate lists every problem" if others else first.fix
        yield Finding("project file", "missing", sentence(replace(first, fix="")), fix)
        return
    for project in loaded.projects:
        yield from environment_of(project, loaded.root)


def _mark(ctx: Context, status: str) -> str:
    return {"ok": "ok", "warning": "warning", "missing": "MISSING"}[status]
