"""Application Auto Scaling: bounds, target tracking and scheduled actions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.conftest import Synth


def tracked(small: Synth, count: str, measure: str, service: str = "web", more: str = "") -> Any:
    made = small(f"services: {{{service}: {{count: {count}{more}}}}}")
    policy = made[f"aws_appautoscaling_policy.{service}_{measure}"]
    assert policy["policy_type"] == "TargetTrackingScaling"
    assert policy["resource_id"] == f"${{aws_appautoscaling_target.{service}.resource_id}}"
    return policy["target_tracking_scaling_policy_configuration"]


def test_a_fixed_count_has_no_scaling(small: Synth) -> None:
    assert not [address for address in small().addresses if "autoscaling" in address]


def test_the_service_stays_between_its_bounds(small: Synth) -> None:
    made = small("services: {web: {count: {min: 2, max: 9, cpu_percent: 60}}}")

    assert made["aws_appautoscaling_target.web"] == {
        "min_capacity": 2,
        "max_capacity": 9,
        "resource_id": "service/${aws_ecs_cluster.web_cluster.name}/${aws_ecs_service.web.name}",
        "scalable_dimension": "ecs:service:DesiredCount",
        "service_namespace": "ecs",
    }
    assert made.names("aws_appautoscaling_policy") == ["web_cpu"]


@pytest.mark.parametrize(
    ("key", "measure", "metric"),
    [
        ("cpu_percent", "cpu", {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}),
        ("memory_percent", "memory", {"predefined_metric_type": "ECSServiceAverageMemoryUtilization"}),
        (
            "requests_per_target",
            "requests",
            {
                "predefined_metric_type": "ALBRequestCountPerTarget",
                "resource_label": "${aws_lb.main.arn_suffix}/${aws_lb_target_group.web.arn_suffix}",
            },
        ),
    ],
)
def test_it_tracks_a_predefined_metric(small: Synth, key: str, measure: str, metric: dict[str, str]) -> None:
    assert tracked(small, f"{{max: 4, {key}: 50}}", measure) == {
        "predefined_metric_specification": metric,
        "target_value": 50,
        "scale_in_cooldown": 300,
        "scale_out_cooldown": 60,
    }


def test_cooldowns_are_configurable(small: Synth) -> None:
    made = tracked(small, "{max: 4, cpu_percent: 50, scale_in_cooldown: 0, scale_out_cooldown: 10}", "cpu")

    assert (made["scale_in_cooldown"], made["scale_out_cooldown"]) == (0, 10)


def test_a_worker_tracks_the_backlog_per_task(small: Synth) -> None:
    made = tracked(small, "{max: 4, queue_messages_per_task: 100}", "queue", "mailer", ", type: worker, queue: {}")

    backlog, messages, tasks = made["customized_metric_specification"]["metrics"]
    assert made["target_value"] == 100
    assert backlog["expression"] == "IF(FILL(tasks, 0) > 0, messages / tasks, messages)"
    assert [metric["return_data"] for metric in (backlog, messages, tasks)] == [True, False, False]
    assert messages["metric_stat"]["metric"] == {
        "namespace": "AWS/SQS",
        "metric_name": "ApproximateNumberOfMessagesVisible",
        "dimensions": [{"name": "QueueName", "value": "${aws_sqs_queue.mailer_queue.name}"}],
    }
    assert tasks["metric_stat"]["stat"] == "SampleCount"
    assert [dimension["name"] for dimension in tasks["metric_stat"]["metric"]["dimensions"]] == [
        "ClusterName",
        "ServiceName",
    ]


def test_several_targets_can_be_combined(small: Synth) -> None:
    made = small("services: {web: {count: {max: 4, cpu_percent: 50, memory_percent: 60, requests_per_target: 100}}}")

    assert made.names("aws_appautoscaling_policy") == ["web_cpu", "web_memory", "web_requests"]
    names = {policy["name"] for policy in made.all("aws_appautoscaling_policy").values()}
    assert names == {"web-shop-prod-cpu", "web-shop-prod-memory", "web-shop-prod-requests"}


def test_scheduled_actions_change_the_bounds(small: Synth) -> None:
    made = small("""
        services:
          web:
            count:
              max: 4
              schedules:
                - {cron: "cron(0 7 ? * MON-FRI *)", timezone: Europe/Berlin, min: 2, max: 8}
                - {cron: "cron(0 19 ? * MON-FRI *)", min: 0, max: 1}
    """)

    morning, evening = (made[f"aws_appautoscaling_scheduled_action.web_{number}"] for number in range(2))
    assert (morning["schedule"], morning["timezone"]) == ("cron(0 7 ? * MON-FRI *)", "Europe/Berlin")
    assert morning["scalable_target_action"] == {"min_capacity": "2", "max_capacity": "8"}
    assert evening["timezone"] == "UTC"
    # A scheduled action changes the target's own bounds, and an apply between two of them must not revert them.
    assert made["aws_appautoscaling_target.web"]["lifecycle"] == {"ignore_changes": ["min_capacity", "max_capacity"]}
    assert evening["scalable_target_action"] == {"min_capacity": "0", "max_capacity": "1"}
