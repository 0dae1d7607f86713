"""What to do after `init`: the secrets to store, and the next commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from cli.console import Console
from cli.init.blocks import secret_parameters
from cli.init.draft import Draft
from cli.views.layout import text_width, wrapped


def print_next_steps(console: Console, draft: Draft, selected: Iterable[str]) -> None:
    """Print the commands that store the secrets, check the file, deploy and rehearse.

    `selected` are the options for the file. `deploy` builds if a service has `build`.
    """
    _print_secrets(console, draft)
    env = draft.environments[0]
    build = ["--build"] if any(service.build for service in draft.services) else []
    for purpose, command in (
        ("Next, check it", ["validate"]),
        ("Then deploy it", ["deploy", "--env", env, *build]),
        ("To try the deploy without an AWS account", ["rehearse", "--env", env]),
    ):
        console.say(f"{purpose}: {shlex.join(['ecsforge', *command, *selected])}")


def _print_secrets(console: Console, draft: Draft) -> None:
    """The commands that store each secret. They prompt for the value, so that it is not in the shell's history."""
    first, *others = draft.environments
    names = secret_parameters(draft, first)
    if not names:
        return
    text = f"Store these secrets before you deploy {first}, one at a time. Each command waits for the value, hidden:"
    width = text_width(console, "stderr")
    for line in wrapped(text, width, first=""):
        console.say(line)
    for name in names:
        console.say(f"  read -rs VALUE; aws ssm put-parameter --name {name} \\")
        console.say(f'    --region {draft.region} --type SecureString --value "$VALUE"')
    if others:
        paths = " and ".join(f"/{draft.project_id}/{env}/" for env in others)
        for line in wrapped(f"Store them with {paths} too, for {' and '.join(others)}.", width, first=""):
            console.say(line)
