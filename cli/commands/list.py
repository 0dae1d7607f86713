"""`ecsforge list`: list the stacks of the project file."""

from __future__ import annotations

import json

import click

from cli.loading import load_project
from cli.options import Command, Context, selection_options


@click.command("list", cls=Command)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print name, environment, account and region as JSON.")
def list_stacks(ctx: Context, as_json: bool) -> None:
    """List the stacks, one per line. The one that all environments share is first, and has no environment.

    \b
    Examples:
      ecsforge list
      ecsforge list --json
      ecsforge list --env prod
    """
    from stacks.naming import stack_name

    loaded = load_project(ctx)
    shared = loaded.shared.project if loaded.shared else None
    projects = [*([shared] if shared else []), *loaded.projects]
    names = [stack_name(project.project_id, project.env) for project in projects]
    if not as_json:
        for name in names:
            ctx.console.data(name)
        return
    stacks = [
        {
            "name": name,
            "env": None if project is shared else project.env,
            "project_id": project.project_id,
            "account_id": project.account_id,
            "region": project.region,
            "protected": project.protected,
        }
        for name, project in zip(names, projects, strict=True)
    ]
    ctx.console.data(json.dumps(stacks, indent=2))
