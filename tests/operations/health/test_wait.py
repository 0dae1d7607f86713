"""The wait for a steady state, and the reasons of services that do not reach one.

The emulator's services never fail, so the responses are scripted: botocore's Stubber validates them against ECS's API
model.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cli.sentences import sentences
from operations.health.wait import CRASH_WATCH_SECONDS, ExpectedService
from tests.operations.health.ecs import (
    CRASH,
    LOGS,
    NEW,
    OLD,
    START,
    Ecs,
    deployment,
    task,
)


@pytest.fixture
def ecs() -> Iterator[Ecs]:
    return Ecs()


def test_a_completed_deployment_with_all_tasks_running_is_a_steady_state(ecs: Ecs) -> None:
    ecs.service()
    ecs.tasks()

    assert ecs.wait() == ()
    assert ecs.states == ["service `web`: 2 of 2 tasks running; steady state (steady_state)"]


def test_it_waits_while_tasks_start_and_reports_each_change_once(ecs: Ecs) -> None:
    starting = [deployment(rollout="IN_PROGRESS"), deployment(OLD, "ACTIVE")]
    for running in (0, 0, 1):
        ecs.service(running=running, deployments=starting)
    ecs.service()
    ecs.tasks()

    assert ecs.wait() == ()
    assert ecs.states == [
        "service `web`: 0 of 2 tasks running (in_progress)",
        "service `web`: 1 of 2 tasks running (in_progress)",
        "service `web`: 2 of 2 tasks running; steady state (steady_state)",
    ]
    assert ecs.clock.now == 2 + 3 + 4.5


def test_a_rollback_is_a_failure_with_its_reason_a_stopped_task_and_events(ecs: Ecs) -> None:
    reason = "ECS deployment circuit breaker: tasks failed to start."
    ecs.service(
        deployments=[
            deployment(OLD, rollout="IN_PROGRESS", createdAt=START + timedelta(minutes=3)),
            deployment(NEW, "ACTIVE", "FAILED", rolloutStateReason=reason),
        ],
        events=[
            (180, "(service web) rolling back to deployment ecs-svc/1."),
            (60, "(service web) deployment failed."),
            (-60, "(service web) has reached a steady state."),
        ],
    )
    ecs.tasks(CRASH, task("b", "Scaling activity initiated by deployment ecs-svc/2", stop="ServiceSchedulerInitiated"))

    problems = ecs.wait()

    assert (
        sentences(problems)
        == """\
service `web`: ECS rolled web-shop-dev:2 back to web-shop-dev:1 (ECS deployment circuit breaker: tasks failed to \
start); got Essential container in task exited (container `web` exit code 1: the program failed); check its logs: \
ecsforge logs web --env dev --since 30m
  event: 12:01:00 (service web) deployment failed.
  event: 12:03:00 (service web) rolling back to deployment ecs-svc/1."""
    )


def test_a_failed_deployment_without_a_rollback_is_a_failure(ecs: Ecs) -> None:
    ecs.service(deployments=[deployment(rollout="FAILED", rolloutStateReason="tasks failed to start.")])
    ecs.tasks()

    (problem,) = ecs.wait()

    assert problem.what == "the deployment of web-shop-dev:2 failed (tasks failed to start)"


def test_an_image_that_can_not_be_pulled_is_reported_with_a_fix(ecs: Ecs) -> None:
    ecs.service(running=0, deployments=[deployment(rollout="FAILED")])
    ecs.tasks(
        task(
            "a",
            "CannotPullContainerError: pull image manifest: docker.io/library/ngnix:1: not found",
            stop="TaskFailedToStart",
        )
    )

    (problem,) = ecs.wait()

    assert sentences([problem]) == (
        "service `web`: the deployment of web-shop-dev:2 failed; got CannotPullContainerError: pull image manifest: "
        "docker.io/library/ngnix:1: not found; check the name and tag of the image, and that the execution role may "
        "pull it from the registry"
    )


def test_without_a_circuit_breaker_three_failed_tasks_are_a_failure(ecs: Ecs) -> None:
    ecs.service(running=0, breaker=False, deployments=[deployment(rollout="IN_PROGRESS", failedTasks=3)])
    ecs.tasks(CRASH)

    (problem,) = ecs.wait()

    assert problem.what == "its tasks keep stopping: 3 failed to start"


def test_with_a_circuit_breaker_ecs_decides_when_a_deployment_has_failed(ecs: Ecs) -> None:
    trying = [deployment(rollout="IN_PROGRESS", failedTasks=3)]
    ecs.service(running=0, deployments=trying)
    ecs.tasks()
    ecs.service(running=0, deployments=trying)
    ecs.service()
    ecs.tasks()

    assert ecs.wait() == ()


def test_while_ecs_retries_the_reason_of_a_stopped_task_is_reported_at_once(ecs: Ecs) -> None:
    ecs.service(running=0, deployments=[deployment(rollout="IN_PROGRESS", failedTasks=1)])
    ecs.tasks(CRASH)
    ecs.service(running=0, deployments=[deployment(rollout="FAILED", failedTasks=3)])
    ecs.tasks(CRASH)

    ecs.wait()

    assert ecs.states[0] == (
        "service `web`: 0 of 2 tasks running; a task stopped: Essential container in task exited (container `web` "
        "exit code 1: the program failed) (in_progress)"
    )


def test_tasks_that_start_and_crash_are_a_failure_even_when_the_deployment_is_completed(ecs: Ecs) -> None:
    ecs.service()
    ecs.tasks(CRASH, task("b", "Essential container in task exited", code=137, after=20))
    ecs.tasks(CRASH)

    (problem,) = ecs.wait()

    assert problem.what == "its tasks keep stopping: 2 crashed since the deployment began"


def test_after_one_crash_the_deployment_is_watched_for_another(ecs: Ecs) -> None:
    polls = 0
    now = 0.0
    pause = 2.0
    while now < CRASH_WATCH_SECONDS:
        polls, now, pause = polls + 1, now + pause, min(pause * 1.5, 10)
    for _ in range(polls + 1):
        ecs.service()
        ecs.tasks(CRASH)

    assert ecs.wait() == ()
    assert ecs.clock.now >= CRASH_WATCH_SECONDS


def test_only_crashed_tasks_of_this_deployment_count(ecs: Ecs) -> None:
    ecs.service()
    ecs.tasks(
        task("a", "exited", code=1, after=-5),
        task("b", "exited", code=1, definition=OLD),
        CRASH | {"stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Scaling activity initiated by deployment"},
    )

    assert ecs.wait() == ()


def test_a_timeout_is_a_failure(ecs: Ecs) -> None:
    for _ in range(3):
        ecs.service(running=1, deployments=[deployment(rollout="IN_PROGRESS")])
    ecs.tasks()

    (problem,) = ecs.wait(timeout=4)

    assert sentences([problem]) == (
        "service `web`: did not reach a steady state within 4 s: 1 of 2 tasks running; check its logs: ecsforge logs "
        "web --env dev --since 30m"
    )


def test_an_inactive_service_is_a_failure(ecs: Ecs) -> None:
    ecs.service(status="INACTIVE")

    (problem,) = ecs.wait()

    assert problem.what == "the ECS service does not exist"


def test_a_service_scaled_to_zero_is_in_a_steady_state(ecs: Ecs) -> None:
    ecs.service(running=0, desired=0, deployments=[deployment(desiredCount=0)])

    assert ecs.wait() == ()


def test_a_revision_that_a_pipeline_deployed_is_not_a_rollback(ecs: Ecs) -> None:
    ecs.service(deployments=[deployment(OLD)])
    ecs.tasks()

    assert ecs.wait(ExpectedService("web", "web-service-shop-dev", None, LOGS)) == ()


def test_a_family_means_its_latest_revision(ecs: Ecs) -> None:
    ecs.stub.add_response(
        "describe_task_definition", {"taskDefinition": {"taskDefinitionArn": NEW}}, {"taskDefinition": "web-shop-dev"}
    )
    ecs.service()
    ecs.tasks()

    assert ecs.wait(ExpectedService("web", "web-service-shop-dev", "web-shop-dev", LOGS)) == ()


@pytest.mark.parametrize(
    ("reason", "container", "advice"),
    [
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: ssm parameter /x not found",
            None,
            "check that each secret exists in this region, and that the tasks can reach Secrets Manager and SSM: "
            "`nat`, `endpoints`",
        ),
        (
            "CannotPullContainerError: ref pull: dial tcp 1.2.3.4:443: i/o timeout",
            None,
            "the tasks can't reach the registry: check `nat`, `endpoints` and the service's `egress`",
        ),
        (
            "Task failed ELB health checks in (target-group x)",
            None,
            "the container must pass its health check in time: check `port`, `health_check` and `grace_period`",
        ),
        (
            "Essential container in task exited",
            "OutOfMemoryError: Container killed due to memory usage",
            "increase the service's `memory`",
        ),
        (
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'",
            None,
            "the image is for another CPU architecture: build it for the service's `architecture`, or change it",
        ),
    ],
)
def test_known_reasons_come_with_advice(ecs: Ecs, reason: str, container: str | None, advice: str) -> None:
    ecs.service(running=0, deployments=[deployment(rollout="FAILED")])
    ecs.tasks(task("a", reason, container=container, stop="ServiceSchedulerInitiated"))

    (problem,) = ecs.wait()

    assert problem.fix == advice
