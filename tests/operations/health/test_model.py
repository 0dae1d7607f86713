"""What counts as unhealthy, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from operations.health.model import Deployment, Job, LoadBalancerTarget, Run, ServiceHealth, StackHealth, Tasks

WHEN = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
STEADY = Deployment("COMPLETED", "", 100, "web-shop-dev:7", 0, WHEN, WHEN)
HEALTHY = LoadBalancerTarget("10.0.0.10:80", "healthy", "")
WEB = ServiceHealth("web", "web", tasks=Tasks(2, 2, 0), deployment=STEADY, targets=(HEALTHY,))
JOB = ServiceHealth("cleanup", "job", job=Job("rate(1 hour)", "UTC", True, None, None), dead_letters=0)


def run(state: Any, reason: str = "") -> Run:
    return Run(state, "1a2b", WHEN, WHEN, reason)


def of_job(**changes: Any) -> ServiceHealth:
    assert JOB.job
    return replace(JOB, job=replace(JOB.job, **changes))


def target(state: str, reason: str = "") -> LoadBalancerTarget:
    return LoadBalancerTarget("10.0.0.11:80", state, reason)


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(WEB, id="all tasks run and a target is healthy"),
        pytest.param(
            replace(WEB, tasks=Tasks(3, 2, 1), deployment=replace(STEADY, state="IN_PROGRESS", percent=50)),
            id="a deployment goes on",
        ),
        pytest.param(replace(WEB, targets=(HEALTHY, target("initial"), target("draining"))), id="tasks come and go"),
        pytest.param(replace(WEB, tasks=Tasks(0, 0, 0), targets=()), id="none is wanted"),
        pytest.param(replace(WEB, crashes=1), id="a task crashed once"),
        pytest.param(replace(WEB, deployment=replace(STEADY, failed_tasks=2)), id="two tasks failed to start"),
        pytest.param(ServiceHealth("mailer", "worker", tasks=Tasks(1, 1, 0), dead_letters=0), id="a worker"),
        pytest.param(JOB, id="a job that has not run yet"),
        pytest.param(of_job(last_run=run("succeeded")), id="a job that succeeded"),
        pytest.param(of_job(last_run=run("running")), id="a job that runs"),
        pytest.param(of_job(last_run=run("unknown")), id="a job that nobody remembers"),
    ],
)
def test_nothing_is_wrong_with(service: ServiceHealth) -> None:
    assert service.problems == ()


FAILED = replace(STEADY, state="FAILED", reason="tasks failed to start.", task_definition="web-shop-dev:8")


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        (replace(WEB, tasks=Tasks(1, 2, 0)), "1 of 2 tasks running"),
        (replace(WEB, tasks=Tasks(1, 2, 1)), "1 of 2 tasks running, 1 pending"),
        (replace(WEB, crashes=2), "its tasks keep stopping: 2 of this deployment in the last hour"),
        (replace(WEB, deployment=FAILED), "ECS gave up on web-shop-dev:8 (tasks failed to start)"),
        (replace(WEB, rolled_back=FAILED), "ECS gave up on web-shop-dev:8 (tasks failed to start)"),
        (replace(WEB, deployment=replace(STEADY, failed_tasks=3)), "3 tasks of web-shop-dev:7 failed to start"),
        (
            replace(WEB, targets=(HEALTHY, target("unhealthy", "Target.Timeout: Request timed out"))),
            "the load balancer finds 10.0.0.11:80 unhealthy: Target.Timeout: Request timed out",
        ),
        (replace(WEB, targets=(target("unavailable"),)), "the load balancer finds 10.0.0.11:80 unavailable"),
        (replace(WEB, targets=(target("initial"),)), "the load balancer has no healthy target"),
        (replace(WEB, targets=()), "the load balancer has no healthy target"),
        (replace(WEB, missing=("the ECS service",)), "the ECS service is not there"),
        (replace(JOB, dead_letters=1), "1 message in the dead-letter queue"),
        (replace(JOB, dead_letters=12), "12 messages in the dead-letter queue"),
        (of_job(enabled=False), "its schedule is disabled"),
        (
            of_job(last_run=run("failed", "Essential container in task exited")),
            "its last run failed: Essential container in task exited",
        ),
    ],
)
def test_it_says_what_is_wrong(service: ServiceHealth, problem: str) -> None:
    assert service.problems == (problem,)


def test_a_stack_is_as_healthy_as_its_services() -> None:
    lame = replace(WEB, name="api", tasks=Tasks(0, 2, 0))
    stack = StackHealth("shop-dev", "dev", "eu-west-1", "123456789012", "web-cluster-shop-dev", (WEB, lame))

    assert stack.unhealthy == (lame,)
    told = stack.as_json()
    assert told["healthy"] is False
    assert [(each["name"], each["healthy"], each["problems"]) for each in told["services"]] == [
        ("web", True, ()),
        ("api", False, ("0 of 2 tasks running",)),
    ]
