"""`ecsforge secrets`: the values of the secrets that the project file names."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from cli.environment import selected_environment
from cli.options import Command, Context, repeated_options, selection_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from operations.health.environment import Environment
    from operations.secret_stores.names import SecretUse
    from operations.secrets.set import SecretSet


def _complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names in the project file, for shell completion; empty if it can't be read."""
    from click.shell_completion import CompletionItem

    from cli.options import current_context
    from operations.secret_stores.names import secret_uses
    from stacks.errors import EcsforgeError
    from stacks.project import load

    try:
        with ctx.scope():
            projects = load(current_context().selection).projects
    except (EcsforgeError, OSError):
        return []
    names = dict.fromkeys(use.name for project in projects for use in secret_uses(project))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


_name = click.argument("name", metavar="NAME", shell_complete=_complete_names)
_service = click.option(
    "--service", metavar="SERVICE", help="The service whose secret is meant, if services use NAME for different ones."
)
_yes = click.option(
    "--yes-i-mean",
    metavar="STACK",
    help="Confirm with the name of the stack instead of typing it, in a protected environment.",
)


@click.group(name="secrets")
def secrets() -> None:
    """Set and list the values of the secrets that the project file names, and rotate passwords of databases."""


@secrets.command(name="list", cls=Command)
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the secrets as a JSON array.")
def list_(ctx: Context, as_json: bool) -> int:
    """List which secrets are set, when they were changed, and which services use them.

    Values are neither read nor shown. Exits with 1 if one is not set. On a pipe it prints one line per secret with
    tab-separated columns.

    \b
    Examples:
      ecsforge secrets list --env prod
      ecsforge secrets list --env prod --json
    """
    from cli.views.secrets import show_secrets, status_json
    from operations.secrets.status import secret_statuses

    found = secret_statuses(selected_environment(ctx))
    if as_json:
        ctx.console.data(json.dumps([status_json(each) for each in found], indent=2, ensure_ascii=False))
    else:
        show_secrets(found, ctx.console)
    if not found:
        ctx.console.say("The project file names no secrets")
    unset = [each.name for each in found if each.state not in ("set", "unknown")]
    if unset:
        ctx.console.say(f"Not set: {', '.join(dict.fromkeys(unset))}. Next: {_command(ctx, 'set', unset[0])}")
    return 1 if unset else 0


@secrets.command(name="set", cls=Command)
@selection_options
@_name
@_service
@_yes
def set_(ctx: Context, name: str, service: str | None, yes_i_mean: str | None) -> int:
    """Set the value of a secret, from stdin or from a prompt that does not show it.

    NAME is the environment variable in the project file, or image_credentials. Creates the SSM parameter (SecureString)
    or the secret if it does not exist. For a reference to a JSON key, only that key is changed. One line break at the
    end of stdin is removed. Running tasks keep the old value until they are replaced.

    \b
    Examples:
      ecsforge secrets set DATABASE_URL --env dev
      ecsforge secrets set PAYMENT_KEY --env prod < payment.key
      op read op://shop/payment/key | ecsforge secrets set PAYMENT_KEY --env prod --yes-i-mean shop-prod
    """
    from cli.continuing import explained
    from operations.deploy.consent import Consent
    from operations.secrets.set import set_secret

    environment, uses = _selected(ctx, name, service)
    value = _Value(ctx, name)
    with explained(ctx, partial(_last_words, ctx, environment.project.env, value)):
        done = set_secret(environment, uses, value.read, ctx.reporter(), Consent(stack=yes_i_mean))
    if done is None:
        ctx.console.say("Nothing was changed")
        return 1
    ctx.console.say(f"{done.done.capitalize()} {done.reference}")
    if done.plain:
        ctx.console.warn(f"{done.reference} has the type String, so it is not encrypted; a parameter keeps its type")
    ctx.console.say(_after(ctx, environment.project.env, done))
    return 0


@secrets.command(name="unset", cls=Command)
@selection_options
@_name
@_service
@click.option("--auto-approve", is_flag=True, help="Remove it without asking, except in a protected environment.")
@_yes
def unset(ctx: Context, name: str, service: str | None, auto_approve: bool, yes_i_mean: str | None) -> int:
    """Delete the SSM parameter or the secret, or remove its JSON key.

    Secrets Manager keeps a deleted secret for 30 days, and `ecsforge secrets set` restores it. SSM keeps no copy.

    \b
    Examples:
      ecsforge secrets unset DATABASE_URL --env dev
      ecsforge secrets unset PAYMENT_KEY --env prod --yes-i-mean shop-prod
    """
    from operations.deploy.consent import Consent
    from operations.secrets.unset import RECOVERY_DAYS, unset_secret

    environment, uses = _selected(ctx, name, service)
    done = unset_secret(environment, uses, ctx.reporter(), Consent(auto_approve, yes_i_mean))
    if done is None:
        ctx.console.say("Nothing was changed")
        return 1
    texts = {
        "deleted": f"Deleted {done.reference}",
        "scheduled": f"{done.reference} will be deleted in {RECOVERY_DAYS} days",
        "removed": f"Removed the key of {done.reference}; the other keys are kept",
        "absent": f"{done.reference} is not set; nothing was changed",
    }
    ctx.console.say(texts[done.done])
    if done.done != "absent":
        ctx.console.say(f"Next: remove {name} from the project file, or set it again: {_command(ctx, 'set', name)}")
    return 0


@secrets.command(name="rotate", cls=Command)
@selection_options
@click.argument("database", metavar="DATABASE")
def rotate(ctx: Context, database: str) -> int:
    """Print the line of the project file that rotates the password of a database.

    DATABASE is a resource with type postgres or mysql. The deploy after the change writes a new password to Secrets
    Manager and to the database, and replaces the tasks of the services that use it. Nothing is changed before that.

    \b
    Examples:
      ecsforge secrets rotate db --env prod
    """
    from cli.loading import one_stack
    from operations.secrets.rotate import rotation_of

    loaded = one_stack(ctx, warn=False)
    rotation = rotation_of(loaded, database)
    verb = "Change the line at" if rotation.is_written else f"Add this line to {rotation.path.rpartition('.')[0]} at"
    ctx.console.say(f"{verb} {rotation.where}:")
    ctx.console.data(rotation.line)
    if rotation.services:
        text = ", ".join(rotation.services)
        ctx.console.say(f"The deploy replaces the tasks of {text}; until then they can't open new connections")
    options = ctx.repeated(loaded.projects[0].env)
    ctx.console.say(f"Next: {shlex.join(['ecsforge', 'deploy', *options])}")
    return 0


def _selected(ctx: Context, name: str, service: str | None) -> tuple[Environment, tuple[SecretUse, ...]]:
    """The environment, and the uses of the secret; an unknown name is an error before AWS is asked.

    Warns if another environment uses the same parameter or secret.
    """
    from operations.secret_stores.names import environments_with, one_secret
    from stacks.errors import EcsforgeError
    from stacks.project import load

    projects = load(ctx.selection).projects
    if len(projects) == 1:
        one_secret(projects[0], name, service)
    environment = selected_environment(ctx)
    uses = one_secret(environment.project, name, service)
    try:
        every = load(replace(ctx.selection, env=None)).projects
    except EcsforgeError:  # another environment is not valid, or the file names none
        every = ()
    others = environments_with(every, uses[0].reference, environment.project, environment.account_id)
    for other in others:
        protected = ", which is protected," if other.protected else ""
        ctx.console.warn(f"{other.env}{protected} uses {uses[0].text} too")
    return environment, uses


class _Value:
    """The value to set. `was_read` is whether it was read, after which it is sent to AWS."""

    def __init__(self, ctx: Context, name: str) -> None:
        self._ctx = ctx
        self._name = name
        self.was_read = False

    def read(self) -> str:
        """The value from stdin, or from a prompt if stdin is a terminal."""
        if sys.stdin is not None and sys.stdin.isatty():
            text = self._ctx.console.hidden(f"Value of {self._name} (not shown)")
        else:
            text = self._text(b"" if sys.stdin is None else sys.stdin.buffer.read())
        self.was_read = True
        return text

    def _text(self, content: bytes) -> str:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            message = f"{self._name}: the value on stdin is not UTF-8 text; encode it, for example with base64"
            raise click.UsageError(message, ctx=click.get_current_context()) from None
        return text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")


def _last_words(ctx: Context, env: str, value: _Value, stop: BaseException) -> str:
    """What an interrupted `secrets set` says."""
    from cli.continuing import same_command

    again = f"To continue: {same_command(ctx, env)}"
    if not value.was_read:
        return f"Interrupted: nothing was changed. {again}"
    listed = shlex.join(["ecsforge", "secrets", "list", *ctx.repeated(env)])
    return f"Interrupted: the value may be set; {listed} shows when it was changed. {again}"


def _after(ctx: Context, env: str, done: SecretSet) -> str:
    options = ctx.repeated(env)
    if not done.deployed:
        return f"Next: {shlex.join(['ecsforge', 'deploy', *options])}"
    if not done.services:
        return "Tasks that start from now on use the new value"
    restarts = [shlex.join(["ecsforge", "restart", service, *options]) for service in done.services]
    return f"Running tasks keep the old value. Next: {', '.join(restarts)}"


def _command(ctx: Context, verb: str, name: str) -> str:
    env = ["--env", ctx.selection.env] if ctx.selection.env else []
    return shlex.join(["ecsforge", "secrets", verb, name, *repeated_options(ctx.selection), *env])
