"""A stack made ready for Terraform: what `plan`, `deploy`, `destroy` and `output` have in common.

project file ─> synthesized folder ─> right account ─> right state, init ─> Stack
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.console import Console
from cli.options import Context, default_out, one_stack
from operations import aws
from operations.deploy.ownership import cluster_stands
from operations.state import migrate as state
from operations.terraform.runner import BINARY_VARIABLE, Binary, Terraform, find_terraform, missing_cli_config
from operations.terraform.stream import Event, Note
from operations.text import shown_path
from stacks.errors import TerraformError
from stacks.naming import stack_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import boto3

    from stacks.project import Loaded
    from stacks.project.models import Project

LOCK_FILE_VERSION = (1, 10)  # of Terraform and of OpenTofu: the first with a lock file in S3

terraform_option = click.option(
    "--terraform",
    "binary",
    metavar="PATH",
    help=f"The terraform or tofu to run; {BINARY_VARIABLE}, then the PATH by default.",
)


@dataclass(frozen=True)
class Stack:
    """One environment, ready for Terraform.

    Attributes:
        project: what was asked for.
        name: `<project>-<env>`.
        terraform: runs in the stack's folder.
        backend: where its state is.
        session: AWS, in the project's region and role.
        stands: whether its cluster is in the account.
    """

    project: Project
    name: str
    terraform: Terraform
    backend: state.Backend
    session: boto3.Session
    stands: bool

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services, in the order of the project file."""
        return tuple(self.project.services)

    def stored_state(self) -> dict[str, Any]:
        """The state in Terraform's format. A local one is read from its file, which takes no time."""
        file = self.backend.file
        return self.terraform.pull_state() if file is None else state.read_state(file)


@contextmanager
def prepared_stack(
    ctx: Context, binary: str | None, *, may_move: Callable[[str], bool] = lambda question: False
) -> Iterator[Stack]:
    """Synthesize the one selected stack and make its folder ready; no other command works on it until this ends.

    `may_move` is asked before a state moves to another backend. Raises ProjectError, SynthError, AwsError,
    TerraformError, and click.UsageError when more than one environment is selected.
    """
    loaded = one_stack(ctx)
    (project,) = loaded.projects
    name, out = stack_name(project.project_id, project.env), default_out(loaded, ctx.selection)
    with alone_with(out, name):
        with ThreadPoolExecutor(max_workers=1) as pool:
            access = pool.submit(_access, project, binary)  # AWS and Terraform answer while cdktf works
            folder = _synthesize(loaded, out)
            found, session, who, stands = access.result()
        ctx.console.say(f"{name} in {project.region}, account {who.account_id} ({who.arn})")
        ctx.console.detail(f"{found}, in {shown_path(folder)}")
        _tell_additions(ctx.console, folder)
        terraform = Terraform(found, folder, os.environ, tuple(project.services), ctx.console.warn)
        yield Stack(project, name, terraform, _with_state(ctx, terraform, loaded, name, may_move), session, stands)


def _tell_additions(console: Console, folder: Path) -> None:
    """Name the files that change what is deployed although no project file speaks of them."""
    from stacks.publish import additions

    if names := additions(folder):
        console.say(f"Terraform also reads what ecsforge did not write in {shown_path(folder)}: {', '.join(names)}")


def existing_terraform(ctx: Context, binary: str | None) -> tuple[str, Terraform]:
    """The selected stack's name and Terraform on its folder, made ready only when that was not done for its backend.

    For commands that only read the state: they need neither a fresh synth nor AWS credentials.
    """
    loaded = one_stack(ctx)
    (project,) = loaded.projects
    name, out = stack_name(project.project_id, project.env), default_out(loaded, ctx.selection)
    folder = out / "stacks" / name
    terraform = Terraform(find_terraform(binary), folder, os.environ, tuple(project.services), ctx.console.warn)
    if not state.is_ready(folder, local_state_file(loaded, name)):
        with alone_with(out, name):
            _synthesize(loaded, out)
            _with_state(ctx, terraform, loaded, name, lambda question: False)
    return name, terraform


def local_state_file(loaded: Loaded, name: str) -> Path:
    """Where a local state is: beside the project file, wherever the command is run from."""
    return loaded.root / f"terraform.{name}.tfstate"


def _access(project: Project, binary: str | None) -> tuple[Binary, boto3.Session, aws.Identity, bool]:
    """Terraform, and the account with or without the stack's cluster, before anything is planned with them."""
    found = find_terraform(binary)
    if project.state.backend == "s3" and project.state.lock:
        found.require(LOCK_FILE_VERSION, "state.lock")
    session = aws.session(project)
    who = aws.identity(session)
    aws.check_account(project, who)
    return found, session, who, cluster_stands(project, session)


def _synthesize(loaded: Loaded, out: Path) -> Path:
    from stacks.app import synthesize

    (stack,) = synthesize(loaded, out, prune=False)
    return stack.path


def _with_state(
    ctx: Context, terraform: Terraform, loaded: Loaded, name: str, may_move: Callable[[str], bool]
) -> state.Backend:
    missing = missing_cli_config(terraform.environment)
    without = f"TF_CLI_CONFIG_FILE names {missing}, which does not exist: left out"
    if missing is not None:
        ctx.console.detail(without)

    def tell(event: Event) -> None:
        if isinstance(event, Note) and event.text:
            installing = event.text.removeprefix("- ").startswith("Installing")
            (ctx.console.say if installing else ctx.console.detail)(event.text.removeprefix("- "))

    try:
        return state.prepare(
            terraform, local_state_file(loaded, name), may_move=may_move, say=ctx.console.say, on_event=tell
        )
    except TerraformError:
        if missing is not None:  # it may well say where the providers are
            ctx.console.warn(without)
        raise


def busy(console: Console, text: str) -> AbstractContextManager[object]:
    """Say what is going on, with a spinner on a terminal."""
    if console.is_terminal("stderr") and not console.quiet:
        return console.rich("stderr").status(text)
    console.say(text)
    return nullcontext()


@contextmanager
def alone_with(out: Path, name: str) -> Iterator[None]:
    """Keep two commands off one stack's folder: a synth would change what a running Terraform still reads.

    Raises TerraformError when another command works on it.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = out / "stacks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise TerraformError(
                f"{shown_path(folder / name)}: another ecsforge command is working on this stack; wait until it has "
                "ended"
            ) from error
        yield
