"""Prepares a stack for Terraform: what `plan`, `deploy`, `destroy` and `output` start from.

Loaded ─> synthesized, right account ─> initialized, right state ─> what the last apply left ─> Stack
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.deploy.orphans import Unfinished, find_unfinished
from operations.deploy.ownership import owned_cluster
from operations.health.stopped import Stopped, stopped_in
from operations.lock import stack_lock
from operations.state.apply_marker import last_ending
from operations.state.backend import Backend, is_ready, local_state_file, wanted_backend
from operations.state.document import StateDocument
from operations.state.emergency import keep
from operations.state.file_lock import refuse_if_locked
from operations.state.migrate import prepare
from operations.terraform.binary import Binary, find_terraform
from operations.terraform.env_vars import missing_cli_config
from operations.terraform.requirements import require_for
from operations.terraform.runner import Terraform
from operations.terraform.stream import Event, Note
from operations.text import shown_path
from stacks import configuration
from stacks.addresses import Owners
from stacks.errors import TerraformError
from stacks.naming import stack_name

if TYPE_CHECKING:
    import boto3

    from operations.reporter import Reporter
    from stacks.output import SynthesizedStack
    from stacks.project import Loaded
    from stacks.project.models import Project


@dataclass(frozen=True)
class Stack:
    """One environment, or the stack that environments share, ready for Terraform.

    Attributes:
        project: The project, resolved for the environment.
        name: `<project>-<env>`, or `<project>-shared`.
        synthesized: Its Terraform.
        terraform: Runs in the stack's folder.
        backend: Where its state is.
        session: A boto3 session in the project's region and role.
        exists: Whether its cluster is in the account.
        unfinished: What the last apply left if it did not succeed.
        stopped: The record of `ecsforge stop`; None while the environment is not stopped.
        caller: The ARN of the identity that the session's requests have.
    """

    project: Project
    name: str
    synthesized: SynthesizedStack
    terraform: Terraform
    backend: Backend
    session: boto3.Session
    exists: bool = False
    unfinished: Unfinished = field(default_factory=Unfinished)
    stopped: Stopped | None = None
    caller: str = ""

    @cached_property
    def state_before(self) -> StateDocument:
        """The state when it was first needed, before anything changes; it is read once."""
        return self.stored_state()

    def stored_state(self) -> StateDocument:
        """The current state. A local one is read from its file, others with Terraform."""
        return _stored_state(self.terraform, self.backend)


def _never(question: str) -> bool:
    """Never move a state."""
    return False


@contextmanager
def prepared_stack(
    loaded: Loaded,
    out: Path,
    reporter: Reporter,
    *,
    binary: str | None = None,
    adopt: bool = False,
    may_move: Callable[[str], bool] = _never,
    lock: bool = True,
) -> Iterator[Stack]:
    """Synthesize the one stack of `loaded` into `out`, lock its folder and initialize Terraform in it.

    Args:
        loaded: A project with one environment selected, or only the stack that environments share (`only_shared`).
        out: The output folder, such as `cdktf.out`.
        reporter: Receives messages and warnings.
        binary: The terraform or tofu to run; see `find_terraform`.
        adopt: Look for resources that are not in the state even if the last apply succeeded.
        may_move: Called with a question before a state is moved to another backend; never moved by default.
        lock: Whether a plan locks the state. Without it, another deploy may change the state during the plan.

    Raises:
        SynthError: The Terraform could not be written.
        AwsError: There are no credentials, they are for another account, or the cluster belongs to another stack.
        TerraformError: Terraform is not installed, init failed, a state would be lost, or another command is running.
    """
    loaded, project = one_stack(loaded)
    name = stack_name(project.project_id, project.env)
    local_state = local_state_file(loaded.root, name)
    with stack_lock(out, name):
        refuse_if_locked(local_state)  # before a synth replaces what Terraform reads
        with ThreadPoolExecutor(max_workers=1) as pool:
            # Calls AWS and Terraform while cdktf synthesizes.
            access = pool.submit(_access, project, binary, reporter, cluster=loaded.shared is None)
            synthesized = _synthesize(loaded, out)
            found, session, who, cluster_tags = access.result()
        reporter.say(f"{name} in {project.region}, account {who.account_id} ({who.arn})")
        reporter.detail(f"{found}, in {shown_path(synthesized.path)}")
        _report_additions(reporter, synthesized.path)
        terraform = _terraform(found, project, synthesized, reporter)
        ending = last_ending(synthesized.path)
        backend = _with_state(terraform, local_state, reporter, unfinished=ending is not None, may_move=may_move)
        terraform = replace(terraform, state=str(backend), lock=lock)
        read = partial(_stored_state, terraform, backend)
        left = find_unfinished(synthesized, ending, read, session, reporter, adopt=adopt)
        terraform = replace(terraform, searched=left.found)
        exists, stopped = cluster_tags is not None, stopped_in(cluster_tags or {})
        yield Stack(project, name, synthesized, terraform, backend, session, exists, left, stopped, who.arn)


def initialized_stack(
    loaded: Loaded, out: Path, reporter: Reporter, *, binary: str | None = None
) -> tuple[str, Terraform]:
    """The name and the Terraform of the one stack of `loaded`, for commands that only read the state.

    Synthesizes and initializes only if the folder is not initialized for this backend, and needs AWS credentials only
    then. Raises the same errors as `prepared_stack`.
    """
    loaded, project = one_stack(loaded)
    name = stack_name(project.project_id, project.env)
    folder, local_state = out / "stacks" / name, local_state_file(loaded.root, name)
    settings = _synthesized_settings(folder)
    if settings is not None and is_ready(backend := wanted_backend(settings, folder, local_state)):
        owners, found = Owners(services=tuple(project.services)), find_terraform(binary, warn=reporter.warn)
        return name, Terraform(found, folder, os.environ, owners, reporter.warn, settings=settings, state=str(backend))
    with stack_lock(out, name):
        refuse_if_locked(local_state)
        terraform = _terraform(find_terraform(binary, warn=reporter.warn), project, _synthesize(loaded, out), reporter)
        backend = _with_state(terraform, local_state, reporter, unfinished=last_ending(folder) is not None)
    return name, replace(terraform, state=str(backend))


def one_stack(loaded: Loaded) -> tuple[Loaded, Project]:
    """What is loaded with exactly one stack, and its project: that of the selected environment, or the shared one."""
    if loaded.projects:
        (project,) = loaded.projects
        return loaded.without_shared, project
    assert loaded.shared is not None
    return loaded, loaded.shared.project


def _access(
    project: Project, binary: str | None, reporter: Reporter, *, cluster: bool
) -> tuple[Binary, boto3.Session, aws.Identity, Mapping[str, str] | None]:
    """Terraform, the account, and the tags of the stack's cluster; None if it is not in the account."""
    found = find_terraform(binary, warn=reporter.warn)
    require_for(project, found)
    session = aws.session(project, on_slow=reporter.say)
    who = aws.identity(session)
    aws.check_account(project, who)
    return found, session, who, owned_cluster(project, session) if cluster else None


def _synthesize(loaded: Loaded, out: Path) -> SynthesizedStack:
    from stacks.app import synthesize

    (stack,) = synthesize(loaded, out, prune=False)
    return stack


def _synthesized_settings(folder: Path) -> dict[str, Any] | None:
    """The `terraform` block that an earlier synth wrote to a stack's folder; None if there is none."""
    try:
        settings: dict[str, Any] = configuration.read(folder)["terraform"]
    except (OSError, ValueError, LookupError):
        return None
    return settings


def _terraform(binary: Binary, project: Project, stack: SynthesizedStack, reporter: Reporter) -> Terraform:
    return Terraform(
        binary,
        stack.path,
        os.environ,
        Owners(stack.owners, tuple(project.services), stack.sources),
        reporter.warn,
        settings=stack.configuration["terraform"],
        keep_state=keep,
    )


def _report_additions(reporter: Reporter, folder: Path) -> None:
    """Report the files that change what is deployed although the project file does not mention them."""
    from stacks.publish import additions

    if names := additions(folder):
        text = f"Terraform also reads files in {shown_path(folder)} that ecsforge did not write"
        reporter.say(f"{text}: {', '.join(names)}")


def _with_state(
    terraform: Terraform,
    local_state: Path,
    reporter: Reporter,
    *,
    unfinished: bool,
    may_move: Callable[[str], bool] = _never,
) -> Backend:
    missing = missing_cli_config(terraform.env_vars)
    ignored = f"TF_CLI_CONFIG_FILE names {missing}, which is not a file: ignored"
    if missing is not None:
        reporter.detail(ignored)

    def on_event(event: Event) -> None:
        if isinstance(event, Note) and event.text:
            text = event.text.removeprefix("- ")
            (reporter.say if text.startswith("Installing") else reporter.detail)(text)

    try:
        return prepare(
            terraform, local_state, unfinished=unfinished, may_move=may_move, say=reporter.say, on_event=on_event
        )
    except TerraformError:
        if missing is not None:  # the missing file may configure the providers
            reporter.warn(ignored)
        raise


def _stored_state(terraform: Terraform, backend: Backend) -> StateDocument:
    file = backend.file
    return StateDocument(terraform.pull_state()) if file is None else StateDocument.read(file)
