"""Which deployment is the one of an apply, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.health.deployments import Baseline, ServiceDeployment
from operations.health.services import Deployment, EcsService, ServiceEvent
from operations.health.stopped_tasks import StoppedTask
from operations.health.watch import DOUBT_SECONDS, SETTLE_SECONDS, Follower, Listed, Verdict

START = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
OLD, NEW, OTHER = (f"task-definition/web-shop-dev:{number}" for number in (1, 2, 3))
BEFORE = Baseline(frozenset({"ecs-svc/1"}), OLD, START - timedelta(days=1), frozenset({"sd/1"}))
IN_PROGRESS, COMPLETE = Verdict(), Verdict("steady_state")
BREAKER = "ECS deployment circuit breaker: "


def deployment(number: int, task_definition: str = NEW, **fields: Any) -> Deployment:
    given = {"state": "COMPLETED", "started_at": START + timedelta(seconds=number), "id": f"ecs-svc/{number}"}
    return Deployment(task_definition, **(given | fields))


def listed(number: int, status: str, reason: str = "") -> ServiceDeployment:
    return ServiceDeployment(f"sd/{number}", f"ecs-svc/{number}", status, reason, float(number))


def service(*deployments: Deployment, **fields: Any) -> EcsService:
    given = {"running": 2, "desired": 2, "deployments": deployments, "circuit_breaker": True}
    return EcsService("web-service-shop-dev", **(given | fields))


FIRST = deployment(1, OLD, started_at=START - timedelta(days=1))
"""The deployment from before the apply."""


class Following:
    """A follower of `NEW` after an apply, with a clock that only the test advances."""

    def __init__(self, task_definition: str = NEW, baseline: Baseline | None = BEFORE) -> None:
        self.now = 0.0
        self.stopped: tuple[StoppedTask, ...] = ()
        self.follower = Follower(task_definition, baseline, lambda: self.stopped, lambda: self.now)

    def look(self, found: EcsService | None, history: Listed = None, *, uncertain: bool = False) -> Verdict:
        return self.follower.look(found, history, uncertain=uncertain)

    def lasts(self, seconds: float, found: EcsService | None, history: Listed = None) -> Verdict:
        """The verdict when the same answer comes again after some seconds."""
        assert self.look(found, history) == IN_PROGRESS
        self.now += seconds
        return self.look(found, history)


def failed(reason: str, *, superseded: bool = False) -> Verdict:
    return Verdict("failed", reason, superseded=superseded)


@pytest.mark.parametrize(
    ("status", "reason", "verdict"),
    [
        ("PENDING", "", IN_PROGRESS),
        ("IN_PROGRESS", "", IN_PROGRESS),
        ("STOP_REQUESTED", "", IN_PROGRESS),
        ("ROLLBACK_REQUESTED", "", IN_PROGRESS),
        ("A_STATUS_OF_THE_FUTURE", "", IN_PROGRESS),
        ("SUCCESSFUL", "", COMPLETE),
        ("STOPPED", "Stopped by a user.", failed("the deployment of web-shop-dev:2 was stopped (Stopped by a user)")),
        (
            "ROLLBACK_IN_PROGRESS",
            "Circuit breaker triggered.",
            failed(
                "ECS rolled the deployment of web-shop-dev:2 back to the configuration from before (Circuit breaker "
                "triggered)"
            ),
        ),
        (
            "ROLLBACK_SUCCESSFUL",
            "",
            failed("ECS rolled the deployment of web-shop-dev:2 back to the configuration from before"),
        ),
        (
            "ROLLBACK_FAILED",
            "",
            failed(
                "ECS rolled the deployment of web-shop-dev:2 back to the configuration from before, and its rollback "
                "failed"
            ),
        ),
    ],
)
def test_the_status_of_the_service_deployment_decides(status: str, reason: str, verdict: Verdict) -> None:
    """Also against the rollout state."""
    now = service(deployment(2), FIRST)

    assert Following().look(now, (listed(1, "SUCCESSFUL"), listed(2, status, reason))) == verdict


def test_a_rollback_to_another_task_definition_names_it() -> None:
    now = service(FIRST)

    verdict = Following().look(now, (listed(2, "ROLLBACK_SUCCESSFUL", "Circuit breaker."),))

    assert verdict == failed("ECS rolled web-shop-dev:2 back to web-shop-dev:1 (Circuit breaker)")


def test_a_rollback_within_one_task_definition_is_a_failure_even_if_ecs_has_forgotten_the_deployment() -> None:
    """A change of capacity, subnets or Service Connect whose rollback was over before the apply of the stack ended."""
    verdict = Following(OLD).look(service(FIRST), (listed(2, "ROLLBACK_SUCCESSFUL", "Circuit breaker."),))

    assert verdict == failed(
        "ECS rolled the deployment of web-shop-dev:1 back to the configuration from before (Circuit breaker)"
    )


def test_without_service_deployments_a_rollback_within_one_task_definition_is_a_failure() -> None:
    following = Following(OLD)
    rolling = deployment(2, OLD, state="IN_PROGRESS")
    assert following.look(service(rolling, FIRST)) == IN_PROGRESS

    back = deployment(1, OLD, state="IN_PROGRESS", reason=f"{BREAKER}rolling back to deploymentId ecs-svc/1.")
    gone = deployment(2, OLD, state="FAILED", reason=f"{BREAKER}tasks failed to start.", primary=False)

    what = "ECS rolled the deployment of web-shop-dev:1 back to the configuration from before"
    assert following.look(service(back, gone)) == failed(f"{what} ({BREAKER}tasks failed to start)")
    assert following.look(service(back)) == failed(f"{what} ({BREAKER}rolling back to deploymentId ecs-svc/1)")


def test_without_service_deployments_a_rollback_that_is_over_shows_in_the_events() -> None:
    following = Following(OLD)
    event = ServiceEvent(START, "(service web) rolling back to deployment ecs-svc/1.")

    verdict = following.lasts(SETTLE_SECONDS, service(FIRST, events=(event,)))

    assert verdict == failed("ECS rolled the deployment of web-shop-dev:1 back to the configuration from before")


def test_an_event_from_before_the_apply_is_not_a_rollback() -> None:
    before = Baseline(BEFORE.deployments, OLD, BEFORE.since, None, last_event=START)
    event = ServiceEvent(START, "(service web) rolling back to deployment ecs-svc/1.")

    assert Following(OLD, before).lasts(SETTLE_SECONDS, service(FIRST, events=(event,))) == COMPLETE


@pytest.mark.parametrize("stale", [service(FIRST), None, service(FIRST, status="DRAINING"), service()])
def test_one_stale_answer_after_the_update_is_not_a_rollback(stale: EcsService | None) -> None:
    following = Following()

    assert following.look(stale) == IN_PROGRESS
    following.now += 5
    assert following.look(service(deployment(2), deployment(1, OLD, primary=False))) == COMPLETE


def test_a_stale_answer_in_the_middle_is_not_a_rollback_either() -> None:
    following = Following()
    rolling = service(deployment(2, state="IN_PROGRESS"), FIRST)

    for _ in range(20):
        assert following.look(rolling) == IN_PROGRESS
        following.now += 5
        assert following.look(service(FIRST)) == IN_PROGRESS
        following.now += 5


def test_an_answer_that_lasts_is_believed() -> None:
    missing, draining = "the ECS service does not exist", "the ECS service is DRAINING"

    assert Following().lasts(DOUBT_SECONDS, None) == failed(missing)
    assert Following().lasts(DOUBT_SECONDS, service(FIRST, status="DRAINING")) == failed(draining)
    assert Following().lasts(DOUBT_SECONDS, service(FIRST)) == failed(
        "ECS rolled web-shop-dev:2 back to web-shop-dev:1"
    )


def test_the_old_deployment_does_not_count_while_the_new_one_is_not_listed() -> None:
    """It is COMPLETED, and runs the same task definition."""
    following = Following(OLD)

    assert following.look(service(FIRST)) == IN_PROGRESS
    following.now += 5
    assert following.look(service(deployment(2, OLD, state="IN_PROGRESS"), FIRST)) == IN_PROGRESS
    assert following.look(service(deployment(2, OLD))) == COMPLETE


def test_a_change_that_starts_no_deployment_waits_for_the_tasks() -> None:
    """As a change of the count."""
    following = Following(OLD)

    assert following.lasts(SETTLE_SECONDS, service(FIRST, desired=4)) == IN_PROGRESS
    assert following.look(service(FIRST, desired=4, running=4)) == COMPLETE


def test_it_does_not_settle_while_the_service_deployments_can_not_be_read() -> None:
    following = Following(OLD)
    following.look(service(FIRST), uncertain=True)
    following.now += SETTLE_SECONDS

    assert following.look(service(FIRST), uncertain=True) == IN_PROGRESS
    assert following.look(service(FIRST), (listed(1, "SUCCESSFUL"),)) == COMPLETE


def test_a_service_that_the_apply_does_not_change_is_judged_by_what_runs() -> None:
    assert Following(OLD, None).look(service(FIRST)) == COMPLETE
    assert Following("", None).look(service(FIRST)) == COMPLETE
    assert Following(OLD, None).look(service(FIRST, running=1)) == IN_PROGRESS
    assert Following(NEW, None).lasts(DOUBT_SECONDS, service(FIRST)) == failed(
        "ECS runs web-shop-dev:1 instead of web-shop-dev:2"
    )


@pytest.mark.parametrize("status", ["ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"])
def test_a_service_that_was_rolled_back_stays_a_failure_when_the_apply_does_not_change_it(status: str) -> None:
    verdict = Following(OLD, None).look(
        service(FIRST), (listed(2, status, "Circuit breaker."), listed(1, "SUCCESSFUL"))
    )

    assert verdict == failed("its last deployment was rolled back (Circuit breaker)")


def test_a_rollback_before_the_last_deployment_does_not_count() -> None:
    history = (listed(2, "ROLLBACK_SUCCESSFUL"), listed(3, "SUCCESSFUL"))

    assert Following(OLD, None).look(service(deployment(3, OLD)), history) == COMPLETE


def test_another_deployment_that_replaces_this_one_is_reported() -> None:
    following = Following()
    superseded = failed(
        "another deployment, of web-shop-dev:3, replaced the one of web-shop-dev:2 before it was complete",
        superseded=True,
    )
    following.look(service(deployment(2, state="IN_PROGRESS"), FIRST))
    theirs = deployment(3, OTHER, state="IN_PROGRESS")
    now = service(theirs, deployment(2, state="IN_PROGRESS", primary=False))

    assert following.look(now, (listed(2, "STOPPED"), listed(3, "IN_PROGRESS"))) == superseded
    assert following.lasts(DOUBT_SECONDS, now) == superseded


def test_another_deployment_that_was_never_seen_beside_this_one_is_reported() -> None:
    now = service(deployment(3, OTHER, state="IN_PROGRESS"))
    superseded = failed(
        "another deployment, of web-shop-dev:3, replaced the one of web-shop-dev:2 before it was complete",
        superseded=True,
    )

    assert Following().lasts(DOUBT_SECONDS, now) == superseded
    assert Following().look(now, (listed(2, "STOPPED"), listed(3, "IN_PROGRESS"))) == superseded


def test_a_deployment_that_starts_after_this_one_was_complete_does_not_count() -> None:
    now = service(deployment(3, OTHER, state="IN_PROGRESS"), deployment(2, primary=False))

    verdict = Following().look(now, (listed(2, "SUCCESSFUL"), listed(3, "IN_PROGRESS")))

    assert verdict == Verdict("steady_state", note="another deployment has started since")


def test_of_two_new_deployments_of_a_new_task_definition_the_first_is_the_applys() -> None:
    """Somebody forced another one of it."""
    now = service(deployment(3, state="IN_PROGRESS"), deployment(2, state="IN_PROGRESS", primary=False))

    verdict = Following().look(now, (listed(2, "STOPPED"), listed(3, "IN_PROGRESS")))

    assert verdict.superseded


def test_scaling_out_during_a_deployment_does_not_count() -> None:
    following = Following()
    following.look(service(deployment(2, state="IN_PROGRESS"), FIRST))

    assert following.look(service(deployment(2, desired=4, running=2), desired=4)) == COMPLETE


def test_a_deployment_in_progress_before_the_apply_is_not_the_applys() -> None:
    """Neither its success nor its failure decides."""
    before = Baseline(frozenset({"ecs-svc/1", "ecs-svc/0"}), OLD, START, frozenset({"sd/1", "sd/0"}))
    following = Following(NEW, before)
    stale = (listed(0, "ROLLBACK_SUCCESSFUL"), listed(1, "ROLLBACK_IN_PROGRESS"))

    assert following.look(service(FIRST), stale) == IN_PROGRESS
    assert following.look(service(deployment(2), FIRST), (*stale, listed(2, "SUCCESSFUL"))) == COMPLETE


def test_the_deployment_of_a_new_service_is_followed() -> None:
    following = Following(NEW, Baseline())

    assert following.look(service(deployment(2, state="IN_PROGRESS"))) == IN_PROGRESS
    assert following.look(service(deployment(2))) == COMPLETE


def test_when_nothing_is_known_from_before_a_stale_answer_does_not_count_either() -> None:
    following = Following(OLD, Baseline(known=False))

    assert following.look(service(FIRST)) == IN_PROGRESS
    following.now += SETTLE_SECONDS
    assert following.look(service(deployment(2, OLD, state="IN_PROGRESS"), FIRST)) == IN_PROGRESS
    assert following.look(service(deployment(2, OLD))) == COMPLETE


def test_a_service_scaled_to_zero_is_complete() -> None:
    assert Following().look(service(deployment(2), running=0, desired=0)) == COMPLETE


def test_a_failed_deployment_without_a_rollback_is_a_failure() -> None:
    now = service(deployment(2, state="FAILED", reason="tasks failed to start."))
    reason = "the deployment of web-shop-dev:2 failed (tasks failed to start)"

    assert Following().look(now) == failed(reason)
    assert Following().look(now, (listed(2, "STOPPED", "Circuit breaker."),)) == failed(reason)
