"""Rehearsals with the real Terraform and AWS provider."""

from __future__ import annotations

import os
import shutil
import signal
import urllib.request
from pathlib import Path

from cli.sentences import sentence
from operations.rehearsal.checks import DeployedAccount
from operations.rehearsal.emulator.client import Emulator
from stacks.project import Selection, load
from tests.support.rehearsed import rehearsed, stages
from tests.support.workplace import WORKER, Workplace

SPECS = Path(__file__).parents[1] / "specs"


def test_the_tutorials_system_passes(workplace: Workplace) -> None:
    report = rehearsed(workplace, "-f", str(SPECS / "article.yaml"), "--env", "prod")

    assert report["passed"]
    assert list(stages(report)) == [
        "synthesize",
        "start emulator",
        "init",
        "validate",
        "plan",
        "apply",
        "check",
        "plan again",
        "destroy",
        "nothing left",
    ]
    assert stages(report)["plan again"] == "no changes"
    assert stages(report)["nothing left"] == "the account is as before"
    assert all(check["passed"] for check in report["checks"])
    assert list(workplace.folder.iterdir()) == []


def test_an_upgrade_of_a_protected_environment_lists_what_is_destroyed(workplace: Workplace) -> None:
    prod = {"protected": True, "account_id": "210987654321", "encryption": "customer"}
    workplace.write("upgraded", {"mailer": WORKER, "sweeper": WORKER}, environments={"prod": prod})
    shutil.copy(workplace.folder / "ecsforge.yaml", workplace.folder / "previous.yaml")
    mailer = {**WORKER, "environment": {"GREETING": "$${b}"}}
    workplace.write("upgraded", {"mailer": mailer}, environments={"prod": prod})

    report = rehearsed(workplace, "--env", "prod", "--upgrade-from", "previous.yaml")

    gone = {each["address"] for each in report["upgrade"]["resources"] if each["action"] in ("destroy", "replace")}
    assert report["passed"]
    assert "aws_ecs_service.sweeper" in gone
    assert all(".sweeper" in address for address in gone)
    assert list(stages(report))[-3:] == ["remove protection", "destroy", "nothing left"]
    assert "210987654321" in stages(report)["start emulator"]


def test_an_upgrade_may_remove_everything_that_a_service_depends_on(workplace: Workplace) -> None:
    """Settings that the AWS provider or ECS keeps do not show up in every later plan."""
    tied = {"connect": {"port": 9000}, "exec": True, "deployment": {"alarms": ["cpu_percent"]}}
    mailer = {**WORKER, "alarms": {"cpu_percent": 80}}
    workplace.write("untied", {"mailer": {**mailer, **tied}}, encryption="customer")
    shutil.copy(workplace.folder / "ecsforge.yaml", workplace.folder / "previous.yaml")
    workplace.write("untied", {"mailer": mailer})

    report = rehearsed(workplace, "--env", "dev", "--upgrade-from", "previous.yaml")

    gone = {each["address"] for each in report["upgrade"]["resources"] if each["action"] == "destroy"}
    assert gone == {
        "aws_cloudwatch_log_group.exec",
        "aws_iam_role_policy.mailer_task",
        "aws_kms_alias.main",
        "aws_kms_key.main",
        "aws_service_discovery_http_namespace.main",
    }
    assert stages(report)["plan again"] == "no changes"


def test_a_kept_emulator_can_be_inspected(workplace: Workplace) -> None:
    workplace.write("kept", {"mailer": {**WORKER, "environment": {"GREETING": "hi ${USER}, 100%{off}"}}})

    report = rehearsed(workplace, "--env", "dev", "--keep")

    left = report["emulator"]
    try:
        assert list(stages(report))[-1] == "plan again"
        assert (Path(left["folder"]) / "cdk.tf.json").exists()
        with urllib.request.urlopen(f"{left['endpoint']}/moto-api/data.json", timeout=10) as answer:
            assert answer.status == 200
        checks_find_a_manual_change(workplace, left["endpoint"])
    finally:
        os.kill(left["pid"], signal.SIGKILL)
        shutil.rmtree(left["root"])


def checks_find_a_manual_change(workplace: Workplace, endpoint: str) -> None:
    project = load(Selection(file=workplace.folder / "ecsforge.yaml", env="dev")).projects[0]
    emulator = Emulator()
    emulator.endpoint = endpoint
    assert [
        sentence(check.problem) for check in DeployedAccount(project, emulator.client).checks() if not check.passed
    ] == []

    ecs = emulator.client("ecs", project.region)
    ecs.update_service(cluster="web-cluster-kept-dev", service="mailer-service-kept-dev", desiredCount=7)

    assert [
        sentence(check.problem) for check in DeployedAccount(project, emulator.client).checks() if not check.passed
    ] == ["service `mailer`: wrong desired count; got 7; expected 1"]


def test_a_failure_names_its_stage_and_reason(workplace: Workplace) -> None:
    policy = "arn:aws:iam::aws:policy/NoSuchPolicy"
    workplace.write("failing", {"mailer": {**WORKER, "permissions": {"managed_policies": [policy]}}})

    answer = workplace.ecsforge("rehearse", "--env", "dev", exit_code=1)

    assert "  FAILED  apply " in answer.stdout
    assert "failing-dev: failed in " in answer.stdout
    assert answer.stderr.count("error: failing-dev: ") == 1
    assert "NoSuchEntity" in answer.stderr
