"""Rehearsals with the real Terraform and AWS provider."""

from __future__ import annotations

import json
import os
import shutil
import signal
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cli.sentences import sentence
from operations.iam.recorded import actions_of_recorded
from operations.rehearsal.checks import DeployedAccount
from operations.rehearsal.emulator.client import Emulator
from stacks.app import synthesize
from stacks.project import Selection, load
from stacks.resources import CATALOGUE
from tests.support.workplace import REGION, WEB, WORKER, Workplace

SPECS = Path(__file__).parents[1] / "specs"


def rehearsed(workplace: Workplace, *options: str, exit_code: int = 0) -> dict[str, Any]:
    """The report of a rehearsal of one environment, as JSON. The catalogue has the actions of all its calls."""
    answer = workplace.ecsforge("rehearse", "--json", *options, exit_code=exit_code)
    (environment,) = json.loads(answer.stdout)["environments"]
    given = dict(zip(options[::2], options[1::2], strict=False))
    files = [Path(given.get("-f", workplace.folder / "ecsforge.yaml"))]
    files += [workplace.folder / name for name in [given.get("--upgrade-from")] if name]
    assert needed(environment) <= allowed(files, given["--env"], workplace.folder.parent / "synthesized")
    return dict(environment)


def needed(report: dict[str, Any]) -> set[str]:
    """The IAM actions that Terraform's calls in a rehearsal need."""
    return {
        action
        for call in report["calls"]
        if call["client"] == "terraform"
        for action in actions_of_recorded(call["service"], call["operation"], call["resources"], tagged=call["tagged"])
    }


def allowed(files: Iterable[Path], env: str, folder: Path) -> set[str]:
    """The IAM actions that the catalogue has for the types of stacks."""
    stacks = [
        synthesize(load(Selection(file=file, env=env)), folder / str(number))[0] for number, file in enumerate(files)
    ]
    types = {address.rpartition(".")[0] for stack in stacks for address in stack.addresses}
    return {action for kind in types for action in CATALOGUE[kind].actions.all}


def stages(report: dict[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["detail"] for stage in report["stages"]}


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


def test_a_tool_behind_oidc_on_an_existing_load_balancer_and_a_proxy_over_tcp(workplace: Workplace) -> None:
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:123456789012:loadbalancer/app/shared/50dc6c495c0c9188"
    login = "https://login.example.com"
    keys = ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint")
    oidc = {**dict.fromkeys(keys, login), "client_id": "tool", "client_secret": "secretsmanager:tool/oidc:secret"}
    http = {"hosts": ["tool.example.com"], "priority": 7, "auth": {"oidc": oidc}}
    workplace.write(
        "tools",
        {"tool": {**WEB, "http": http}, "proxy": {**WEB, "port": 5432, "tcp": {"listener": 6432}}},
        load_balancer={
            "arn": balancer,
            "listener_arn": f"{balancer.replace(':loadbalancer/', ':listener/')}/f2f7dc8efc522ab2",
            "security_group": "sg-0123456789abcdef0",
        },
        state={"backend": "s3", "bucket": "tools-state"},
    )

    report = rehearsed(workplace, "--env", "dev")

    assert stages(report)["plan again"] == "no changes"
    assert stages(report)["nothing left"] == "the account is as before"
    whats = {check["what"] for check in report["checks"] if check["passed"]}
    assert {
        "first action of the listener rules",
        "port and protocol of the listener",
        "client addresses preserved",
    } <= whats


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
