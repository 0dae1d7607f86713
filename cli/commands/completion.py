"""`ecsforge completion`: shell completion of commands, options and environments."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from cli.options import Command, Context, selection_options

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command)
@selection_options
@click.argument("shell", type=click.Choice(SHELLS))
def completion(ctx: Context, shell: str) -> None:
    """Print the completion script for a shell.

    \b
    Examples:
      ecsforge completion bash >> ~/.bashrc
      ecsforge completion zsh >> ~/.zshrc
      ecsforge completion fish > ~/.config/fish/completions/ecsforge.fish
    """
    root = click.get_current_context().find_root()
    completion_class = get_completion_class(shell)
    assert completion_class is not None
    ctx.console.data(completion_class(root.command, {}, "ecsforge", "_ECSFORGE_COMPLETE").source().rstrip())
