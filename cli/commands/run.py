"""`ecsforge run`: a command in a task of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.durations import Duration
from cli.environment import selected_environment
from cli.operating import FAILED, again, ending_with_the_container, service_argument, yes_option
from cli.options import Command, Context, selection_options

if TYPE_CHECKING:
    from operations.health.environment import Environment
    from operations.services.one_off import OneOff


class Variable(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """An environment variable as `NAME=VALUE`. Messages never contain the value."""

    name = "variable"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not name or not equals:
            self.fail("invalid variable; write it as NAME=VALUE", param, ctx)
        return name, text


@click.command(cls=Command)
@selection_options
@service_argument
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--cpu", type=click.IntRange(min=1), metavar="UNITS", help="CPU units of the task, such as 512.")
@click.option("--memory", type=click.IntRange(min=1), metavar="MIB", help="Memory of the task, such as 2048.")
@click.option(
    "--env-var", "env_vars", type=Variable(), metavar="NAME=VALUE", multiple=True, help="Set a variable; repeatable."
)
@click.option("--image", metavar="IMAGE", help="Run this image with the settings of the service.")
@click.option("--timeout", type=Duration(), help="Stop the task if the command runs longer. Default: no limit.")
@yes_option
def run(
    ctx: Context,
    service: str,
    command: tuple[str, ...],
    cpu: int | None,
    memory: int | None,
    env_vars: tuple[tuple[str, str], ...],
    image: str | None,
    timeout: float | None,
    yes_i_mean: str | None,
) -> int:
    """Run a command once, in a new task with the image, the roles and the network of a service.

    Prints the logs of the task on stdout, and exits with the exit code of its container, or with 125 if ecsforge fails.
    Ctrl-C stops the task. A job runs what its schedule runs.

    \b
    Examples:
      ecsforge run web --env prod -- npm run migrate
      ecsforge run web --env dev --cpu 1024 --memory 4096 --timeout 1h -- ./import.sh
      ecsforge run cleanup --env prod
    """
    with ending_with_the_container():
        from operations.deploy.release_images import WantedImage
        from operations.services.one_off import OneOff

        what = OneOff(command, cpu, memory, dict(env_vars), WantedImage.parse(image, None) if image else None, timeout)
        environment = selected_environment(ctx, [service])
        return _run(ctx, environment, service, what, yes_i_mean)


def _run(ctx: Context, environment: Environment, service: str, what: OneOff, yes_i_mean: str | None) -> int:
    from cli.continuing import explained
    from operations.deploy.consent import Consent
    from operations.services.one_off import run_once

    same = again(ctx, environment, what.command, what.env_vars)
    with explained(ctx, lambda stop: f"Interrupted. To run the command again: {same}"):
        result = run_once(environment, service, what, ctx.reporter(), Consent(stack=yes_i_mean), ctx.console.data)
    if result is None:
        ctx.console.say("Nothing was run")
        return FAILED
    assert result.exit_code is not None  # else `run_once` raises
    if result.exit_code:
        label = ctx.console.style("error:", fg="red", bold=True)
        ended = f"{what.shown} ended with exit code {result.exit_code}"
        ctx.console.error(f"{label} service `{service}`: {ended}; fix the cause, then run it again: {same}")
    else:
        ctx.console.say(f"{what.shown} succeeded")
    return result.exit_code
