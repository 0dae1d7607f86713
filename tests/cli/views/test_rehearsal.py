"""What a rehearsal tells, on a pipe and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.console import Console
from cli.views.rehearsal import Stages, report_json
from operations.plan.model import Plan, plan_from_actions
from operations.rehearsal.checks import Check
from operations.rehearsal.run import Kept, Report, Stage
from operations.terraform.stream import Planned
from stacks.addresses import Owners
from stacks.errors import RehearsalError
from stacks.project import Loaded, Selection, load

PASSED = Stage("apply", True, 83.24, "50 changes made")
FAILED = Stage("plan again", False, 4.0, "plan again: a plan right after the apply must be empty")


def report(*stages: Stage, kept: Kept | None = None, upgrade: Plan | None = None) -> Report:
    failed = [stage for stage in stages if not stage.passed]
    error = RehearsalError(failed[0].detail) if failed else None
    checks = (Check("cluster", "status", "ACTIVE", "ACTIVE"),)
    return Report("shop", "prod", "eu-west-1", stages, checks, upgrade, kept, error)


def loaded(folder: Path) -> Loaded:
    file = folder / "ecsforge.yaml"
    file.write_text("project_id: shop\n")
    return load(Selection(file=file, env="prod"))


def told(capsys: pytest.CaptureFixture[str], folder: Path, about: Report, as_json: bool = False) -> tuple[str, str]:
    stages = Stages(Console(), as_json)
    stages.begin(loaded(folder), None)
    for stage in about.stages:
        stages.begins(stage.name, 0)
        stages.ended(stage)
    stages.finish(about)
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_each_stage_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told(capsys, tmp_path, report(PASSED))

    assert out == (
        "shop-prod\n"  #
        "  ok      apply                   83.2 s  50 changes made\n"
        "shop-prod: passed in 1m 23s\n"
    )
    assert err == ""


def test_an_upgrade_names_where_it_is_from_as_the_user_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Stages(Console(), False).begin(loaded(tmp_path), "main~2")

    assert capsys.readouterr().out == "shop-prod, upgraded from main~2\n"


def test_a_stage_that_failed_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = told(capsys, tmp_path, report(PASSED, FAILED))

    assert out.splitlines()[2:] == [
        "  FAILED  plan again               4.0 s  plan again: a plan right after the apply must be empty",
        "shop-prod: failed in 1m 27s",
    ]


def test_with_json_the_lines_are_talk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told(capsys, tmp_path, report(PASSED), as_json=True)

    assert out == ""
    assert err.startswith("shop-prod\n  ok      apply ")


def test_an_upgrade_is_shown_with_what_it_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_from_actions(
        "shop-prod", [Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "delete")], Owners(services=("web",))
    )
    out, _ = told(capsys, tmp_path, report(PASSED, upgrade=plan))

    assert "The upgrade: shop-prod: 1 to destroy\n" in out
    assert "queue of service `web` is destroyed: its messages are lost" in out


def test_what_is_kept_comes_with_the_way_to_look_at_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = Kept("http://127.0.0.1:4001", 4711, Path("/tmp/x"), Path("/tmp/x/stacks/shop-prod"), {"AWS_A": "b c"})
    _, err = told(capsys, tmp_path, report(PASSED, kept=kept))

    assert err == (
        "The emulator stays up at http://127.0.0.1:4001. Look around with the AWS command line or Terraform:\n"
        "  export AWS_A='b c' AWS_REGION=eu-west-1\n"
        "  aws ecs list-services --cluster web-cluster-shop-prod\n"
        "  aws elbv2 describe-target-groups --query 'TargetGroups[].[TargetGroupName,Port,HealthCheckPath]'\n"
        "  aws logs describe-log-groups --query 'logGroups[].[logGroupName,retentionInDays]'\n"
        "  terraform -chdir=/tmp/x/stacks/shop-prod state list\n"
        "End it with: kill 4711; rm -r /tmp/x\n"
        "It ends by itself after 8 hours.\n"
    )


def test_the_report_as_json() -> None:
    kept = Kept("http://127.0.0.1:4001", 4711, Path("/tmp/x"), Path("/tmp/x/stacks/shop-prod"), {"AWS_A": "b"})

    assert report_json([report(PASSED, kept=kept), report(FAILED)]) == {
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
                "upgrade": None,
                "emulator": {
                    "endpoint": "http://127.0.0.1:4001",
                    "pid": 4711,
                    "folder": "/tmp/x/stacks/shop-prod",
                    "root": "/tmp/x",
                    "environment": {"AWS_A": "b"},
                },
            },
            {
                "stack": "shop-prod",
                "env": "prod",
                "passed": False,
                "seconds": 4.0,
                "error": FAILED.detail,
                "stages": [{"name": "plan again", "passed": False, "seconds": 4.0, "detail": FAILED.detail}],
                "checks": [{"subject": "cluster", "what": "status", "passed": True}],
                "upgrade": None,
                "emulator": None,
            },
        ],
    }
