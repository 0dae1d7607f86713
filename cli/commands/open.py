"""`ecsforge open`: the URL of an environment, and its page in the AWS console."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from cli.loading import one_stack
from cli.options import Command, Context, repeated_options, selection_options

if TYPE_CHECKING:
    from stacks.project import Loaded


@click.command(name="open", cls=Command)
@selection_options
@click.argument("service", required=False)
@click.option("--console", "console", is_flag=True, help="Open the page in the ECS console instead of the URL.")
@click.option("--no-browser", is_flag=True, help="Only print the URL, also on a terminal.")
def open_(ctx: Context, service: str | None, console: bool, no_browser: bool) -> None:
    """Print the URL of the web services, or of one, and open it in a browser on a terminal.

    The URL comes from a local state, or else from the load balancer in the account. On a pipe it is only printed.

    \b
    Examples:
      ecsforge open --env dev
      ecsforge open api --env dev --console
      curl "$(ecsforge open --env dev)"
    """
    from operations.urls import console_url, require_web_service, web_url

    loaded = one_stack(ctx, warn=False)
    (project,) = loaded.projects
    if console:
        url = console_url(project, service)
    else:
        require_web_service(project, service)
        found = web_url(project, _base(ctx, loaded), service)
        if found.internal:
            ctx.console.say("The load balancer is internal: the URL is reachable from inside the VPC only")
        url = found.text
    ctx.console.data(url)
    if ctx.console.is_terminal("stdout") and not no_browser and click.launch(url) != 0:
        ctx.console.say("No browser was found; open the URL yourself")


def _base(ctx: Context, loaded: Loaded) -> str:
    """The URL of the load balancer: from a local state, else from AWS."""
    from operations.health.environment import open_environment
    from operations.state.backend import local_state_file
    from operations.state.document import StateDocument
    from operations.urls import balancer_url, url_in
    from stacks.naming import stack_name

    (project,) = loaded.projects
    if project.state.backend == "local":
        state = StateDocument.read(local_state_file(loaded.root, stack_name(project.project_id, project.env)))
        if (url := url_in(state.outputs)) is not None:
            return url
    options = shlex.join([*repeated_options(ctx.selection), "--env", project.env])
    return balancer_url(open_environment(project, options=options, on_slow=ctx.console.say))
