"""What to do after `init`: the secrets to store, and the next commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from cli.console import Console
from cli.init.blocks import secret_parameters
from cli.init.draft import Draft
from cli.views.layout import text_width, wrapped


def print_next_steps(console: Console, draft: Draft, selected: Iterable[str]) -> None:
    """Print the commands that store the secrets and those that follow; `selected` are the options for the file."""
    _print_secrets(console, draft)
    env = draft.environments[0]
    for purpose, command in (("check it", ["validate"]), ("generate its Terraform", ["synth", "--env", env])):
        console.say(f"Next, {purpose}: {shlex.join(['ecsforge', *command, *selected])}")


def _print_secrets(console: Console, draft: Draft) -> None:
    """The commands that store each secret. They read the value from a variable, so that no value is in the history."""
    first, *others = draft.environments
    names = secret_parameters(draft, first)
    if not names:
        return
    text = f"Store these secrets before you deploy {first}; `read -rs VALUE` reads a value without showing it:"
    width = text_width(console, "stderr")
    for line in wrapped(text, width, first=""):
        console.say(line)
    for name in names:
        console.say(f"  aws ssm put-parameter --name {name} \\")
        console.say(f'    --region {draft.region} --type SecureString --value "$VALUE"')
    if others:
        paths = " and ".join(f"/{draft.project_id}/{env}/" for env in others)
        for line in wrapped(f"Store them with {paths} too, for {' and '.join(others)}.", width, first=""):
            console.say(line)
