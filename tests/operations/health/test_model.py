"""What is unhealthy, and the text of each problem."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.sentences import sentences
from operations.health.model import Job, LoadBalancerTarget, Run, ServiceHealth, StackHealth
from operations.health.services import Deployment, EcsService

WHEN = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
COMPLETED = Deployment("task-definition/web-shop-dev:7", "COMPLETED", running=2, desired=2)
ECS = EcsService("web-service-shop-dev", running=2, desired=2, deployments=(COMPLETED,))
HEALTHY = LoadBalancerTarget("10.0.0.10:80", "healthy", "")
WEB = ServiceHealth("web", "web", ecs=ECS, targets=(HEALTHY,))
JOB = ServiceHealth("cleanup", "job", job=Job("rate(1 hour)", "UTC", True, None, None), dead_letters=0)


def run(state: Any, reason: str = "") -> Run:
    return Run(state, "1a2b", WHEN, WHEN, reason)


def of_job(**changes: Any) -> ServiceHealth:
    assert JOB.job
    return replace(JOB, job=replace(JOB.job, **changes))


def of_ecs(**changes: Any) -> ServiceHealth:
    return replace(WEB, ecs=replace(ECS, **changes))


def of_deployment(**changes: Any) -> ServiceHealth:
    return of_ecs(deployments=(replace(COMPLETED, **changes),))


def target(state: str, reason: str = "") -> LoadBalancerTarget:
    return LoadBalancerTarget("10.0.0.11:80", state, reason)


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(WEB, id="all tasks run and a target is healthy"),
        pytest.param(
            of_ecs(running=3, pending=1, deployments=(replace(COMPLETED, state="IN_PROGRESS", running=1),)),
            id="a deployment is in progress",
        ),
        pytest.param(replace(WEB, targets=(HEALTHY, target("initial"), target("draining"))), id="tasks are replaced"),
        pytest.param(replace(of_ecs(running=0, desired=0), targets=()), id="the desired count is zero"),
        pytest.param(replace(WEB, crashes=1), id="a task crashed once"),
        pytest.param(of_deployment(failed_tasks=2), id="two tasks failed to start"),
        pytest.param(replace(WEB, type="worker", targets=None, dead_letters=0), id="a worker"),
        pytest.param(JOB, id="a job that has not run yet"),
        pytest.param(of_job(last_run=run("succeeded")), id="a job that succeeded"),
        pytest.param(of_job(last_run=run("running")), id="a job that is running"),
        pytest.param(of_job(last_run=run("unknown")), id="a job whose task ECS no longer lists"),
    ],
)
def test_it_is_healthy(service: ServiceHealth) -> None:
    assert service.problems == ()


FAILED = replace(
    COMPLETED, task_definition="task-definition/web-shop-dev:8", state="FAILED", reason="tasks failed to start."
)


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        (of_ecs(running=1), "1 of 2 tasks running"),
        (of_ecs(status="DRAINING"), "the ECS service is DRAINING: it is being deleted"),
        (of_ecs(status="NEW_STATUS"), "the ECS service is NEW_STATUS"),
        (replace(WEB, unhealthy_tasks=1), "1 task failing a container's health check"),
        (
            of_deployment(
                state="IN_PROGRESS", reason="ECS deployment circuit breaker: rolling back to deploymentId x."
            ),
            "ECS is rolling back to web-shop-dev:7 (ECS deployment circuit breaker: rolling back to deploymentId x)",
        ),
        (
            replace(WEB, targets=(HEALTHY, target("unhealthy.draining"))),
            "target 10.0.0.11:80 is unhealthy.draining",
        ),
        (
            replace(WEB, targets=(HEALTHY, target("unused", "Target.NotInUse: not in use"))),
            "target 10.0.0.11:80 is unused: Target.NotInUse: not in use",
        ),
        (of_ecs(running=1, pending=1), "1 of 2 tasks running, 1 pending"),
        (
            replace(WEB, crashes=2),
            "its tasks keep stopping: 2 tasks of this deployment crashed in the last hour",
        ),
        (of_ecs(deployments=(FAILED,)), "the deployment of web-shop-dev:8 failed (tasks failed to start)"),
        (
            of_ecs(deployments=(COMPLETED, replace(FAILED, primary=False))),
            "the deployment of web-shop-dev:8 failed (tasks failed to start)",
        ),
        (of_deployment(failed_tasks=3), "3 tasks of web-shop-dev:7 failed to start"),
        (
            replace(WEB, targets=(HEALTHY, target("unhealthy", "Target.Timeout: Request timed out"))),
            "target 10.0.0.11:80 is unhealthy: Target.Timeout: Request timed out",
        ),
        (replace(WEB, targets=(target("unavailable"),)), "target 10.0.0.11:80 is unavailable"),
        (replace(WEB, targets=(target("initial"),)), "the target group has no healthy target"),
        (replace(WEB, targets=()), "the target group has no healthy target"),
        (replace(WEB, missing=("the ECS service",)), "the ECS service does not exist"),
        (replace(JOB, dead_letters=1), "1 message in the dead-letter queue"),
        (replace(JOB, dead_letters=12), "12 messages in the dead-letter queue"),
        (of_job(enabled=False), "the schedule is disabled"),
        (
            of_job(last_run=run("failed", "Essential container in task exited")),
            "the last run failed: Essential container in task exited",
        ),
    ],
)
def test_it_is_unhealthy(service: ServiceHealth, problem: str) -> None:
    assert sentences(service.problems) == f"service `{service.name}`: {problem}"


def test_a_stack_lists_its_unhealthy_services() -> None:
    unhealthy = replace(of_ecs(running=0), name="api")
    stack = StackHealth("shop-dev", "dev", "eu-west-1", "123456789012", "web-cluster-shop-dev", (WEB, unhealthy))

    assert stack.unhealthy == (unhealthy,)


STACK = StackHealth("shop-dev", "dev", "eu-west-1", "123456789012", "web-cluster-shop-dev", (WEB,))


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ("PROVISIONING", "its status is PROVISIONING: ECS is creating the resources of its capacity providers"),
        ("DEPROVISIONING", "its status is DEPROVISIONING: ECS is deleting the resources of its capacity providers"),
        ("FAILED", "its status is FAILED: ECS could not create the resources of its capacity providers"),
        ("NEW_STATUS", "its status is NEW_STATUS"),
    ],
)
def test_a_cluster_that_is_not_active_is_a_problem(status: str, problem: str) -> None:
    stack = replace(STACK, cluster_status=status)

    assert sentences(stack.problems) == f"cluster web-cluster-shop-dev: {problem}"
    assert not stack.healthy


def test_a_stack_is_healthy_when_its_cluster_is_active_and_its_services_are_healthy() -> None:
    assert STACK.healthy
    assert not replace(STACK, services=(of_ecs(running=0),)).healthy
