"""What the commands that change running services share: options, and what an interrupted one says."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cli.durations import Duration
from cli.options import Context

FAILED = 125
"""What `run` and `exec` end with if ecsforge fails, because they end with the exit code of the container otherwise."""

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from cli.reporter import ConsoleReporter
    from operations.health.environment import Environment

yes_option = click.option(
    "--yes-i-mean",
    metavar="STACK",
    help="Confirm with the name of the stack instead of typing it, in a protected environment.",
)
no_before_option = click.option("--no-before", is_flag=True, help="Skip the tasks of `deployment.before`.")
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
def ending_with_the_container() -> Iterator[None]:
    """Give an error in this block, except one of the input, the exit code 125, which differs from a container's."""
    from stacks.errors import EcsforgeError

    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:
        if not isinstance(error, EcsforgeError) or error.exit_code == EcsforgeError.exit_code:
            error.exit_code = FAILED  # type: ignore[attr-defined]  # read by `cli/main.py`
        raise


def again(ctx: Context, environment: Environment, command: Sequence[str], env_vars: Iterable[str] = ()) -> str:
    """The running command line with its command after `--`, without what may be a credential.

    Args:
        ctx: The context.
        environment: The environment.
        command: What runs in the container.
        env_vars: The names of the variables that were passed, whose values are not shown.
    """
    from cli.continuing import same_command
    from operations.plan.redact import contains_credential

    line = same_command(ctx, environment.project.env, without=("command", "env_vars"))
    variables = "".join(f" --env-var {name}=..." for name in env_vars)
    words = "..." if contains_credential(list(command)) else shlex.join(command)
    return line + variables + (f" -- {words}" if command else "")


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
