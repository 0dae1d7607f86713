"""A scripted ECS client and clock, and ECS answers, for tests of the wait for a steady state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from cli.sentences import sentence
from operations.health.wait import FIRST_PAUSE, LONGEST_PAUSE, ExpectedService, ServiceState, wait_for_steady_state
from stacks.errors import Problem

CLUSTER = "web-cluster-shop-dev"
FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-dev"
OLD, NEW = f"{FAMILY}:1", f"{FAMILY}:2"
START = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
LOGS = "ecsforge logs web --env dev"
STATUS = "ecsforge status web --env dev"
WEB = ExpectedService("web", "web-service-shop-dev", NEW, LOGS, STATUS)


class Clock:
    """A clock that only `sleep` advances."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class OlderClient:
    """A client without the API of service deployments."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name == "list_service_deployments":
            raise AttributeError(name)
        return getattr(self._client, name)


class Ecs:
    """An ECS client with scripted responses, in order."""

    def __init__(self) -> None:
        self.client = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub = Stubber(self.client)
        self.clock = Clock()
        self.states: list[str] = []
        self.troubles: list[str] = []
        self.has_history = False

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

    def history(self, *deployments: dict[str, Any], after: Any = None) -> None:
        """The service deployments of the next poll; with them the client has the API."""
        self.has_history = True
        asked = {"cluster": CLUSTER, "service": "web-service-shop-dev"}
        created = {} if after is None else {"createdAt": {"after": after}}
        self.stub.add_response("list_service_deployments", {"serviceDeployments": list(deployments)}, asked | created)

    def error(self, operation: str, code: str, message: str = "", status: int = 400) -> None:
        self.stub.add_client_error(operation, code, message, http_status_code=status)

    def wait(self, expected: ExpectedService = WEB, timeout: float = 900, troubles: Any = ()) -> tuple[Problem, ...]:
        return self.wait_for(expected, timeout=timeout, troubles=troubles)

    def wait_for(self, *expected: ExpectedService, timeout: float = 900, troubles: Any = ()) -> tuple[Problem, ...]:
        def on_state(state: ServiceState) -> None:
            self.states.append(f"{state} ({state.outcome})")

        with self.stub:
            problems = wait_for_steady_state(
                self.client if self.has_history else OlderClient(self.client),
                CLUSTER,
                expected,
                timeout=timeout,
                on_state=on_state,
                on_trouble=lambda problem: self.troubles.append(sentence(problem)),
                clock=self.clock,
                sleep=self.clock.sleep,
            )
            self.stub.assert_no_pending_responses()
        assert self.troubles == list(troubles)
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


def polls(seconds: float) -> int:
    """How many polls it takes until this much time has passed."""
    count, now, pause = 1, 0.0, FIRST_PAUSE
    while now < seconds:
        count, now, pause = count + 1, now + pause, min(pause * 1.5, LONGEST_PAUSE)
    return count


def history(number: int, status: str, reason: str = "", after: float = 1) -> dict[str, Any]:
    """A service deployment of ListServiceDeployments, for the deployment `ecs-svc/NUMBER`."""
    prefix = "arn:aws:ecs:eu-west-1:123456789012"
    return {
        "serviceDeploymentArn": f"{prefix}:service-deployment/c/s/{number}",
        "targetServiceRevisionArn": f"{prefix}:service-revision/c/s/{number}",
        "status": status,
        "statusReason": reason,
        "createdAt": START + timedelta(seconds=after),
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


def named(name: str) -> dict[str, Any]:
    return described() | {"serviceName": name}


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
