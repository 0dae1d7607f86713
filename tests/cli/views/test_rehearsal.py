"""The output of a rehearsal, on a pipe and as JSON."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.console import Console
from cli.sentences import sentences
from cli.views.rehearsal import RehearsalReporter, problems_in, report_json
from operations.plan.model import Plan
from operations.plan.read import plan_from_actions
from operations.rehearsal.check import Check
from operations.rehearsal.emulator.calls import Call
from operations.rehearsal.report import Kept, Report, Stage, StageEnded, StageStarted, StageStopped
from operations.terraform.stream import Note, Planned, Step
from stacks.addresses import Owners
from stacks.errors import Position, Problem, RehearsalError
from stacks.project import Loaded, Selection, load
from tests.support.terminal import final_screen, terminal

PASSED = Stage("apply", True, 83.24, "50 changes made")
FAILED = Stage("plan again", False, 4.0, "the plan after the apply must be empty")
CALL = Call("iam", "GetRole", "terraform", 2, {"RoleName": ("web",)}, refused=("NoSuchEntity",))


def report(
    *stages: Stage, kept: Kept | None = None, upgrade: Plan | None = None, calls: tuple[Call, ...] = ()
) -> Report:
    failed = [stage for stage in stages if not stage.passed]
    error = RehearsalError.of(failed[0].name, failed[0].detail, got="1 to change") if failed else None
    checks = (Check("cluster", "status", "ACTIVE", "ACTIVE"),)
    return Report("shop", "prod", "eu-west-1", stages, checks, upgrade, kept, error, calls)


OWNERS = Owners({"aws_sqs_queue.web": "web", "aws_vpc.main": None}, ("web",))


def loaded(folder: Path) -> Loaded:
    file = folder / "ecsforge.yaml"
    file.write_text("project_id: shop\n")
    return load(Selection(file=file, env="prod"))


def output(capsys: pytest.CaptureFixture[str], folder: Path, about: Report, as_json: bool = False) -> tuple[str, str]:
    reporter = RehearsalReporter(Console(), as_json)
    reporter.begin(loaded(folder), None)
    for stage in about.stages:
        reporter.event(StageStarted(stage.name))
        reporter.event(StageEnded(stage))
    reporter.finish(about)
    captured = capsys.readouterr()
    return captured.out, captured.err


@pytest.mark.parametrize(
    ("stopped", "line"),
    [
        (StageStopped("apply", 83.24, 75, 95), "  stop    apply                   83.2 s  75 of 95 changes made\n"),
        (StageStopped("plan", 1.0), "  stop    plan                     1.0 s\n"),
    ],
)
def test_an_interrupted_stage_is_a_line(capsys: pytest.CaptureFixture[str], stopped: StageStopped, line: str) -> None:
    reporter = RehearsalReporter(Console(), as_json=False)
    reporter.event(StageStarted(stopped.name))
    reporter.event(stopped)

    assert capsys.readouterr().out == line


@pytest.mark.parametrize("width", ["60", "100"])
def test_an_interrupted_stage_leaves_no_spinner_on_the_terminal(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    screen = terminal(monkeypatch, width)
    reporter = RehearsalReporter(Console(no_color=True), as_json=False)
    reporter.event(StageStarted("apply", 95))
    reporter.event(Step("aws_vpc.main", "aws_vpc", "main", "create", "started"))
    reporter.warn("stopping")
    reporter.event(StageStopped("apply", 83.24, 75, 95))

    assert final_screen(screen.getvalue()) == ["warning: stopping"]


def test_each_stage_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = output(capsys, tmp_path, report(PASSED))

    assert out == (
        "shop-prod\n"  #
        "  ok      apply                   83.2 s  50 changes made\n"
        "shop-prod: passed in 1m 23s\n"
    )
    assert err == ""


def test_an_upgrade_names_the_previous_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RehearsalReporter(Console(), False).begin(loaded(tmp_path), "main~2")

    assert capsys.readouterr().out == "shop-prod, upgraded from main~2\n"


def test_a_failed_stage_shows_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = output(capsys, tmp_path, report(PASSED, FAILED))

    assert out.splitlines()[2:] == [
        "  FAILED  plan again               4.0 s  the plan after the apply must be empty",
        "shop-prod: failed in 1m 27s",
    ]


def test_with_json_the_lines_are_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = output(capsys, tmp_path, report(PASSED), as_json=True)

    assert out == ""
    assert err.startswith("shop-prod\n  ok      apply ")


def test_an_upgrade_is_shown_with_its_risks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_from_actions("shop-prod", [Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "delete")], OWNERS)
    out, _ = output(capsys, tmp_path, report(PASSED, upgrade=plan))

    assert "Upgrade: shop-prod: 1 to destroy\n" in out
    assert "queue of service `web` is destroyed: " in out


def test_a_kept_emulator_can_be_inspected_and_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    types = frozenset({"aws_ecs_service", "aws_lb_target_group", "aws_cloudwatch_log_group", "aws_vpc"})
    settings = {"AWS_A": "b c", "AWS_REGION": "eu-west-1"}
    kept = Kept("http://127.0.0.1:4001", 4711, Path("/tmp/x"), Path("/tmp/x/stacks/shop-prod"), settings, types)
    _, err = output(capsys, tmp_path, report(PASSED, kept=kept))

    assert err == (
        "The emulator is still running at http://127.0.0.1:4001. Inspect it with the AWS CLI or Terraform:\n"
        "  export AWS_A='b c' AWS_REGION=eu-west-1\n"
        "  aws ecs list-services --cluster web-cluster-shop-prod\n"
        "  aws elbv2 describe-target-groups --query 'TargetGroups[].[TargetGroupName,Port,HealthCheckPath]'\n"
        "  aws logs describe-log-groups --query 'logGroups[].[logGroupName,retentionInDays]'\n"
        "  terraform -chdir=/tmp/x/stacks/shop-prod state list\n"
        "In a shell with these variables, ecsforge uses the emulator, not your account.\n"
        "The emulator runs no tasks, so `ecsforge status` reports services behind the load balancer as unhealthy.\n"
        "Stop it with: kill 4711; rm -r /tmp/x\n"
        "It stops after 8 hours.\n"
    )


def test_variables_that_would_select_another_account_are_unset_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unset = ("AWS_ENDPOINT_URL_ECS", "AWS_PROFILE")
    kept = Kept("http://127.0.0.1:4001", 4711, tmp_path, tmp_path, {"A": "b"}, unset=unset)
    _, err = output(capsys, tmp_path, report(PASSED, kept=kept))

    assert "  unset AWS_ENDPOINT_URL_ECS AWS_PROFILE\n  export A=b\n" in err


def test_a_kept_emulator_is_inspected_with_commands_that_fit_the_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    types = frozenset({"aws_ecs_task_definition", "aws_scheduler_schedule", "aws_sqs_queue"})
    kept = Kept("http://127.0.0.1:4001", 4711, Path("/tmp/x"), Path("/tmp/x/stacks/shop-prod"), {"A": "b"}, types)
    _, err = output(capsys, tmp_path, report(PASSED, kept=kept))

    assert [line.strip() for line in err.splitlines() if line.startswith("  aws ")] == [
        "aws ecs list-task-definitions",
        "aws scheduler list-schedules --query 'Schedules[].[Name,State]'",
        "aws sqs list-queues",
    ]
    assert "unhealthy" not in err


def test_the_problems_of_a_report_name_its_stack() -> None:
    assert problems_in(report(PASSED)) == ()
    assert sentences(problems_in(report(PASSED, FAILED))) == (
        "shop-prod: plan again: the plan after the apply must be empty; got 1 to change"
    )


def test_a_problem_in_a_file_keeps_its_position() -> None:
    failed = replace(
        report(FAILED), error=RehearsalError(Problem(Position("infra/db.tf", 4, 3), "Unsupported argument"))
    )

    assert sentences(problems_in(failed)) == "infra/db.tf:4:3: Unsupported argument"


def test_with_v_each_change_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = RehearsalReporter(Console(verbose=True), False)
    reporter.begin(loaded(tmp_path), None)
    reporter.event(StageStarted("apply", 2, OWNERS))
    for state in ("started", "progress", "done"):
        reporter.event(Step("aws_sqs_queue.web", "aws_sqs_queue", "web", "create", state, 5))
    reporter.event(Step("aws_vpc.main", "aws_vpc", "main", "create", "failed", 5))
    reporter.event(Step("data.aws_region.main", "aws_region", "main", "read", "done"))
    reporter.event(Note("Apply complete!"))

    lines = capsys.readouterr().err.splitlines()
    assert [line.strip() for line in lines] == ["create queue of service `web`: done", "create VPC: failed"]


def test_messages_are_printed_on_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = RehearsalReporter(Console(verbose=True), False)
    reporter.say("one")
    reporter.detail("two")
    reporter.warn("three")

    assert capsys.readouterr().err == "one\ntwo\nwarning: three\n"


def test_the_report_as_json() -> None:
    kept = Kept("http://127.0.0.1:4001", 4711, Path("/tmp/x"), Path("/tmp/x/stacks/shop-prod"), {"AWS_A": "b"})

    assert report_json([report(PASSED, kept=kept, calls=(CALL,)), report(FAILED)]) == {
        "version": 1,
        "passed": False,
        "environments": [
            {
                "stack": "shop-prod",
                "env": "prod",
                "passed": True,
                "seconds": 83.2,
                "error": None,
                "stages": [{"name": "apply", "passed": True, "seconds": 83.2, "detail": "50 changes made"}],
                "checks": [{"subject": "cluster", "what": "status", "passed": True}],
                "calls": [CALL.to_json()],
                "upgrade": None,
                "emulator": {
                    "endpoint": "http://127.0.0.1:4001",
                    "pid": 4711,
                    "folder": "/tmp/x/stacks/shop-prod",
                    "root": "/tmp/x",
                    "environment": {"AWS_A": "b"},
                    "unset": [],
                },
            },
            {
                "stack": "shop-prod",
                "env": "prod",
                "passed": False,
                "seconds": 4.0,
                "error": "plan again: the plan after the apply must be empty; got 1 to change",
                "stages": [{"name": "plan again", "passed": False, "seconds": 4.0, "detail": FAILED.detail}],
                "checks": [{"subject": "cluster", "what": "status", "passed": True}],
                "calls": [],
                "upgrade": None,
                "emulator": None,
            },
        ],
    }
