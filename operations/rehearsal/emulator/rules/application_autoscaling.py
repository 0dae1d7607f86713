"""Scaling that Application Auto Scaling refuses.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/, pages API_RegisterScalableTarget,
API_PutScalingPolicy and API_PutScheduledAction.
"""

from __future__ import annotations

from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.schedules import is_valid

SERVICE = "application-autoscaling"
INVALID = "ValidationException"


@rule(SERVICE, "RegisterScalableTarget")
def capacity(request: Request) -> None:
    """A minimum above the maximum."""
    target = _target(request)
    low = request.parameters.get("MinCapacity", getattr(target, "min_capacity", None))
    high = request.parameters.get("MaxCapacity", getattr(target, "max_capacity", None))
    if low is not None and high is not None:
        refused_unless(low <= high, INVALID, "Maximum capacity cannot be less than minimum capacity")


@rule(SERVICE, "PutScheduledAction")
def scheduled_action(request: Request) -> None:
    """A malformed expression, and a minimum above the maximum."""
    action = request.parameters.get("ScalableTargetAction", {})
    low, high = action.get("MinCapacity"), action.get("MaxCapacity")
    fits = low is None or high is None or low <= high
    refused_unless(fits, INVALID, "Maximum capacity cannot be less than minimum capacity")
    schedule = request.parameters.get("Schedule")
    refused_unless(schedule is None or is_valid(schedule), INVALID, f"Invalid schedule expression: {schedule}")


@rule(SERVICE, "PutScalingPolicy", "PutScheduledAction")
def target(request: Request) -> None:
    """A policy or action of a target that is not registered."""
    namespace, resource, dimension = (
        request.parameters.get(name) for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")
    )
    text = f"No scalable target registered for service namespace: {namespace}, resource ID: {resource}, "
    found = _target(request) is not None
    refused_unless(found, "ObjectNotFoundException", f"{text}scalable dimension: {dimension}")


@rule(SERVICE, "PutScalingPolicy")
def same_metric(request: Request) -> None:
    """Two target tracking policies on one predefined metric, and a request count without its target group."""
    metric = _predefined(request.parameters.get("TargetTrackingScalingPolicyConfiguration"))
    if metric is None:
        return
    for other in request.backend().policies.values():
        same = (other.resource_id, _predefined(other.target_tracking_scaling_policy_configuration)) == (
            request.parameters["ResourceId"],
            metric,
        )
        if same and other.policy_name != request.parameters["PolicyName"]:
            text = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
            raise Refused(INVALID, text)
    labeled = metric[0] != "ALBRequestCountPerTarget" or metric[1]
    refused_unless(labeled, INVALID, "ResourceLabel is required for ALBRequestCountPerTarget.")


def _target(request: Request) -> Any:
    targets = request.backend().targets.get(request.parameters.get("ScalableDimension"), {})
    return targets.get(request.parameters.get("ResourceId"))


def _predefined(configuration: Any) -> tuple[str, str] | None:
    metric = (configuration or {}).get("PredefinedMetricSpecification")
    return None if not metric else (metric["PredefinedMetricType"], metric.get("ResourceLabel", ""))
