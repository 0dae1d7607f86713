"""`ecsforge tunnel`: a local port that forwards to a private address."""

from __future__ import annotations

import click

from cli.environment import selected_environment
from cli.operating import complete_services, yes_option
from cli.options import Command, Context, selection_options


@click.command(cls=Command)
@selection_options
@click.argument("address", metavar="HOST:PORT")
@click.option(
    "--local",
    type=click.IntRange(min=1, max=65535),
    metavar="PORT",
    help="Listen on this local port. Default: the same port, or a free one if it is in use or below 1024.",
)
@click.option(
    "--service",
    metavar="SERVICE",
    shell_complete=complete_services,
    help="Forward through a task of this service. Default: the first with `exec: true`.",
)
@yes_option
def tunnel(ctx: Context, address: str, local: int | None, service: str | None, yes_i_mean: str | None) -> int:
    """Forward a local port to a private address, through a running task, until Ctrl-C.

    Prints the URL of the local port, without a password, once it answers. Needs `exec: true` on a service that can
    reach the address, and the Session Manager plugin of AWS.

    \b
    Examples:
      ecsforge tunnel db.internal:5432 --env dev
      ecsforge tunnel cache.internal:6379 --env prod --local 16379 --service web
    """
    from cli.continuing import explained, same_command
    from operations.deploy.consent import Consent
    from operations.services.tunnel import Destination
    from operations.services.tunnel import tunnel as open_tunnel
    from operations.tasks.plugin import find_plugin

    destination, plugin = Destination.parse(address), find_plugin()
    environment = selected_environment(ctx, [] if service is None else [service])
    opened: list[str] = []

    def on_open(url: str) -> None:
        opened.append(url)
        ctx.console.data(url)
        ctx.console.say(f"Forwarding to {destination} until Ctrl-C")

    def last_words(stop: BaseException) -> str:
        what = f"The tunnel to {destination} is closed" if opened else "Interrupted: no tunnel was opened"
        return f"{what}. To open it again: {same_command(ctx, environment.project.env)}"

    with explained(ctx, last_words):
        done = open_tunnel(
            environment,
            destination,
            plugin,
            ctx.reporter(),
            Consent(stack=yes_i_mean),
            on_open,
            service=service,
            local=local,
        )
    if not done:
        ctx.console.say("No tunnel was opened")
    return 0 if done else 1
