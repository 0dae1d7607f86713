"""The health of a service, read from scripted responses of AWS: services of the emulator never fail.

botocore's Stubber validates each response against AWS's API model.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from cli.sentences import sentences
from operations.health.environment import Environment
from operations.health.model import LoadBalancerTarget, NewerRevision, Revision, ServiceHealth, StackHealth
from operations.health.services import Deployment, ServiceEvent, describe_services
from operations.health.status import ecs_services, health_of, status
from operations.health.stopped_tasks import StoppedTask, describe_tasks
from stacks.errors import AwsError
from stacks.naming import Names
from stacks.project.models import Project, Service

START = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NAMES = Names("shop", "dev")
FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-dev"
GROUP = "service:web-service-shop-dev"
DIGEST = f"sha256:{'0' * 64}"


class Scripted:
    """Clients with scripted responses, in order."""

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

    def newest(self, revision: int) -> None:
        definition = {"taskDefinition": {"taskDefinitionArn": f"{FAMILY}:{revision}"}}
        self.answer("ecs", "describe_task_definition", definition, {"taskDefinition": "web-shop-dev"})

    def targets(self, *targets: tuple[str, str, str]) -> None:
        groups = [{"TargetGroupArn": "arn:aws:elasticloadbalancing:x"}]
        self.answer("elbv2", "describe_target_groups", {"TargetGroups": groups}, {"Names": ["shop-dev-web-80"]})
        health = [
            {"Target": {"Id": address, "Port": 80}, "TargetHealth": {"State": state, "Reason": reason}}
            for address, state, reason in targets
        ]
        self.answer("elbv2", "describe_target_health", {"TargetHealthDescriptions": health})

    def health(self, service: dict[str, Any], config: Service | None = None) -> ServiceHealth:
        first = Scripted()
        first.answer("ecs", "describe_services", {"services": [service]})
        ecs = describe_services(first.clients["ecs"], NAMES.cluster, [service["serviceName"]])[service["serviceName"]]
        found = health_of(self.clients, NAMES, "web", config or Service(port=80), ecs)
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


def whats(health: ServiceHealth) -> list[str]:
    return [problem.what for problem in health.problems]


def test_a_deployment_in_progress_has_the_images_of_both_revisions() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""), ("10.0.0.11", "initial", "Elb.InitialHealthChecking"))
    script.tasks("RUNNING", task("a", 7), task("b", 8))
    script.tasks("STOPPED")
    script.definition(8, "nginx:1.28")
    script.definition(7, "nginx:1.27")

    health = script.health(of_ecs(deployment(8, "PRIMARY", "IN_PROGRESS", 1), deployment(7, "ACTIVE", "COMPLETED", 2)))

    assert health.ecs
    assert (health.ecs.running, health.ecs.desired, health.ecs.pending) == (3, 3, 1)
    assert health.deployment == Deployment(f"{FAMILY}:8", "IN_PROGRESS", "", 1, 3, 0, START, START)
    assert health.deployment.percent == 33
    assert health.revisions == (
        Revision("web-shop-dev:8", 1, {"web": f"nginx:1.28@{DIGEST}", "metrics": f"otel@{DIGEST}"}),
        Revision("web-shop-dev:7", 2, {"web": f"nginx:1.27@{DIGEST}", "metrics": f"otel@{DIGEST}"}),
    )
    assert health.targets == (
        LoadBalancerTarget("10.0.0.10:80", "healthy", ""),
        LoadBalancerTarget("10.0.0.11:80", "initial", "Elb.InitialHealthChecking"),
    )
    assert health.ecs.events == tuple(ServiceEvent(START, f"event {n}") for n in range(8))
    assert health.problems == ()


def test_a_rollback_has_the_reason_of_the_failure_and_its_stopped_tasks() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""))
    script.tasks("RUNNING", task("a", 7))
    script.tasks("STOPPED", crashed("d", 8, 2), crashed("e", 8, 1))
    script.definition(7, "nginx:1.27")
    failed = deployment(8, "ACTIVE", "FAILED", 0, rolloutStateReason="tasks failed to start.", failedTasks=3)

    health = script.health(of_ecs(deployment(7, "PRIMARY", "IN_PROGRESS", 3), failed))

    assert whats(health) == ["the deployment of web-shop-dev:8 failed (tasks failed to start)"]
    assert [stopped.id for stopped in health.stopped] == ["d", "e"]
    stopped = StoppedTask(
        "d",
        f"{FAMILY}:8",
        "EssentialContainerExited",
        "Essential container in task exited",
        stopped_at=START + timedelta(minutes=2),
    )
    assert health.stopped[0] == stopped
    assert (stopped.cause, stopped.crashed, stopped.advice) == ("Essential container in task exited", True, None)


def test_crashes_are_those_of_this_deployment_and_of_the_service() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""))
    script.tasks("RUNNING")
    script.tasks("STOPPED", crashed("a", 7, 1), crashed("b", 7, 2), crashed("before", 7, -1), crashed("old", 6, 1),
                 crashed("by hand", 7, 3, group="family:web-shop-dev"))  # fmt: skip
    script.definition(7, "nginx:1.27")
    script.newest(7)

    health = script.health(of_ecs(deployment(7, "PRIMARY", "COMPLETED", 3)))

    assert health.crashes == 2
    assert [stopped.id for stopped in health.stopped] == ["b", "a", "old", "before"]
    assert whats(health) == ["its tasks keep stopping: 2 tasks of this deployment crashed in the last hour"]


class Session:
    """A session with the clients of a script."""

    def __init__(self, script: Scripted) -> None:
        self._script = script

    def client(self, service: str, **_: Any) -> Any:
        return self._script.clients[service]


def stack_status(*clusters: dict[str, Any]) -> StackHealth:
    """The status of an environment without services."""
    script = Scripted()
    asked = {"clusters": [NAMES.cluster], "include": ["TAGS"]}
    script.answer("ecs", "describe_clusters", {"clusters": list(clusters)}, asked)
    project = Project(project_id="shop", env="dev", region="eu-west-1")
    return status(Environment(project, {}, NAMES, "123456789012", "--env dev", Session(script)))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["ACTIVE", "PROVISIONING", "DEPROVISIONING", "FAILED"])
def test_a_cluster_that_exists_is_deployed_whatever_its_status(state: str) -> None:
    assert stack_status({"status": state}).cluster_status == state


@pytest.mark.parametrize("clusters", [[], [{"status": "INACTIVE"}]])
def test_an_environment_without_a_cluster_is_not_deployed(clusters: list[dict[str, Any]]) -> None:
    with pytest.raises(AwsError) as missing:
        stack_status(*clusters)

    assert sentences(missing.value) == (
        "shop-dev: the environment is not deployed: ECS cluster web-cluster-shop-dev does not exist in eu-west-1, "
        "account 123456789012; deploy it first: ecsforge deploy --env dev"
    )


def test_a_draining_service_is_not_healthy() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""))
    script.tasks("RUNNING")
    script.tasks("STOPPED")
    script.definition(7, "nginx:1.27")
    script.newest(7)

    health = script.health(of_ecs(deployment(7, "PRIMARY", "COMPLETED", 3)) | {"status": "DRAINING"})

    assert whats(health) == ["the ECS service is DRAINING: it is being deleted"]


def test_running_tasks_that_fail_a_health_check_are_counted() -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""))
    states = {"a": "HEALTHY", "b": "UNHEALTHY", "c": "UNKNOWN"}
    script.tasks("RUNNING", *(task(name, 7, healthStatus=state) for name, state in states.items()))
    script.tasks("STOPPED")
    script.definition(7, "nginx:1.27")
    script.newest(7)

    health = script.health(of_ecs(deployment(7, "PRIMARY", "COMPLETED", 3)))

    assert whats(health) == ["1 task failing a container's health check"]


@pytest.mark.parametrize(("owner", "deployed_next"), [("terraform", True), ("external", False)])
def test_after_a_rollback_the_newer_revision_is_known(owner: str, deployed_next: bool) -> None:
    script = Scripted()
    script.targets(("10.0.0.10", "healthy", ""))
    script.tasks("RUNNING")
    script.tasks("STOPPED")
    script.definition(7, "nginx:1.27")
    script.newest(9)
    service = Service.model_validate({"port": 80, "deployment": {"image_owner": owner}})

    health = script.health(of_ecs(deployment(7, "PRIMARY", "COMPLETED", 3)), service)

    assert health.newer == NewerRevision("web-shop-dev:7", "web-shop-dev:9", deployed_next)
    assert whats(health) == []


def test_an_empty_page_of_tasks_is_not_the_last_one() -> None:
    script = Scripted()
    script.answer("ecs", "list_tasks", {"taskArns": [], "nextToken": "more"})
    script.answer("ecs", "list_tasks", {"taskArns": ["arn:aws:ecs:eu-west-1:1:task/c/a"]})
    script.answer("ecs", "describe_tasks", {"tasks": [task("a", 7)]})

    assert [each["group"] for each in describe_tasks(script.clients["ecs"], "c", "RUNNING")] == [GROUP]


def test_services_are_described_in_batches() -> None:
    script, services = Scripted(), {f"s{n}": Service(type="worker") for n in range(12)} | {"job": Service(type="job")}
    for batch in (range(10), range(10, 12)):
        names = [NAMES.service(f"s{n}") for n in batch]
        active = [{"serviceName": name, "status": "ACTIVE"} for name in names[1:]]
        inactive = {"serviceName": names[0], "status": "INACTIVE"}
        response = {"services": [inactive, *active]}
        script.answer("ecs", "describe_services", response, {"cluster": NAMES.cluster, "services": names})

    found = ecs_services(script.clients["ecs"], NAMES, services)

    assert set(found) == set(services) - {"s0", "s10", "job"}
