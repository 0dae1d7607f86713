"""`ecsforge status` against an environment in the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from operations.rehearsal.emulator.client import Emulator
from tests.support.deployed import IMAGE, PROJECT, Deployed, write_project


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with Emulator() as emulator:
        environment = Deployed(emulator)
        environment.create()
        yield environment


@pytest.fixture
def status(deployed: Deployed, folder: Path, invoke: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`status("web", "--json")` runs the command for the environment `dev` in the emulator."""
    for name, value in deployed.emulator.settings().items():
        monkeypatch.setenv(name, value)
    write_project(folder)

    def run(*arguments: str) -> Result:
        return invoke("status", *(() if "--env" in arguments else ("--env", "dev")), *arguments)

    return run


def test_a_healthy_environment_exits_with_0(status: Any) -> None:
    result = status()

    assert (result.exit_code, result.stderr) == (0, "shop-dev in eu-west-1, account 123456789012\n")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[:9] for row in rows] == [
        ["web", "web", "healthy", "2", "2", "0", "web-shop-dev:1", IMAGE, "COMPLETED"],
        ["mailer", "worker", "healthy", "1", "1", "0", "mailer-shop-dev:1", IMAGE, "COMPLETED"],
        ["cleanup", "job", "healthy", "-", "-", "-", "-", "-", "-"],
    ]
    assert [row[11:14] for row in rows] == [["2/2", "-", "-"], ["-", "0", "0"], ["-", "-", "0"]]


def test_json_has_every_field(status: Any) -> None:
    result = status("web", "--json")

    assert result.exit_code == 0
    report = json.loads(result.stdout)
    (web,) = report.pop("services")
    assert report == {
        "stack": "shop-dev",
        "env": "dev",
        "healthy": True,
        "region": "eu-west-1",
        "account_id": "123456789012",
        "cluster": "web-cluster-shop-dev",
        "cluster_status": "ACTIVE",
        "stopped_since": None,
        "problems": [],
        "resources": [],
    }
    assert list(web) == [
        "name", "type", "healthy", "problems", "missing", "status", "tasks", "revisions", "deployment", "rolled_back",
        "targets", "queue", "dead_letters", "job", "stopped", "events", "crashes", "unhealthy_tasks",
        "alarms", "newer_revision",
    ]  # fmt: skip
    assert web["tasks"] == {"running": 2, "desired": 2, "pending": 0}
    assert web["revisions"] == [{"task_definition": "web-shop-dev:1", "running": 2, "images": {"web": IMAGE}}]
    assert web["targets"][0] == {"address": "10.0.0.10:80", "state": "healthy", "reason": ""}
    started = datetime.fromisoformat(web["deployment"]["started_at"])
    assert datetime.now(UTC) - started < timedelta(minutes=10)
    assert web["events"][0]["message"] == "(service web-service-shop-dev) has reached a steady state."


def test_a_dead_letter_is_unhealthy_and_exits_with_1(status: Any, deployed: Deployed) -> None:
    sqs = deployed.aws("sqs")
    url = sqs.get_queue_url(QueueName="shop-dev-mailer-dead_letters")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="late")
    try:
        result = status()
    finally:
        sqs.purge_queue(QueueUrl=url)

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == ["service `mailer`: 1 message in the dead-letter queue"]
    assert [line.split("\t")[2] for line in result.stdout.splitlines()] == ["healthy", "unhealthy", "healthy"]


def test_missing_parts_of_services_are_named(status: Any, folder: Path) -> None:
    more = {
        "api": {"image": IMAGE, "port": 80, "http": {"paths": ["/api/*"]}},
        "importer": {"type": "worker", "image": IMAGE, "queue": {"fifo": True}},
        "nightly": {"type": "job", "image": IMAGE, "schedule": "rate(1 day)"},
    }
    write_project(folder, services=PROJECT["services"] | more)

    result = status()

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "service `api`: the ECS service does not exist",
        "service `api`: the target group does not exist",
        "service `importer`: the ECS service does not exist",
        "service `importer`: the queue does not exist",
        "service `importer`: the dead-letter queue does not exist",
        "service `nightly`: the schedule does not exist",
        "service `nightly`: the dead-letter queue does not exist",
    ]


def test_an_environment_that_is_not_deployed_is_an_error(status: Any) -> None:
    result = status("--env", "staging")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "error: shop-staging: the environment is not deployed: ECS cluster web-cluster-shop-staging does not exist in "
        "eu-west-1, account 123456789012; deploy it first: ecsforge deploy --env staging"
    )


def test_an_unknown_service_is_a_usage_error_with_the_nearest_name(status: Any) -> None:
    result = status("wbe")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: unknown service; got wbe; did you mean web?\nTry 'ecsforge status --help' for help.\n"
    )


def test_credentials_of_another_account_are_refused(status: Any, folder: Path) -> None:
    write_project(folder, environments={"dev": {"account_id": "999999999999"}})

    result = status()

    assert result.exit_code == 1
    assert result.stderr.startswith(
        "error: account_id: the environment dev belongs to account 999999999999; got credentials for 123456789012 ("
    )


def test_missing_credentials_are_an_error_with_a_fix(status: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    result = status()

    assert result.exit_code == 1
    assert result.stderr.startswith("error: credentials: no AWS credentials found; run `aws configure` or ")


def test_more_than_one_environment_is_a_usage_error(invoke: Any, folder: Path) -> None:
    write_project(folder)

    result = invoke("status")

    assert result.exit_code == 2
    assert "select it with --env: dev, staging" in result.stderr


def test_it_loads_neither_cdktf_nor_rich(ecsforge: Any, deployed: Deployed, folder: Path) -> None:
    write_project(folder)
    code = "import sys; from cli.main import main\ntry: main()\nfinally: print('LOADED', *sys.modules, file=sys.stderr)"

    result = ecsforge("status", "--env", "dev", code=code, **deployed.emulator.settings())

    assert result.returncode == 0, result.stderr
    assert set(result.stderr.split()).isdisjoint(("cdktf", "jsii", "rich", "moto"))


def test_a_schedule_that_follows_its_family_is_warned_about(deployed: Deployed, status: Any) -> None:
    scheduler, arn = deployed.aws("scheduler"), "arn:aws:ecs:eu-west-1:123456789012:task-definition/cleanup-shop-dev"
    found = scheduler.get_schedule(Name=deployed.names.schedule("cleanup"))
    kept = {name: found[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}

    def follow(revision: str) -> None:
        target = {**kept["Target"], "EcsParameters": {"TaskDefinitionArn": f"{arn}{revision}"}}
        scheduler.update_schedule(**{**kept, "Target": target})

    follow("")
    assert status("cleanup").stderr.splitlines()[-1] == (
        "warning: service `cleanup`: its schedule runs the newest revision, also one that a deploy registers with the "
        "`image` of the file; move it to a revision with `ecsforge release cleanup --env dev --tag TAG`"
    )
    follow(":1")
    assert "warning" not in status("cleanup").stderr
    scheduler.update_schedule(**kept)


def test_check_prints_only_what_is_not_healthy(status: Any, deployed: Deployed) -> None:
    healthy = status("--check")
    assert (healthy.exit_code, healthy.stdout) == (0, "")
    assert healthy.stderr == "shop-dev in eu-west-1, account 123456789012\n"

    cluster = deployed.aws("ecs").describe_clusters(clusters=[deployed.names.cluster])["clusters"][0]["clusterArn"]
    tag = {"key": "ecsforge:stopped", "value": "2026-01-31T20:00:00Z"}
    deployed.aws("ecs").tag_resource(resourceArn=cluster, tags=[tag])
    stopped, plain = status("--check"), status()
    deployed.aws("ecs").untag_resource(resourceArn=cluster, tagKeys=[tag["key"]])

    assert (stopped.exit_code, stopped.stdout, plain.exit_code) == (1, "", 0)
    assert stopped.stderr.splitlines()[1:] == ["shop-dev: the environment has been stopped since 2026-01-31T20:00:00Z"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--watch",), "--watch draws on a terminal, and stdout is not one; use --check in a script"),
        (("--watch", "--json"), "--watch draws on the terminal; got --json and --watch; pass one of them"),
    ],
)
def test_watch_needs_a_terminal(status: Any, options: tuple[str, ...], message: str) -> None:
    result = status(*options)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == f"error: {message}"


def test_services_of_an_alarm_are_unhealthy(status: Any, deployed: Deployed, folder: Path) -> None:
    services = PROJECT["services"] | {"web": PROJECT["services"]["web"] | {"alarms": {"cpu_percent": 80}}}
    write_project(folder, services=services)
    alarm = "shop-dev-web-cpu-percent"
    cloudwatch = deployed.aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm, Namespace="AWS/ECS", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=80, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="85 is above 80")

    result = status("web")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "service `web`: alarm shop-dev-web-cpu-percent is in state ALARM (85 is above 80)"
    ]
    assert result.stdout.rstrip("\n").split("\t")[-1] == alarm
