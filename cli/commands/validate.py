"""`ecsforge validate`: report every problem of a project file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from cli.options import Command, Context, selection_options
from cli.sentences import message
from cli.views.problems import in_order, print_problems
from operations.text import counted, shown_path
from stacks.errors import Problem

if TYPE_CHECKING:
    from stacks.project import Validation


@click.command(cls=Command)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the problems as a JSON array, for editors and scripts.")
def validate(ctx: Context, as_json: bool) -> None:
    """Check the project file for every environment, or for one.

    Reports every problem, not only the first. Exits with 2 if there is an error, and with 0 if there are only warnings.

    \b
    Examples:
      ecsforge validate
      ecsforge validate --env prod
      ecsforge validate -f services/shop.yaml --json
    """
    from stacks import project

    validation = project.validate(ctx.selection)
    problems = in_order(validation.problems)
    invalid = any(problem.severity == "error" for problem in problems)
    if as_json:
        ctx.console.data(json.dumps([_as_json(problem) for problem in problems], indent=2))
    else:
        print_problems(ctx.console, problems, count=invalid)
    if invalid:
        click.get_current_context().exit(2)
    _print_summary(ctx, validation)


def _print_summary(ctx: Context, validation: Validation) -> None:
    loaded = validation.loaded
    assert loaded is not None
    any_env = ctx.selection.env is None and not validation.environments
    services = {name for project in loaded.projects for name in project.services}
    warnings = len(in_order(validation.problems))
    parts = [
        "any environment" if any_env else counted(len(loaded.projects), "environment"),
        counted(len(services), "service"),
        counted(warnings, "warning") if warnings else "no problems",
    ]
    source = shown_path(loaded.file) if loaded.file else "the built-in defaults"
    ctx.console.say(f"{source}: {', '.join(parts)}")


def _as_json(problem: Problem) -> dict[str, object]:
    """`problem` for programs; `line` and `column` are null if an option or variable caused it."""
    return {
        "file": problem.where.source,
        "line": problem.where.line or None,
        "column": problem.where.column or None,
        "severity": problem.severity,
        "message": message(problem),
        "what": problem.what,
        "got": problem.got,
        "fix": problem.fix,
        "path": list(problem.path),
    }
