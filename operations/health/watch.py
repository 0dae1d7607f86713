"""Follows the deployment that an apply started for one service, and decides on nothing else.

    Baseline ─> which deployment is new ─> its service deployment, else its rollout state ─> outcome

DescribeServices is eventually consistent: for some seconds after an update it may list the deployments from before it.
An answer that contradicts the apply is therefore believed only when it lasts. See
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html for the rollout states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from operations.health.deployments import ROLLBACKS, Baseline, ServiceDeployment
from operations.health.services import (
    CRASH_LIMIT,
    FAILED_TASK_LIMIT,
    Deployment,
    EcsService,
    because,
    revision_of,
)
from operations.health.stopped_tasks import StoppedTask, crashes_of

SETTLE_SECONDS = 15.0
"""How long a changed service may list no new deployment before it counts as changed without one, as by its count."""
DOUBT_SECONDS = 30.0
"""How long an answer must contradict the apply before it is believed."""
CRASH_WATCH_SECONDS = 60.0
"""How long to watch a completed deployment in which a task crashed: it may crash again."""

Outcome = Literal["in_progress", "steady_state", "failed"]
Listed = tuple[ServiceDeployment, ...] | None
"""The service deployments since the baseline; None when they can't be listed."""


@dataclass(frozen=True)
class Verdict:
    """What the answers so far say about a deployment.

    Attributes:
        outcome: Whether it is in progress, complete, or failed.
        reason: Why it failed.
        note: What else happened to a complete one.
        superseded: Whether another deployment took its place.
    """

    outcome: Outcome = "in_progress"
    reason: str = ""
    note: str = ""
    superseded: bool = False


class Follower:
    """The deployment of one service over time.

    Args:
        task_definition: The ARN of the task definition that it should run; empty for any.
        baseline: What ECS listed before the apply; None when the apply does not change the service.
        crashed: Reads the service's stopped tasks.
        clock: The current time in seconds.
    """

    def __init__(
        self,
        task_definition: str,
        baseline: Baseline | None,
        crashed: Callable[[], tuple[StoppedTask, ...]],
        clock: Callable[[], float],
    ) -> None:
        self.task_definition = task_definition
        self._baseline = baseline
        self._stopped_tasks = crashed
        self._clock = clock
        self._ours = ""
        self._is_new = False
        self._wanted: int | None = None
        self._first: float | None = None
        self._doubt: float | None = None
        self._crash_seen: float | None = None

    @property
    def deployment_id(self) -> str:
        """The ID of the deployment that is followed; empty while it is not known."""
        return self._ours if self._ours.startswith("ecs-svc/") else ""

    def deployment(self, service: EcsService) -> Deployment | None:
        """The deployment that is followed, as DescribeServices lists it."""
        return next((each for each in service.deployments if each.key == self._ours), None)

    def look(self, service: EcsService | None, listed: Listed, *, uncertain: bool = False) -> Verdict:
        """The verdict after one more answer of ECS.

        Args:
            service: The service; None when it does not exist.
            listed: Its service deployments since the baseline.
            uncertain: Whether listing them failed, and may succeed next time.
        """
        self._first = self._clock() if self._first is None else self._first
        verdict, certain = self._verdict(service, listed, uncertain)
        if certain or verdict.outcome != "failed":
            self._doubt = None
            return verdict
        self._doubt = self._clock() if self._doubt is None else self._doubt
        return verdict if self._clock() - self._doubt >= DOUBT_SECONDS else Verdict()

    def _verdict(self, service: EcsService | None, listed: Listed, uncertain: bool) -> tuple[Verdict, bool]:
        """The verdict of this answer, and whether it can't be a stale one."""
        if service is None:
            return Verdict("failed", "the ECS service does not exist"), False
        if service.status != "ACTIVE":
            return Verdict("failed", f"the ECS service is {service.status}"), False
        self._find(service, listed, uncertain)
        if self._baseline is None and (failed := self._failed_before(service, listed)):
            return failed, True
        history = next((each for each in listed or () if each.deployment == self._ours), None)
        if history is not None:
            return self._by_history(history, service), True
        if self._ours and not self._is_new and self._has_baseline and self._was_rolled_back(service):
            return Verdict("failed", self._rolled_back(None)), True
        if self._ours:
            return self._by_rollout(service)
        primary = service.primary
        if primary is not None and not uncertain and not self._expected(primary):
            return self._another_runs(primary), False
        return Verdict(), True

    def _another_runs(self, primary: Deployment) -> Verdict:
        """The verdict when the deployment was never listed, and the service runs another task definition."""
        if not self._has_baseline:
            return Verdict("failed", f"ECS runs {primary.revision} instead of {self._revision}")
        return (
            self._superseded(primary) if self._replaced_by(primary) else Verdict("failed", self._rolled_back(primary))
        )

    def _failed_before(self, service: EcsService, listed: Listed) -> Verdict | None:
        """The failure of the last deployment of a service that this apply does not change, if it was rolled back.

        What runs is then the configuration from before. Terraform need not see that: it does not read Service Connect.
        """
        latest = max(listed or (), key=lambda each: each.created_at, default=None)
        if latest is None or latest.status not in ROLLBACKS or service.primary is None:
            return None
        if latest.deployment == service.primary.key:
            return None
        return Verdict("failed", f"its last deployment was rolled back{because(latest.reason)}")

    def _was_rolled_back(self, service: EcsService) -> bool:
        """Whether the events report a rollback since the baseline, for endpoints without service deployments.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
        """
        last = self._baseline.last_event if self._baseline else None
        new = (each for each in service.events if last is None or each.at > last)
        return any("rolling back to deployment" in each.message for each in new)

    @property
    def _has_baseline(self) -> bool:
        return self._baseline is not None and self._baseline.known

    def _expected(self, deployment: Deployment) -> bool:
        return self.task_definition in ("", deployment.task_definition)

    def _find(self, service: EcsService, listed: Listed, uncertain: bool) -> None:
        """Find the deployment to follow, unless it is known."""
        if self._ours:
            return
        found = self._started(service, listed) if self._has_baseline else ""
        self._is_new = bool(found)
        waited = self._clock() - (self._first or 0)
        redeploys = self._baseline is not None and self._baseline.redeploys
        settled = not redeploys or (waited >= SETTLE_SECONDS and not uncertain)
        if not found and settled:  # the apply started none
            current = sorted(service.deployments, key=lambda each: not each.primary)
            candidates = current[:1] if self._has_baseline else current
            found = next((each.key for each in candidates if self._expected(each)), "")
        if found:
            self._ours = found
            self._wanted = service.desired if self._is_new else None
            self.task_definition = self.task_definition or self._task_definition_of(service)

    def _started(self, service: EcsService, listed: Listed) -> str:
        """The deployment that the apply started; empty while none is to be seen."""
        before = self._baseline or Baseline()
        new = [each for each in service.deployments if each.key not in before.deployments and not each.rolls_back]
        ours = self._by_age([each for each in new if self._expected(each)])
        foreign = before.deployments.union(each.key for each in new if not self._expected(each))
        history = [each.deployment for each in self._since(listed) if each.deployment not in foreign]
        if history:
            return next((each.key for each in ours if each.key in history), history[0])
        return ours[0].key if ours else ""

    def _since(self, listed: Listed) -> tuple[ServiceDeployment, ...]:
        """The service deployments that the baseline does not have, oldest first; none when it could not be read."""
        known = self._baseline.service_deployments if self._baseline else None
        new = () if known is None else (each for each in listed or () if each.arn not in known)
        return tuple(sorted(new, key=lambda each: each.created_at))

    def _by_age(self, deployments: Sequence[Deployment]) -> list[Deployment]:
        """Deployments, the likeliest to be the apply's first.

        Only the apply can have started the first one of a new task definition. Of several with the one from before, a
        failed one is the likeliest, then the current one.
        """
        before = self._baseline or Baseline()
        if self.task_definition and self.task_definition != before.task_definition:
            return sorted(deployments, key=lambda each: each.started_at.timestamp() if each.started_at else 0.0)
        return sorted(deployments, key=lambda each: (each.state != "FAILED", not each.primary))

    def _task_definition_of(self, service: EcsService) -> str:
        followed = self.deployment(service) or service.primary
        return followed.task_definition if followed else ""

    def _by_history(self, history: ServiceDeployment, service: EcsService) -> Verdict:
        """The verdict of a service deployment."""
        followed, primary = self.deployment(service), service.primary
        if history.status in ROLLBACKS:
            failed = ", and its rollback failed" if history.status == "ROLLBACK_FAILED" else ""
            return Verdict("failed", self._rolled_back(primary, history.reason) + failed)
        if history.status == "STOPPED":
            if followed is not None and followed.state == "FAILED":
                return Verdict("failed", followed.failure)
            if self._replaced_by(primary):
                return self._superseded(primary)
            return Verdict("failed", f"the deployment of {self._revision} was stopped{because(history.reason)}")
        if history.status == "SUCCESSFUL":
            if followed is None or not followed.primary:
                again = "another deployment has started since" if self._replaced_by(primary) else ""
                return Verdict("steady_state", note=again)
            return self._completed(followed, service)
        return self._without_breaker(followed, service) or Verdict()

    def _by_rollout(self, service: EcsService) -> tuple[Verdict, bool]:
        """The verdict of DescribeServices, and whether it can't be a stale one."""
        followed, primary = self.deployment(service), service.primary
        if followed is not None and followed.primary:
            if followed.state == "FAILED":
                return Verdict("failed", followed.failure), True
            failed = self._without_breaker(followed, service)
            return failed or (self._completed(followed, service) if followed.state == "COMPLETED" else Verdict()), True
        if primary is None:
            return Verdict(), True
        if followed is not None and followed.state == "FAILED":
            return Verdict("failed", self._rolled_back(primary, followed.reason)), True
        if primary.rolls_back:
            return Verdict("failed", self._rolled_back(primary, primary.reason)), True
        if self._replaced_by(primary):
            return self._superseded(primary), False
        return Verdict("failed", self._rolled_back(primary)), False

    def _replaced_by(self, primary: Deployment | None) -> bool:
        """Whether the current deployment is another new one: a rollback brings back one that was known before."""
        if primary is None or primary.key == self._ours or primary.rolls_back:
            return False
        return not self._has_baseline or primary.key not in (self._baseline or Baseline()).deployments

    def _superseded(self, primary: Deployment | None) -> Verdict:
        other = primary.revision if primary else "another task definition"
        what = f"another deployment, of {other}, replaced the one of {self._revision} before it was complete"
        return Verdict("failed", what, superseded=True)

    def _without_breaker(self, followed: Deployment | None, service: EcsService) -> Verdict | None:
        """The failure of a deployment that ECS would retry forever."""
        if followed is None or service.circuit_breaker or followed.failed_tasks < FAILED_TASK_LIMIT:
            return None
        return Verdict("failed", f"its tasks keep stopping: {followed.failed_tasks} failed to start")

    def _rolled_back(self, primary: Deployment | None, reason: str = "") -> str:
        if primary is None or primary.task_definition == self.task_definition or primary.key == self._ours:
            what = f"ECS rolled the deployment of {self._revision} back to the configuration from before"
        else:
            what = f"ECS rolled {self._revision} back to {primary.revision}"
        return what + because(reason)

    @property
    def _revision(self) -> str:
        return revision_of(self.task_definition)

    def _completed(self, followed: Deployment, service: EcsService) -> Verdict:
        """The verdict of a completed deployment: a task that starts and exits at once completes one too."""
        # Scaling out after the deployment began is not part of it.
        wanted = service.desired if self._wanted is None else min(service.desired, self._wanted)
        if service.running < wanted:
            return Verdict()
        if not service.desired:
            return Verdict("steady_state")
        crashes = len(crashes_of(followed, self._stopped_tasks()))
        if crashes >= CRASH_LIMIT:
            return Verdict("failed", f"its tasks keep stopping: {crashes} crashed since the deployment began")
        if not crashes:
            return Verdict("steady_state")
        self._crash_seen = self._clock() if self._crash_seen is None else self._crash_seen
        return Verdict("steady_state" if self._clock() - self._crash_seen >= CRASH_WATCH_SECONDS else "in_progress")
