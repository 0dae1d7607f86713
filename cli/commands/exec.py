"""`ecsforge exec`: a command in a running task."""

from __future__ import annotations

import click

from cli.environment import selected_environment
from cli.operating import FAILED, again, ending_with_the_container, service_argument, yes_option
from cli.options import Command, Context, selection_options


@click.command("exec", cls=Command)
@selection_options
@service_argument
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--task", metavar="ID", help="Use the task whose ID begins with this. Default: the newest that is ready.")
@click.option("--container", metavar="NAME", help="Use this container, such as a sidecar.")
@yes_option
def exec_command(
    ctx: Context,
    service: str,
    command: tuple[str, ...],
    task: str | None,
    container: str | None,
    yes_i_mean: str | None,
) -> int:
    """Run a command in a running task of a service, or a shell, on this terminal.

    Needs `exec: true` on the service and the Session Manager plugin of AWS. Exits with the exit code that the plugin
    reports, or with 125 if ecsforge fails. In scripts use `ecsforge run`: it needs no terminal, and ends with the exit
    code of the command.

    \b
    Examples:
      ecsforge exec web --env dev
      ecsforge exec web --env prod --task 1a2b3c4d -- bin/rails console
    """
    with ending_with_the_container():
        from cli.continuing import explained
        from operations.deploy.consent import Consent
        from operations.services.exec import SHELL
        from operations.services.exec import Command as Wanted
        from operations.services.exec import exec_command as run_command
        from operations.tasks.plugin import find_plugin

        plugin = find_plugin()
        environment = selected_environment(ctx, [service])
        same = again(ctx, environment, command)
        wanted, consent = Wanted(command or SHELL, task, container), Consent(stack=yes_i_mean)
        with explained(ctx, lambda stop: f"Interrupted: the session is closed. To open another one: {same}"):
            code = run_command(environment, service, wanted, plugin, ctx.reporter(), consent)
        if code is None:
            ctx.console.say("No session was opened")
        return FAILED if code is None else code
