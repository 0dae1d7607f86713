"""moto's Application Auto Scaling: tags, and updates of a policy."""

from __future__ import annotations

from typing import Any

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_scalable_target_has_tags(aws: Aws, service: dict[str, Any]) -> None:
    scaling = aws("application-autoscaling")
    arn = scaling.register_scalable_target(**target(service), MinCapacity=1, MaxCapacity=4, Tags={"team": "web"})[
        "ScalableTargetARN"
    ]
    scaling.tag_resource(ResourceARN=arn, Tags={"cost": "1"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["team"])

    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"cost": "1"}


def test_an_updated_scaling_policy_keeps_its_arn_and_replaces_its_alarms(aws: Aws, service: dict[str, Any]) -> None:
    scaling = aws("application-autoscaling")
    scaling.register_scalable_target(**target(service), MinCapacity=1, MaxCapacity=4)
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    policy = {**target(service), "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
    arns, alarms = set(), set()
    for percent in (60.0, 70.0):
        made = scaling.put_scaling_policy(
            **policy, TargetTrackingScalingPolicyConfiguration={"TargetValue": percent, **metric}
        )
        arns.add(made["PolicyARN"])
        alarms = {alarm["AlarmName"] for alarm in made["Alarms"]}
    resource = target(service)["ResourceId"]
    left = aws("cloudwatch").describe_alarms(AlarmNamePrefix=f"TargetTracking-{resource}")["MetricAlarms"]

    assert len(arns) == 1
    assert {alarm["AlarmName"] for alarm in left} == alarms


def target(service: dict[str, Any]) -> dict[str, Any]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{service['cluster']}/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
