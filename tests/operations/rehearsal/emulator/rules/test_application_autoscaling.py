"""Scaling that Application Auto Scaling refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Network, refusal
from tests.operations.rehearsal.emulator.rules.ecs import run_service

CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}, "TargetValue": 50}
REQUESTS = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"}, "TargetValue": 50}


@pytest.fixture
def target(network: Network) -> dict[str, str]:
    running = run_service(network)
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{running['cluster']}/{running['service']}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }


def policy(target: dict[str, str], name: str, configuration: dict[str, Any]) -> dict[str, Any]:
    kind = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": configuration}
    return {**target, "PolicyName": name, **kind}


def test_a_minimum_above_the_maximum(network: Network, target: dict[str, str]) -> None:
    refused = ("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    scaling = network.aws("application-autoscaling")

    assert refusal(scaling.register_scalable_target, **target, MinCapacity=4, MaxCapacity=2) == refused
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    assert refusal(scaling.register_scalable_target, **target, MinCapacity=3) == refused
    action = {"ScheduledActionName": "a", "Schedule": "rate(1 hour)"}
    bounds = {"MinCapacity": 4, "MaxCapacity": 2}
    assert refusal(scaling.put_scheduled_action, **target, **action, ScalableTargetAction=bounds) == refused


def test_a_policy_and_an_action_without_a_target(network: Network, target: dict[str, str]) -> None:
    scaling = network.aws("application-autoscaling")
    refused = (
        "ObjectNotFoundException",
        f"No scalable target registered for service namespace: ecs, resource ID: {target['ResourceId']}, scalable "
        "dimension: ecs:service:DesiredCount",
    )

    assert refusal(scaling.put_scaling_policy, **policy(target, "cpu", CPU)) == refused
    action = {"ScheduledActionName": "a", "Schedule": "rate(1 hour)", "ScalableTargetAction": {"MinCapacity": 1}}
    assert refusal(scaling.put_scheduled_action, **target, **action) == refused


def test_a_malformed_schedule(network: Network, target: dict[str, str]) -> None:
    scaling = network.aws("application-autoscaling")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    action = {"ScheduledActionName": "a", "Schedule": "cron(0 8 * * * *)", "ScalableTargetAction": {"MinCapacity": 1}}

    assert refusal(scaling.put_scheduled_action, **target, **action) == (
        "ValidationException",
        "Invalid schedule expression: cron(0 8 * * * *)",
    )


def test_two_policies_on_one_metric(network: Network, target: dict[str, str]) -> None:
    scaling = network.aws("application-autoscaling")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(**policy(target, "cpu", CPU))
    scaling.put_scaling_policy(**policy(target, "cpu", CPU))

    assert refusal(scaling.put_scaling_policy, **policy(target, "cpu-2", CPU)) == (
        "ValidationException",
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
    )
    assert refusal(scaling.put_scaling_policy, **policy(target, "requests", REQUESTS)) == (
        "ValidationException",
        "ResourceLabel is required for ALBRequestCountPerTarget.",
    )
