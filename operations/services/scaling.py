"""The scaling of ECS services by Application Auto Scaling: its bounds, and which of its activities are suspended.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from operations.health.stopped import ACTIVITIES

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
_TARGETS_PER_CALL = 50


@dataclass(frozen=True)
class ScalableTarget:
    """What Application Auto Scaling may do with a service.

    Attributes:
        resource_id: `service/<cluster>/<service>`.
        minimum: The lowest desired count that it sets.
        maximum: The highest desired count that it sets.
        suspended: The members of `SuspendedState` that are true.
    """

    resource_id: str
    minimum: int
    maximum: int
    suspended: frozenset[str] = frozenset()

    @property
    def is_suspended(self) -> bool:
        """Whether all of its activities are suspended."""
        return self.suspended == frozenset(ACTIVITIES)


def scalable_targets(autoscaling: Any, cluster: str, services: Iterable[str]) -> dict[str, ScalableTarget]:
    """The scalable targets of ECS services, by the name of the service in ECS, without those that do not scale.

    `autoscaling` is a boto3 client. Raises botocore.exceptions.ClientError when AWS refuses a request.
    """
    ids = {f"service/{cluster}/{service}": service for service in services}
    found: dict[str, ScalableTarget] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), _TARGETS_PER_CALL):
        pages = autoscaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace=NAMESPACE,
            ResourceIds=wanted[start : start + _TARGETS_PER_CALL],
            ScalableDimension=DIMENSION,
        )
        for page in pages:
            found |= {ids[each["ResourceId"]]: _target(each) for each in page["ScalableTargets"]}
    return found


def set_suspended(autoscaling: Any, target: ScalableTarget, suspended: Collection[str]) -> None:
    """Suspend exactly these activities. RegisterScalableTarget keeps the bounds that it does not contain."""
    autoscaling.register_scalable_target(
        ServiceNamespace=NAMESPACE,
        ResourceId=target.resource_id,
        ScalableDimension=DIMENSION,
        SuspendedState={activity: activity in suspended for activity in ACTIVITIES},
    )


def _target(answer: dict[str, Any]) -> ScalableTarget:
    state = answer.get("SuspendedState") or {}
    suspended = frozenset(activity for activity in ACTIVITIES if state.get(activity))
    return ScalableTarget(answer["ResourceId"], answer["MinCapacity"], answer["MaxCapacity"], suspended)
