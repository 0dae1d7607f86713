"""The wait for a steady state, and the reasons of services that do not reach one.

The emulator's services never fail, so the responses are scripted: botocore's Stubber validates them against ECS's API
model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from cli.sentences import sentences
from operations.health.deployments import Baseline
from operations.health.wait import PATIENCE_SECONDS
from operations.health.watch import CRASH_WATCH_SECONDS, DOUBT_SECONDS
from tests.operations.health.ecs import (
    CLUSTER,
    CRASH,
    NEW,
    OLD,
    START,
    STATUS,
    WEB,
    Ecs,
    deployment,
    history,
    named,
    polls,
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
    for _ in range(polls(CRASH_WATCH_SECONDS)):
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
    for _ in range(polls(DOUBT_SECONDS)):
        ecs.service(status="INACTIVE")

    (problem,) = ecs.wait()

    assert problem.what == "the ECS service does not exist"


def test_a_service_scaled_to_zero_is_in_a_steady_state(ecs: Ecs) -> None:
    ecs.service(running=0, desired=0, deployments=[deployment(desiredCount=0)])

    assert ecs.wait() == ()


def test_a_revision_that_a_pipeline_deployed_is_not_a_rollback(ecs: Ecs) -> None:
    ecs.service(deployments=[deployment(OLD)])
    ecs.tasks()

    assert ecs.wait(replace(WEB, task_definition=None)) == ()


def test_a_family_means_its_latest_revision(ecs: Ecs) -> None:
    ecs.stub.add_response(
        "describe_task_definition", {"taskDefinition": {"taskDefinitionArn": NEW}}, {"taskDefinition": "web-shop-dev"}
    )
    ecs.service()
    ecs.tasks()

    assert ecs.wait(replace(WEB, task_definition="web-shop-dev")) == ()


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


BEFORE = Baseline(frozenset({"ecs-svc/1"}), OLD, START, frozenset())
CHANGED = replace(WEB, baseline=BEFORE)
THROTTLED = (
    "waiting for ECS: AWS refused DescribeServices; the deploy itself is done, and ecsforge tries again; got "
    "ThrottlingException: Rate exceeded"
)
UNKNOWN = (
    "service `web`: the deploy is done, but it is unknown whether ECS reaches a steady state: {}; got {}; check the "
    "health with `ecsforge status web --env dev`\n  try: {}"
)
AGAIN = "run the same command again; completed changes are kept"


def test_the_service_deployment_of_the_apply_is_followed(ecs: Ecs) -> None:
    ours, first = deployment(NEW, id="ecs-svc/2", rollout="IN_PROGRESS"), deployment(OLD, "ACTIVE", id="ecs-svc/1")
    ecs.service(deployments=[deployment(OLD, id="ecs-svc/1")])
    ecs.history(after=START)
    ecs.service(deployments=[ours, first])
    ecs.history(history(2, "IN_PROGRESS"), after=START)
    ecs.service(deployments=[ours])
    ecs.history(history(2, "SUCCESSFUL"), after=START)
    ecs.tasks()

    assert ecs.wait(CHANGED) == ()


def test_a_rolled_back_service_deployment_is_a_failure_with_the_causes(ecs: Ecs) -> None:
    ecs.service(deployments=[deployment(OLD, id="ecs-svc/1")])
    ecs.history(history(2, "ROLLBACK_IN_PROGRESS", "Circuit breaker triggered."), after=START)
    ecs.tasks(CRASH)

    assert sentences(ecs.wait(CHANGED)) == (
        "service `web`: ECS rolled web-shop-dev:2 back to web-shop-dev:1 (Circuit breaker triggered); got Essential "
        "container in task exited (container `web` exit code 1: the program failed); check its logs: ecsforge logs web "
        "--env dev --since 30m"
    )


def test_tasks_of_another_deployment_of_the_same_task_definition_are_not_the_cause(ecs: Ecs) -> None:
    earlier = task("b", "Essential container in task exited", code=137, after=60) | {"startedBy": "ecs-svc/1"}
    ecs.service(deployments=[deployment(NEW, id="ecs-svc/2", rollout="FAILED")])
    ecs.tasks(earlier, CRASH | {"startedBy": "ecs-svc/2"})

    (problem,) = ecs.wait()

    assert problem.got == "Essential container in task exited (container `web` exit code 1: the program failed)"
    assert problem.details == ()


def test_a_superseded_deployment_says_what_to_do(ecs: Ecs) -> None:
    theirs = f"{NEW}9"
    ecs.service(deployments=[deployment(theirs, id="ecs-svc/3", rollout="IN_PROGRESS")])
    ecs.history(history(2, "STOPPED"), history(3, "IN_PROGRESS"), after=START)
    ecs.tasks()

    assert sentences(ecs.wait(CHANGED)) == (
        "service `web`: another deployment, of web-shop-dev:29, replaced the one of web-shop-dev:2 before it was "
        f"complete; see what runs with `{STATUS}`, and deploy again if it is not this"
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 400), ("UnsupportedFeatureException", 400), ("NotImplementedByEmulator", 501)],
)
def test_without_the_right_or_the_api_of_service_deployments_the_rollout_state_decides(
    ecs: Ecs, code: str, status: int
) -> None:
    starting = deployment(NEW, id="ecs-svc/2", rollout="IN_PROGRESS")
    ecs.has_history = True
    ecs.service(deployments=[starting])
    ecs.error("list_service_deployments", code, status=status)
    ecs.service(deployments=[starting])
    ecs.service(deployments=[deployment(NEW, id="ecs-svc/2")])
    ecs.tasks()

    assert ecs.wait(CHANGED) == ()


def test_throttling_and_server_errors_during_the_wait_are_waited_out(ecs: Ecs) -> None:
    ecs.service(running=0, deployments=[deployment(rollout="IN_PROGRESS")])
    for _ in range(20):
        ecs.error("describe_services", "ThrottlingException", "Rate exceeded")
        ecs.error("describe_services", "ServerException", "Internal error", status=500)
    ecs.service()
    ecs.tasks()

    assert ecs.wait(troubles=[THROTTLED]) == ()


def test_each_stretch_of_errors_is_reported_once(ecs: Ecs) -> None:
    for _ in range(2):
        ecs.error("describe_services", "ThrottlingException", "Rate exceeded")
        ecs.error("describe_services", "ThrottlingException", "Rate exceeded")
        ecs.service(running=0, deployments=[deployment(rollout="IN_PROGRESS")])
    ecs.service()
    ecs.tasks()

    assert ecs.wait(troubles=[THROTTLED, THROTTLED]) == ()


def test_errors_until_the_time_is_over_leave_only_the_health_unknown(ecs: Ecs) -> None:
    for _ in range(3):
        ecs.error("describe_services", "ThrottlingException", "Rate exceeded")

    assert sentences(ecs.wait(timeout=4, troubles=[THROTTLED])) == UNKNOWN.format(
        "AWS refused DescribeServices",
        "ThrottlingException: Rate exceeded",
        f"AWS is throttling requests: wait a minute, then {AGAIN}",
    )


def test_a_missing_permission_ends_the_wait_at_once(ecs: Ecs) -> None:
    message = "User: x is not authorized to perform: ecs:DescribeServices on resource: y"
    ecs.error("describe_services", "AccessDeniedException", message)

    assert sentences(ecs.wait()) == UNKNOWN.format(
        "AWS refused DescribeServices",
        f"AccessDeniedException: {message}",
        f"allow ecs:DescribeServices for the user or role that deploys, then {AGAIN}",
    )
    assert ecs.clock.now == 0


def test_without_the_right_to_read_tasks_the_deployment_decides(ecs: Ecs) -> None:
    ecs.service()
    ecs.error("list_tasks", "AccessDeniedException")

    assert ecs.wait() == ()


EXPIRED = "ExpiredTokenException: The security token included in the request is expired"
EXPIRED_WARNING = (
    "waiting for ECS: AWS refused DescribeServices; the deploy itself is done, and ecsforge tries again; got "
    f"{EXPIRED}; the credentials have expired: sign in again with `aws sso login`, then {AGAIN}"
)


def test_credentials_that_expire_during_the_wait_end_it_after_a_while(ecs: Ecs) -> None:
    ecs.service(running=0, deployments=[deployment(rollout="IN_PROGRESS")])
    for _ in range(polls(PATIENCE_SECONDS) - 1):  # the pauses are longer by then
        ecs.error("describe_services", *EXPIRED.split(": "))

    problems = ecs.wait(troubles=[EXPIRED_WARNING])

    assert sentences(problems) == UNKNOWN.format(
        "AWS refused DescribeServices",
        EXPIRED,
        f"the credentials have expired: sign in again with `aws sso login`, then {AGAIN}",
    )
    assert ecs.clock.now < 60


def test_credentials_that_are_renewed_in_time_end_nothing(ecs: Ecs) -> None:
    for _ in range(3):
        ecs.error("describe_services", *EXPIRED.split(": "))
    ecs.service()
    ecs.tasks()

    assert ecs.wait(troubles=[EXPIRED_WARNING]) == ()


def test_a_missing_cluster_is_not_waited_for_until_the_end(ecs: Ecs) -> None:
    for _ in range(polls(PATIENCE_SECONDS)):
        ecs.error("describe_services", "ClusterNotFoundException", "Cluster not found.")

    (problem,) = ecs.wait(
        troubles=[
            "waiting for ECS: AWS refused DescribeServices; the deploy itself is done, and ecsforge tries again; got "
            "ClusterNotFoundException: Cluster not found."
        ]
    )

    assert problem.code == "ClusterNotFoundException"


def test_a_service_that_has_failed_and_one_that_is_unknown_are_both_reported(ecs: Ecs) -> None:
    failing = {**named("web"), "deployments": [deployment(rollout="FAILED")]}
    trying = {**named("api"), "deployments": [deployment(rollout="IN_PROGRESS")]}
    names = {"cluster": CLUSTER, "services": ["web", "api"]}
    ecs.stub.add_response("describe_services", {"services": [failing, trying]}, names)
    ecs.error("describe_services", "AccessDeniedException")
    ecs.tasks()

    problems = ecs.wait_for(replace(WEB, name="web"), replace(WEB, service="api", name="api"))

    assert [str(problem.where) for problem in problems] == ["service `web`", "service `api`"]
    assert [problem.code for problem in problems] == [None, "AccessDeniedException"]
