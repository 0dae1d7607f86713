"""ECS services as DescribeServices returns them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.health.services import Deployment, EcsService, ServiceEvent, describe_services

START = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-dev"


def described(**fields: Any) -> EcsService:
    client: Any = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        response = {"services": [{"serviceName": "web", "status": "ACTIVE", **fields}]}
        stub.add_response("describe_services", response, {"cluster": "shop", "services": ["web"]})
        return describe_services(client, "shop", ["web"])["web"]


def deployment(revision: int, status: str, **fields: Any) -> dict[str, Any]:
    return {"taskDefinition": f"{ARN}:{revision}", "status": status, **fields}


def test_every_field_is_read() -> None:
    failed = deployment(
        8,
        "ACTIVE",
        rolloutState="FAILED",
        rolloutStateReason="tasks failed to start.",
        runningCount=1,
        desiredCount=2,
        failedTasks=3,
        createdAt=START,
        updatedAt=START,
    )

    service = described(
        runningCount=3,
        desiredCount=2,
        pendingCount=1,
        deployments=[deployment(7, "PRIMARY", rolloutState="IN_PROGRESS"), failed],
        events=[{"id": "1", "createdAt": START, "message": "(service web) has reached a steady state."}],
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )

    current = Deployment(f"{ARN}:7", "IN_PROGRESS")
    previous = Deployment(f"{ARN}:8", "FAILED", "tasks failed to start.", 1, 2, 3, START, START, primary=False)
    event = ServiceEvent(START, "(service web) has reached a steady state.")
    assert service == EcsService("web", "ACTIVE", 3, 2, 1, (current, previous), (event,), circuit_breaker=True)
    assert (service.primary, service.rolled_back) == (current, previous)


def test_a_service_without_deployments_has_neither_a_primary_nor_a_rolled_back_one() -> None:
    service = described()

    assert (service.primary, service.rolled_back, service.circuit_breaker) == (None, None, False)


@pytest.mark.parametrize(("running", "state"), [(1, "IN_PROGRESS"), (2, "COMPLETED"), (3, "COMPLETED")])
def test_without_a_rollout_state_the_running_tasks_decide(running: int, state: str) -> None:
    primary = described(deployments=[deployment(7, "PRIMARY", runningCount=running, desiredCount=2)]).primary

    assert primary
    assert primary.state == state


@pytest.mark.parametrize(
    ("running", "desired", "percent"), [(0, 3, 0), (1, 3, 33), (3, 3, 100), (4, 3, 100), (0, 0, 100)]
)
def test_the_percentage_of_a_deployment(running: int, desired: int, percent: int) -> None:
    assert Deployment(ARN, "IN_PROGRESS", running=running, desired=desired).percent == percent


def test_a_failure_names_the_revision_and_the_reason() -> None:
    with_reason = Deployment(f"{ARN}:8", "FAILED", "tasks failed to start.")

    assert with_reason.failure == "the deployment of web-shop-dev:8 failed (tasks failed to start)"
    assert Deployment(f"{ARN}:8", "FAILED").failure == "the deployment of web-shop-dev:8 failed"


def test_the_task_sets_of_another_deployment_controller_are_read_as_deployments() -> None:
    stable = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "taskDefinition": f"{ARN}:7",
        "computedDesiredCount": 2,
        "runningCount": 2,
        "stabilityStatus": "STEADY_STATE",
        "createdAt": START,
        "updatedAt": START,
    }
    starting = {"id": "ecs-svc/2", "status": "ACTIVE", "taskDefinition": f"{ARN}:8", "stabilityStatus": "STABILIZING"}

    service = described(deployments=[], taskSets=[stable, starting])

    assert service.deployments == (
        Deployment(f"{ARN}:7", "COMPLETED", "", 2, 2, 0, START, START, id="ecs-svc/1"),
        Deployment(f"{ARN}:8", "IN_PROGRESS", primary=False, id="ecs-svc/2"),
    )


def test_a_deployment_is_known_by_its_id_else_by_its_task_definition() -> None:
    assert Deployment(ARN, "COMPLETED", id="ecs-svc/1").key == "ecs-svc/1"
    assert Deployment(ARN, "COMPLETED").key == ARN
