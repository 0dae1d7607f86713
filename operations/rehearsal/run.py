"""Runs a rehearsal: the stages of `lifecycle.py` one after another, until one fails."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from operations import aws
from operations.rehearsal.lifecycle import Lifecycle, StageDefinition
from operations.rehearsal.own_terraform import require_offline
from operations.rehearsal.report import Kept, Report, Stage, StageEnded, StageStarted, StageStopped
from operations.terraform.requirements import require_for_passwords
from operations.terraform.stop import Interrupted, Stop
from stacks.errors import EcsforgeError, Position, Problem, RehearsalError
from stacks.naming import stack_name

if TYPE_CHECKING:
    from operations.rehearsal.emulator.calls import Call
    from operations.rehearsal.emulator.client import Emulator
    from operations.reporter import Reporter
    from operations.terraform.binary import Binary
    from stacks.project import Loaded


def rehearse(
    loaded: Loaded,
    *,
    binary: Binary,
    reporter: Reporter,
    previous: Loaded | None = None,
    keep: bool = False,
    allowed_providers: Collection[str] = (),
    format: Literal["json", "hcl"] = "json",
) -> Report:
    """Rehearse one environment in an emulator and a temporary folder.

    Raises ProjectError, before anything runs, if the user's own Terraform would act outside of the emulator.

    Args:
        loaded: The project; its one environment is rehearsed.
        binary: The Terraform to run.
        reporter: Receives `StageStarted`, `StageEnded`, `StageStopped` and the events of Terraform's stream.
        previous: The previous version of the project, which is deployed first; None rehearses a first deploy.
        keep: Stop before the destroy, and keep the emulator and the folder.
        allowed_providers: The names of further providers that the user's own Terraform may use.
        format: The format of the Terraform; Terraform makes the same plan of both.

    Raises:
        TerraformError: The binary is too old for the project.
    """
    for each in (previous, loaded):
        if each is not None:
            require_offline(each, allowed_providers)
    project = loaded.projects[0]
    require_for_passwords(project, binary)
    folder = Path(tempfile.mkdtemp(prefix=f"ecsforge-{stack_name(project.project_id, project.env)}-"))
    lifecycle = Lifecycle(loaded, folder, binary=binary, reporter=reporter, previous=previous, keep=keep, format=format)
    return run(lifecycle)


def run(lifecycle: Lifecycle) -> Report:
    """Run the stages until one fails, then clean up unless `keep` is set.

    An error of a stage is in the report. Everything else, KeyboardInterrupt included, is raised after the cleanup.
    """
    stages: list[Stage] = []
    calls: tuple[Call, ...] = ()
    kept: Kept | None = None
    error: EcsforgeError | None = None
    emulator = lifecycle.emulator
    try:
        for definition in lifecycle.stages():
            stage, error = _run_stage(definition, lifecycle)
            stages.append(stage)
            if error is not None:
                break
        if emulator.endpoint and emulator.exit_status is None:
            with suppress(RehearsalError):  # an emulator that does not respond is the error of a stage
                calls = emulator.calls()
            kept = lifecycle.leave_running() if lifecycle.keep else None
    finally:
        if kept is None:
            with Stop(lifecycle.reporter.warn).listening():  # another Ctrl-C must not end the cleanup
                lifecycle.clean_up()
    project = lifecycle.project
    return Report(
        project.project_id,
        project.env,
        project.region,
        tuple(stages),
        lifecycle.checks,
        lifecycle.upgrade,
        kept,
        error,
        calls,
    )


def _run_stage(definition: StageDefinition, lifecycle: Lifecycle) -> tuple[Stage, EcsforgeError | None]:
    """Run one stage; its error includes problems of the emulator that may have caused it."""
    lifecycle.reporter.event(StageStarted(definition.name, definition.steps, lifecycle.owners))
    error: EcsforgeError | None = None
    started = time.monotonic()
    try:
        # Some stages call the emulator themselves; in the others Terraform does.
        with aws.errors(definition.name), _file_errors(definition.name, lifecycle.folder):
            detail = definition.run()
    except EcsforgeError as failure:
        detail = failure.problems[0].what
        error = _explained(failure, lifecycle.emulator)
    except KeyboardInterrupt as stop:
        lifecycle.reporter.event(_stopped(definition.name, time.monotonic() - started, stop))
        raise
    stage = Stage(definition.name, error is None, time.monotonic() - started, detail)
    lifecycle.reporter.event(StageEnded(stage))
    return stage, error


def _stopped(name: str, seconds: float, stop: KeyboardInterrupt) -> StageStopped:
    if isinstance(stop, Interrupted) and stop.doing == "applying":
        return StageStopped(name, seconds, stop.made, stop.planned)
    return StageStopped(name, seconds)


@contextmanager
def _file_errors(stage: str, folder: Path) -> Iterator[None]:
    """Convert an OSError in this block, such as a full disk, to an error of the stage."""
    try:
        yield
    except OSError as error:
        reason = str(error.strerror or error)
        raise RehearsalError.of(
            stage,
            "the operating system reported an error",
            got=f"{error.filename}: {reason}" if error.filename else reason,
            fix=f"if the disk is full, free space in {folder.parent}; then run the rehearsal again",
        ) from error


def _explained(error: EcsforgeError, emulator: Emulator) -> EcsforgeError:
    """The error, with the problems of the emulator that may have caused it."""
    problems = tuple(_emulator_problems(emulator))
    if not problems:
        return error
    explained = RehearsalError(*error.problems, *problems)
    explained.__cause__ = error
    return explained


def _emulator_problems(emulator: Emulator) -> Iterator[Problem]:
    where = Position("emulator")
    status = emulator.exit_status
    if status is not None:
        yield Problem(where, "exited unexpectedly, which caused this failure", status, "run the rehearsal again")
    elif emulator.endpoint:
        for request in emulator.unsupported():
            what = f"does not support {request.operation}, which may be the only cause of this failure"
            yield Problem(where, what, request.reason)
