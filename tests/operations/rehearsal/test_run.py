"""How a rehearsal runs its stages; tests/e2e runs the real ones."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cli.sentences import sentence, sentences
from operations.rehearsal.lifecycle import Lifecycle, StageDefinition
from operations.rehearsal.report import Report, Stage, StageEnded, StageStarted, StageStopped
from operations.rehearsal.run import run
from operations.reporter import Silent
from operations.terraform.binary import Binary
from operations.terraform.stop import Interrupted
from stacks.errors import Position, Problem, TerraformError
from stacks.project import Selection, load

TERRAFORM = Binary(("terraform",), "Terraform", (1, 11, 4), "terraform")


class Recorder(Silent):
    """Records the events."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def event(self, event: object) -> None:
        self.events.append(event)


class Scripted(Lifecycle):
    """A lifecycle with the stages of `script` instead of the real ones."""

    script: tuple[StageDefinition, ...] = ()

    def stages(self) -> Iterator[StageDefinition]:
        yield from self.script


@pytest.fixture
def lifecycle(tmp_path: Path) -> Scripted:
    file = tmp_path / "ecsforge.yaml"
    file.write_text("project_id: shop\n")
    folder = tmp_path / "temporary" / "ecsforge-shop-dev"
    folder.mkdir(parents=True)
    return Scripted(load(Selection(file=file, env="dev")), folder, binary=TERRAFORM, reporter=Recorder())


def report_of(lifecycle: Scripted, *stages: tuple[str, Callable[[], str]]) -> Report:
    lifecycle.script = tuple(StageDefinition(name, action) for name, action in stages)
    return run(lifecycle)


def error_of(report: Report) -> str:
    assert report.error is not None
    return sentences(report.error)


def raising(error: BaseException) -> Callable[[], str]:
    def action() -> str:
        raise error

    return action


def test_stages_are_reported_as_events(lifecycle: Scripted) -> None:
    recorder = lifecycle.reporter
    assert isinstance(recorder, Recorder)
    lifecycle.script = (StageDefinition("plan", lambda: "2 to create"), StageDefinition("apply", lambda: "done", 2))

    report = run(lifecycle)

    plan, apply = report.stages
    assert [(stage.name, stage.passed, stage.detail) for stage in report.stages] == [
        ("plan", True, "2 to create"),
        ("apply", True, "done"),
    ]
    assert recorder.events == [StageStarted("plan"), StageEnded(plan), StageStarted("apply", 2), StageEnded(apply)]
    assert report.passed


def test_a_request_that_aws_refuses_fails_its_stage(lifecycle: Scripted) -> None:
    response = {"Error": {"Code": "TargetGroupNotFound", "Message": "One or more target groups not found"}}
    refused = raising(ClientError(response, "DescribeTargetGroups"))

    report = report_of(lifecycle, ("apply", lambda: "done"), ("check", refused), ("destroy", refused))

    assert not report.passed
    assert error_of(report).startswith(
        "check: AWS refused DescribeTargetGroups; got TargetGroupNotFound: One or more target groups not found; "
    )
    assert [(stage.name, stage.passed) for stage in report.stages] == [("apply", True), ("check", False)]
    assert not lifecycle.folder.exists()


def test_a_failed_stage_keeps_the_problems_of_its_error(lifecycle: Scripted) -> None:
    problems = (
        Problem(Position("applying"), "creating the role failed", code="NoSuchEntity", address="aws_iam_role.web_task"),
        Problem(Position("applying"), "creating the cluster failed", code="AccessDenied"),
    )

    report = report_of(lifecycle, ("apply", raising(TerraformError(*problems))))

    assert report.error is not None
    assert report.error.problems == problems
    assert report.stages == (Stage("apply", False, report.stages[0].seconds, "creating the role failed"),)


def test_an_emulator_that_does_not_respond_fails_the_stage(lifecycle: Scripted) -> None:
    unreachable = raising(EndpointConnectionError(endpoint_url="http://127.0.0.1:1/"))

    report = report_of(lifecycle, ("nothing left", unreachable))

    assert error_of(report).startswith("nothing left: ")
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:1/"' in error_of(report)


def test_an_emulator_that_exits_is_named_as_the_cause(lifecycle: Scripted) -> None:
    emulator = lifecycle.emulator

    def start() -> str:
        emulator.start()
        return "started"

    def check() -> str:
        os.kill(emulator.pid, signal.SIGKILL)
        return str(emulator.client("ecs", "eu-west-1").list_clusters())

    report = report_of(lifecycle, ("start emulator", start), ("check", check))

    assert report.error is not None
    first, last = report.error.problems
    assert sentence(first).startswith("check: ")
    assert sentence(last).startswith("emulator: exited unexpectedly, which caused this failure; got ")
    assert "SIGKILL" in sentence(last)
    assert not lifecycle.folder.exists()


def test_requests_that_the_emulator_does_not_support_are_problems_of_their_own(lifecycle: Scripted) -> None:
    def check() -> str:
        lifecycle.emulator.start()
        ecs = lifecycle.emulator.client("ecs", "eu-west-1")
        return str(ecs.stop_service_deployment(serviceDeploymentArn="arn:aws:ecs:x"))

    report = report_of(lifecycle, ("check", check))

    assert report.error is not None
    first, last = report.error.problems
    assert sentence(first).startswith("check: ")
    assert sentence(last) == (
        "emulator: does not support ecs StopServiceDeployment, which may be the only cause of this failure; got The "
        "stop_service_deployment action has not been implemented"
    )


def test_a_full_disk_fails_the_stage(lifecycle: Scripted) -> None:
    full = raising(OSError(errno.ENOSPC, "No space left on device", "/x/plan"))

    report = report_of(lifecycle, ("init", full))

    assert error_of(report) == (
        "init: the operating system reported an error; got /x/plan: No space left on device; if the disk is full, free "
        f"space in {lifecycle.folder.parent}; then run the rehearsal again"
    )


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_bug_or_an_interrupt_is_raised_after_the_cleanup(lifecycle: Scripted, error: type[BaseException]) -> None:
    def action() -> str:
        raise error

    with pytest.raises(error):
        report_of(lifecycle, ("check", action))

    assert not lifecycle.folder.exists()


@pytest.mark.parametrize(
    ("interrupt", "made", "planned"),
    [
        (Interrupted("applying", made=75, planned=95), 75, 95),
        (Interrupted("planning", planned=95), 0, 0),
        (KeyboardInterrupt(), 0, 0),
    ],
)
def test_an_interrupted_stage_is_an_event_that_says_how_much_was_made(
    lifecycle: Scripted, interrupt: KeyboardInterrupt, made: int, planned: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        report_of(lifecycle, ("apply", raising(interrupt)))

    recorder = lifecycle.reporter
    assert isinstance(recorder, Recorder)
    stopped = recorder.events[-1]
    assert isinstance(stopped, StageStopped)
    assert (stopped.name, stopped.made, stopped.planned) == ("apply", made, planned)


def test_another_ctrl_c_does_not_end_the_cleanup(lifecycle: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = lifecycle.emulator.stop

    def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        stop()

    monkeypatch.setattr(lifecycle.emulator, "stop", interrupted)

    with pytest.raises(KeyboardInterrupt):
        report_of(lifecycle, ("check", raising(KeyboardInterrupt())))

    assert not lifecycle.folder.exists()
