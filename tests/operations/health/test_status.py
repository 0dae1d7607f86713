"""How an environment is: asked of the emulator, and, for what never fails there, of scripted answers.

botocore's Stubber holds every scripted answer against AWS's API model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from click.testing import Result

from operations.health.model import Deployment, Event, LoadBalancerTarget, Revision, ServiceHealth, Stopped, Tasks
from operations.health.status import described_services, health_of
from operations.rehearsal.emulator.client import Emulator
from stacks.naming import Names
from stacks.project.models import Service
from tests.support.deployed import IMAGE, PROJECT, Deployed, write_project

START = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NAMES = Names("shop", "dev")
FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-dev"
GROUP = "service:web-service-shop-dev"
DIGEST = f"sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    with Emulator() as emulator:
        environment = Deployed(emulator)
        environment.make()
        yield environment


@pytest.fixture
def status(deployed: Deployed, folder: Path, invoke: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`status("web", "--json")` of the environment `dev`, in the emulator."""
    for name, value in deployed.emulator.settings().items():
        monkeypatch.setenv(name, value)
    write_project(folder)

    def run(*arguments: str) -> Result:
        return invoke("status", *(() if "--env" in arguments else ("--env", "dev")), *arguments)

    return run


def test_all_is_well_and_it_ends_with_0(status: Any) -> None:
    result = status()

    assert (result.exit_code, result.stderr) == (0, "shop-dev in eu-west-1, account 123456789012\n")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[:9] for row in rows] == [
        ["web", "web", "healthy", "2", "2", "0", "web-shop-dev:1", IMAGE, "COMPLETED"],
        ["mailer", "worker", "healthy", "1", "1", "0", "mailer-shop-dev:1", IMAGE, "COMPLETED"],
        ["cleanup", "job", "healthy", "-", "-", "-", "-", "-", "-"],
    ]
    assert [row[11:14] for row in rows] == [["2/2", "-", "-"], ["-", "0", "0"], ["-", "-", "0"]]


def test_json_tells_all_of_it(status: Any) -> None:
    result = status("web", "--json")

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    (web,) = told.pop("services")
    assert told == {
        "stack": "shop-dev",
        "env": "dev",
        "healthy": True,
        "region": "eu-west-1",
        "account_id": "123456789012",
        "cluster": "web-cluster-shop-dev",
    }
    assert list(web) == [
        "name", "type", "healthy", "problems", "missing", "tasks", "revisions", "deployment", "rolled_back", "targets",
        "queue", "dead_letters", "job", "stopped", "events", "crashes",
    ]  # fmt: skip
    assert web["tasks"] == {"running": 2, "desired": 2, "pending": 0}
    assert web["revisions"] == [{"task_definition": "web-shop-dev:1", "running": 2, "images": {"web": IMAGE}}]
    assert web["targets"][0] == {"address": "10.0.0.10:80", "state": "healthy", "reason": ""}
    started = datetime.fromisoformat(web["deployment"]["started_at"])
    assert datetime.now(UTC) - started < timedelta(minutes=10)
    assert web["events"][0]["message"] == "(service web-service-shop-dev) has reached a steady state."


def test_a_dead_letter_is_unhealthy_and_ends_with_1(status: Any, deployed: Deployed) -> None:
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


def test_what_the_project_file_asks_for_and_aws_does_not_have_is_named(status: Any, folder: Path) -> None:
    more = {
        "api": {"image": IMAGE, "port": 80, "http": {"paths": ["/api/*"]}},
        "importer": {"type": "worker", "image": IMAGE, "queue": {"fifo": True}},
        "nightly": {"type": "job", "image": IMAGE, "schedule": "rate(1 day)"},
    }
    write_project(folder, services=PROJECT["services"] | more)

    result = status()

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "service `api`: the ECS service is not there; the target group is not there",
        "service `importer`: the ECS service is not there; the queue is not there; the dead-letter queue is not there",
        "service `nightly`: the schedule is not there; the dead-letter queue is not there",
    ]


def test_an_environment_that_is_not_deployed_is_an_error_that_says_so(status: Any) -> None:
    result = status("--env", "staging")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "error: shop-staging: this environment is not deployed; got no ECS cluster web-cluster-shop-staging in "
        "eu-west-1 of account 123456789012; deploy it first: ecsforge deploy --env staging"
    )


def test_an_unknown_service_suggests_the_nearest(status: Any) -> None:
    result = status("wbe")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: there is no service of this name; got wbe; did you mean web?\n")


def test_another_account_is_refused_as_deploy_refuses_it(status: Any, folder: Path) -> None:
    write_project(folder, environments={"dev": {"account_id": "999999999999"}})

    result = status()

    assert result.exit_code == 1
    assert result.stderr.startswith(
        "error: account_id: the environment dev belongs to account 999999999999; got credentials for 123456789012 ("
    )


def test_without_credentials_it_says_how_to_get_them(status: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    result = status()

    assert result.exit_code == 1
    assert result.stderr.startswith("error: credentials: no AWS credentials were found; set them with `aws configure`")


def test_more_than_one_environment_is_a_mistake(invoke: Any, folder: Path) -> None:
    write_project(folder)

    result = invoke("status")

    assert result.exit_code == 2
    assert "choose it with --env: dev, staging" in result.stderr


def test_it_loads_neither_cdktf_nor_what_draws_tables(ecsforge: Any, deployed: Deployed, folder: Path) -> None:
    write_project(folder)
    code = "import sys; from cli.main import main\ntry: main()\nfinally: print('LOADED', *sys.modules, file=sys.stderr)"

    result = ecsforge("status", "--env", "dev", code=code, **deployed.emulator.settings())

    assert result.returncode == 0, result.stderr
    assert set(result.stderr.split()).isdisjoint(("cdktf", "jsii", "rich", "moto"))


class Scripted:
    """Clients that answer from a script, in order."""

    def __init__(self) -> None:
        self.clients: dict[str, Any] = {}
        self._stubs: dict[str, Stubber] = {}

    def answer(self, service: str, operation: str, response: dict[str, Any], asked: Any = None) -> None:
        if service not in self.clients:
            keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
            client = boto3.client(service, region_name="eu-west-1", **keys)
            self.clients[service], self._stubs[service] = client, Stubber(client)
            self._stubs[service].activate()
        self._stubs[service].add_response(operation, response, asked)

    def tasks(self, state: str, *tasks: dict[str, Any]) -> None:
        asked = {"cluster": NAMES.cluster, "family": "web-shop-dev", "desiredStatus": state, "maxResults": 100}
        self.answer("ecs", "list_tasks", {"taskArns": [task["taskArn"] for task in tasks]}, asked)
        if tasks:
            self.answer("ecs", "describe_tasks", {"tasks": list(tasks)}, {"cluster": NAMES.cluster, "tasks": ANY})

    def definition(self, revision: int, image: str) -> None:
        arn = f"{FAMILY}:{revision}"
        containers = [{"name": "web", "image": image}, {"name": "metrics", "image": f"otel@{DIGEST}"}]
        response = {"taskDefinition": {"taskDefinitionArn": arn, "containerDefinitions": containers}}
        self.answer("ecs", "describe_task_definition", response, {"taskDefinition": arn})

    def targets(self, *targets: tuple[str, str, str]) -> None:
        groups = [{"TargetGroupArn": "arn:aws:elasticloadbalancing:x"}]
        self.answer("elbv2", "describe_target_groups", {"TargetGroups": groups}, {"Names": ["shop-dev-web-80"]})
        told = [
            {"Target": {"Id": address, "Port": 80}, "TargetHealth": {"State": state, "Reason": reason}}
            for address, state, reason in targets
        ]
        self.answer("elbv2", "describe_target_health", {"TargetHealthDescriptions": told})

    def health(self, service: dict[str, Any]) -> ServiceHealth:
        found = health_of(self.clients, NAMES, "web", Service(port=80), service)
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()
        return found


def deployment(revision: int, status: str, rollout: str, running: int, **more: Any) -> dict[str, Any]:
    return {
        "status": status, "taskDefinition": f"{FAMILY}:{revision}", "rolloutState": rollout, "runningCount": running,
        "desiredCount": 3, "createdAt": START, "updatedAt": START, **more,
    }  # fmt: skip


def task(name: str, revision: int, *, group: str = GROUP, **more: Any) -> dict[str, Any]:
    return {"taskArn": f"arn:aws:ecs:eu-west-1:1:task/c/{name}", "taskDefinitionArn": f"{FAMILY}:{revision}",
            "group": group, "containers": [{"name": "web", "imageDigest": DIGEST}], **more}  # fmt: skip


def crashed(name: str, revision: int, minute: int, **more: Any) -> dict[str, Any]:
    return task(name, revision, stopCode="EssentialContainerExited", stoppedReason="Essential container in task exited",
                stoppedAt=START + timedelta(minutes=minute), **more)  # fmt: skip


def of_ecs(*deployments: dict[str, Any], running: int = 3) -> dict[str, Any]:
    events = [{"id": str(n), "createdAt": START, "message": f"event {n}"} for n in range(8)]
    return {"serviceName": NAMES.service("web"), "status": "ACTIVE", "runningCount": running, "desiredCount": 3,
            "pendingCount": 1, "deployments": list(deployments), "events": events}  # fmt: skip


def test_a_deployment_that_goes_on_tells_what_runs_of_either_revision() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""), ("10.0.0.11", "initial", "Elb.InitialHealthChecking"))
    script.tasks("RUNNING", task("a", 7), task("b", 8))
    script.tasks("STOPPED")
    script.definition(8, "nginx:1.28")
    script.definition(7, "nginx:1.27")

    health = script.health(of_ecs(deployment(8, "PRIMARY", "IN_PROGRESS", 1), deployment(7, "ACTIVE", "COMPLETED", 2)))

    assert health.tasks == Tasks(3, 3, 1)
    assert health.deployment == Deployment("IN_PROGRESS", "", 33, "web-shop-dev:8", 0, START, START)
    assert health.revisions == (
        Revision("web-shop-dev:8", 1, {"web": f"nginx:1.28@{DIGEST}", "metrics": f"otel@{DIGEST}"}),
        Revision("web-shop-dev:7", 2, {"web": f"nginx:1.27@{DIGEST}", "metrics": f"otel@{DIGEST}"}),
    )
    assert health.targets == (
        LoadBalancerTarget("10.0.0.10:80", "healthy", ""),
        LoadBalancerTarget("10.0.0.11:80", "initial", "Elb.InitialHealthChecking"),
    )
    assert health.events == tuple(Event(START, f"event {n}") for n in range(5))
    assert health.problems == ()


def test_a_rollback_tells_what_failed_and_why_its_tasks_stopped() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""))
    script.tasks("RUNNING", task("a", 7))
    script.tasks("STOPPED", crashed("d", 8, 2), crashed("e", 8, 1))
    script.definition(7, "nginx:1.27")
    failed = deployment(8, "ACTIVE", "FAILED", 0, rolloutStateReason="tasks failed to start.", failedTasks=3)

    health = script.health(of_ecs(deployment(7, "PRIMARY", "IN_PROGRESS", 3), failed))

    assert health.problems == ("ECS gave up on web-shop-dev:8 (tasks failed to start)",)
    assert [stopped.task for stopped in health.stopped] == ["d", "e"]
    assert health.stopped[0] == Stopped(
        "d", START + timedelta(minutes=2), "Essential container in task exited", True, None
    )


def test_tasks_that_keep_stopping_are_those_of_this_deployment_and_of_the_service() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""))
    script.tasks("RUNNING")
    script.tasks("STOPPED", crashed("a", 7, 1), crashed("b", 7, 2), crashed("before", 7, -1), crashed("old", 6, 1),
                 crashed("by hand", 7, 3, group="family:web-shop-dev"))  # fmt: skip
    script.definition(7, "nginx:1.27")

    health = script.health(of_ecs(deployment(7, "PRIMARY", "COMPLETED", 3)))

    assert health.crashes == 2
    assert [stopped.task for stopped in health.stopped] == ["b", "a", "old", "before"]
    assert health.problems == ("its tasks keep stopping: 2 of this deployment in the last hour",)


def test_more_services_than_one_call_takes_are_asked_for_in_turn() -> None:
    script, services = Scripted(), {f"s{n}": Service(type="worker") for n in range(12)} | {"job": Service(type="job")}
    for batch in (range(10), range(10, 12)):
        names = [NAMES.service(f"s{n}") for n in batch]
        told = [{"serviceName": name, "status": "ACTIVE"} for name in names[1:]]
        gone = {"serviceName": names[0], "status": "INACTIVE"}
        script.answer("ecs", "describe_services", {"services": [gone, *told]}, {"cluster": ANY, "services": names})

    found = described_services(script.clients["ecs"], NAMES, services)

    assert set(found) == set(services) - {"s0", "s10", "job"}
