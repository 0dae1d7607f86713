"""`ecsforge doctor`: check what a deploy needs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from cli.options import Command, Context, say_found, selection_options, terraform_option
from cli.sentences import sentence

if TYPE_CHECKING:
    from operations.doctor import CheckResult


@click.command(cls=Command)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON array.")
@terraform_option
def doctor(ctx: Context, as_json: bool, binary: str | None) -> int:
    """Check everything that a deploy needs, and show how to fix what is missing.

    Checks Python, Node.js, Terraform and its provider, and for each environment of the project file, or the selected
    one, the credentials, their account, and the state. Exits with 1 when something is missing.

    \b
    Examples:
      ecsforge doctor
      ecsforge doctor --env prod --json
    """
    from operations.doctor import complete, machine

    findings = [*machine(binary, os.environ), *_project(ctx)]
    if as_json:
        ctx.console.data(json.dumps([result_json(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        rows = [(each.check, _MARKS[each.status], _found(each), each.fix) for each in findings]
        ctx.console.table(rows, ("Check", "", "Found", "What to do"))
    missing = [finding.check for finding in findings if finding.status == "missing"]
    ctx.console.say(
        f"Missing for a deploy: {', '.join(missing)}" if missing else "Everything that a deploy needs is available."
    )
    return 0 if complete(findings) else 1


_MARKS = {"ok": "ok", "warning": "warning", "missing": "MISSING"}


def _found(finding: CheckResult) -> str:
    """What a check found: its text, or its problem without the fix, which has a column of its own."""
    return finding.found if finding.problem is None else sentence(replace(finding.problem, fix=""))


def result_json(finding: CheckResult) -> dict[str, str]:
    """The result of a check, as `doctor --json` prints it."""
    return {"check": finding.check, "status": finding.status, "found": _found(finding), "fix": finding.fix}


def _project(ctx: Context) -> Iterator[CheckResult]:
    """The checks of the selected environments; a project file that can't be loaded is one finding."""
    from operations.doctor import CheckResult, environment_of
    from stacks.errors import ProjectError
    from stacks.project import load

    try:
        loaded = load(ctx.selection)
    except ProjectError as error:
        first, *others = error.problems
        fix = "ecsforge validate lists every problem" if others else first.fix
        yield CheckResult.of("project file", replace(first, fix=fix))
        return
    say_found(ctx, loaded)
    if loaded.shared is not None:
        yield from environment_of(loaded.shared.project, loaded.root, on_slow=ctx.console.say)
    for project in loaded.projects:
        yield from environment_of(project, loaded.root, on_slow=ctx.console.say)
