"""A scripted ECS client and clock, and ECS answers, for tests of the wait for a steady state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from operations.health.wait import ExpectedService, ServiceState, wait_for_steady_state
from stacks.errors import Problem

CLUSTER = "web-cluster-shop-dev"
FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-dev"
OLD, NEW = f"{FAMILY}:1", f"{FAMILY}:2"
START = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
LOGS = "ecsforge logs web --env dev"
WEB = ExpectedService("web", "web-service-shop-dev", NEW, LOGS)


class Clock:
    """A clock that only `sleep` advances."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Ecs:
    """An ECS client with scripted responses, in order."""

    def __init__(self) -> None:
        self.client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub = Stubber(self.client)
        self.clock = Clock()
        self.states: list[str] = []

    def service(self, **service: Any) -> None:
        self.stub.add_response(
            "describe_services",
            {"services": [described(**service)]},
            {"cluster": CLUSTER, "services": ["web-service-shop-dev"]},
        )

    def tasks(self, *tasks: dict[str, Any]) -> None:
        self.stub.add_response("list_tasks", {"taskArns": [task["taskArn"] for task in tasks]}, ANY_LIST)
        if tasks:
            self.stub.add_response("describe_tasks", {"tasks": list(tasks)}, {"cluster": CLUSTER, "tasks": ANY})

    def wait(self, expected: ExpectedService = WEB, timeout: float = 900) -> tuple[Problem, ...]:
        def on_state(state: ServiceState) -> None:
            self.states.append(f"{state} ({state.outcome})")

        with self.stub:
            problems = wait_for_steady_state(
                self.client,
                CLUSTER,
                [expected],
                timeout=timeout,
                on_state=on_state,
                clock=self.clock,
                sleep=self.clock.sleep,
            )
            self.stub.assert_no_pending_responses()
        return problems


ANY_LIST = {"cluster": CLUSTER, "serviceName": ANY, "desiredStatus": "STOPPED", "maxResults": 100}


def deployment(
    task_definition: str = NEW, status: str = "PRIMARY", rollout: str = "COMPLETED", **more: Any
) -> dict[str, Any]:
    return {
        "status": status,
        "taskDefinition": task_definition,
        "rolloutState": rollout,
        "createdAt": START,
        "desiredCount": 2,
        **more,
    }


def described(
    running: int = 2,
    desired: int = 2,
    deployments: Any = None,
    breaker: bool = True,
    events: Any = (),
    status: str = "ACTIVE",
) -> dict[str, Any]:
    return {
        "serviceName": "web-service-shop-dev",
        "status": status,
        "runningCount": running,
        "desiredCount": desired,
        "deployments": deployments or [deployment()],
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": breaker, "rollback": breaker}},
        "events": [{"id": "1", "createdAt": START + timedelta(seconds=when), "message": text} for when, text in events],
    }


def task(
    name: str,
    reason: str,
    *,
    code: int | None = None,
    stop: str = "EssentialContainerExited",
    container: str | None = None,
    after: float = 10,
    definition: str = NEW,
) -> dict[str, Any]:
    ended: dict[str, Any] = {"name": "web"}
    if code is not None:
        ended["exitCode"] = code
    if container is not None:
        ended["reason"] = container
    return {
        "taskArn": f"arn:aws:ecs:eu-west-1:1:task/c/{name}",
        "taskDefinitionArn": definition,
        "stopCode": stop,
        "stoppedReason": reason,
        "stoppedAt": START + timedelta(seconds=after),
        "containers": [ended],
    }


CRASH = task("a", "Essential container in task exited", code=1)
