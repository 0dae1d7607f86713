"""A rehearsal whose stages go wrong, with stand-ins for the stages; tests/e2e goes through the real ones."""

from __future__ import annotations

import errno
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from operations.rehearsal.run import Rehearsal, Report, Stage
from operations.terraform.binary import Binary
from operations.terraform.runner import PlanResult
from operations.terraform.stream import Event
from stacks.project import Selection, load

TERRAFORM = Binary(("terraform",), "Terraform", (1, 11, 4), "terraform")


class Watcher:
    """Hears of everything, and keeps the stages."""

    def __init__(self) -> None:
        self.ends: list[Stage] = []

    def begins(self, stage: str, steps: int) -> None:
        """Does not matter."""

    def on_event(self, event: Event) -> None:
        """Does not matter."""

    def ended(self, stage: Stage) -> None:
        self.ends.append(stage)

    def warn(self, text: str) -> None:
        """Does not matter."""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a rehearsal makes its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    file = tmp_path / "ecsforge.yaml"
    file.write_text("project_id: shop\n")
    return Rehearsal(load(Selection(file=file, env="dev")), binary=TERRAFORM, watcher=Watcher())


def rehearsed(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch, *stages: tuple[str, Callable[[], str]]) -> Report:
    """The report of a rehearsal that has these stages alone."""

    def life() -> Iterator[tuple[str, Callable[[], str]]]:
        yield from stages

    monkeypatch.setattr(rehearsal, "_life", life)
    return rehearsal.run()


def raising(error: Exception) -> Callable[[], str]:
    def action() -> str:
        raise error

    return action


def test_what_aws_refuses_is_an_error_of_its_stage(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    told = {"Error": {"Code": "TargetGroupNotFound", "Message": "One or more target groups not found"}}
    refused = raising(ClientError(told, "DescribeTargetGroups"))

    report = rehearsed(rehearsal, monkeypatch, ("apply", lambda: "done"), ("check", refused), ("destroy", refused))

    said = "check: AWS refused DescribeTargetGroups; got TargetGroupNotFound: One or more target groups not found"
    assert not report.passed
    assert str(report.error) == f"{said}; make what it names, or correct its name in the project file"
    assert [(stage.name, stage.passed) for stage in report.stages] == [("apply", True), ("check", False)]
    assert report.stages[-1].detail == "check: AWS refused DescribeTargetGroups"
    assert list(temporary.iterdir()) == []


def test_an_emulator_that_does_not_answer_is_an_error_of_the_stage(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = raising(EndpointConnectionError(endpoint_url="http://127.0.0.1:1/"))

    report = rehearsed(rehearsal, monkeypatch, ("nothing left", silent))

    assert str(report.error).startswith(
        'nothing left: asking AWS failed; got Could not connect to the endpoint URL: "http://127.0.0.1:1/"; '
    )


def test_an_emulator_that_has_ended_is_told_as_the_reason(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    emulator = rehearsal._emulator

    def start() -> str:
        emulator.start()
        return "started"

    def check() -> str:
        os.kill(emulator.pid, signal.SIGKILL)
        return str(emulator.client("ecs", "eu-west-1").list_clusters())

    report = rehearsed(rehearsal, monkeypatch, ("start emulator", start), ("check", check))

    assert str(report.error).startswith("check: asking AWS failed; got ")
    assert str(report.error).partition("\n")[2] == (
        "The emulator has ended before its time and is the reason: it was killed by SIGKILL"
    )
    assert list(temporary.iterdir()) == []


def test_a_full_disk_is_an_error_of_the_stage(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    full = raising(OSError(errno.ENOSPC, "No space left on device", "/x/plan"))

    report = rehearsed(rehearsal, monkeypatch, ("init", full))

    assert str(report.error) == (
        f"init: this machine refused it; got /x/plan: No space left on device; make room in {temporary} if it is full, "
        "then rehearse again"
    )


def test_a_bug_is_no_error_of_a_stage_and_leaves_nothing_behind(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    with pytest.raises(ZeroDivisionError):
        rehearsed(rehearsal, monkeypatch, ("check", lambda: str(1 // 0)))

    assert list(temporary.iterdir()) == []


class Unsettled:
    """A Terraform whose plan right after the apply still changes the number of tasks."""

    def plan(self, file: Path, **options: object) -> PlanResult:
        return PlanResult((), has_changes=True, warnings=())

    def show(self, file: Path) -> dict[str, object]:
        change = {"actions": ["update"], "before": {"desired_count": 7}, "after": {"desired_count": 1}}
        service = {"address": "aws_ecs_service.web", "type": "aws_ecs_service", "change": change}
        return {"resource_changes": [service]}


def test_a_second_plan_that_is_not_empty_is_an_error(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsal._terraform = Unsettled()  # type: ignore[assignment]  # only what is used

    report = rehearsed(rehearsal, monkeypatch, ("plan again", rehearsal._plan_again))

    assert str(report.error) == (
        "plan again: a plan right after the apply must be empty; got 1 to change: aws_ecs_service.web desired_count; "
        "what AWS returns differs from what was asked for, so every later plan would show it"
    )
