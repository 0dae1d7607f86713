"""What the commands that change running services share: options, and what an interrupted one says."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cli.durations import Duration
from cli.options import Context

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from cli.reporter import ConsoleReporter
    from operations.health.environment import Environment

yes_option = click.option(
    "--yes-i-mean",
    metavar="STACK",
    help="Confirm with the name of the stack instead of typing it, in a protected environment.",
)
no_wait_option = click.option("--no-wait", is_flag=True, help="Exit without waiting for a steady state.")
timeout_option = click.option(
    "--timeout",
    type=Duration(),
    default="15m",
    show_default=True,
    help="Fail without a steady state after this time.",
)


def changing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that changes running services."""
    for option in (timeout_option, no_wait_option, yes_option):
        command = option(command)
    return command


def service_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument for one service, which completes on Tab."""
    return click.argument("service", shell_complete=complete_services)(command)


def complete_services(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The services of the project file, for shell completion; empty if it can't be read."""
    from cli.completion import service_names

    return service_names(ctx, param, incomplete)


@contextmanager
def continued(ctx: Context, environment: Environment, reporter: ConsoleReporter, *, repeat: bool) -> Iterator[None]:
    """End an interrupt in this block with the command that continues.

    Before the first change it is the same command, and after it too if `repeat`; else ECS continues without a command.
    """
    from cli.continuing import explained, same_command

    again = f"To continue: {same_command(ctx, environment.project.env)}"
    status = shlex.join(["ecsforge", "status", *environment.services, *ctx.repeated(environment.project.env)])

    def last_words(stop: BaseException) -> str:
        from operations.services.deployed import InterruptedChange

        is_unknown = isinstance(stop, InterruptedChange)
        if not reporter.has_applied and not is_unknown:
            return f"Interrupted: nothing was changed. {again}"
        if repeat:
            return f"Interrupted: completed changes are kept. {again}"
        if is_unknown:
            return f"Interrupted: AWS may have made the change. To see what runs: {status}. {again}"
        return f"Interrupted: ECS continues without this command. To see its health: {status}"

    with explained(ctx, last_words):
        yield
