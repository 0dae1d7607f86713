"""Application Auto Scaling of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.bindings import TerraformResourceLifecycle, aws
from stacks.constructs.base import Construct, Scope
from stacks.constructs.environment import Environment
from stacks.naming import identifier
from stacks.project.models import Scaling, ScheduledCount

NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"


@dataclass(frozen=True)
class ScaledService:
    """A service that scales, with the dimensions of its metrics.

    `request_label` is the resource label of ALBRequestCountPerTarget, `queue_name` the name of the worker's queue; both
    are Terraform expressions.
    """

    name: str
    cluster_name: str
    service_name: str
    request_label: str | None = None
    queue_name: str | None = None


class Autoscaling(Construct):
    """Keeps the desired count of a service between two bounds, with target tracking policies and scheduled actions.

    With several policies, the service scales out when any of them requires it, and scales in when all of them allow it
    (Application Auto Scaling User Guide, "Target tracking").
    """

    def __init__(self, scope: Scope, environment: Environment, service: ScaledService, config: Scaling) -> None:
        super().__init__(scope, "autoscaling")
        self._service = service
        self._config = config
        self._id = identifier(service.name)
        self._names = environment.names
        self._target = self.make(
            aws.appautoscaling_target.AppautoscalingTarget,
            self._id,
            min_capacity=config.min,
            max_capacity=config.max,
            resource_id=f"service/{service.cluster_name}/{service.service_name}",
            scalable_dimension=DIMENSION,
            service_namespace=NAMESPACE,
            # A scheduled action changes these bounds; an apply between two of them must not revert them.
            lifecycle=_ignore_bounds() if config.schedules else None,
        )
        self._track_predefined("cpu", "ECSServiceAverageCPUUtilization", config.cpu_percent)
        self._track_predefined("memory", "ECSServiceAverageMemoryUtilization", config.memory_percent)
        self._track_predefined(
            "requests", "ALBRequestCountPerTarget", config.requests_per_target, resource_label=service.request_label
        )
        self._track_queue(config.queue_messages_per_task)
        for number, schedule in enumerate(config.schedules):
            self._scheduled_action(number, schedule)

    def _target_arguments(self) -> dict[str, Any]:
        return {
            "service_namespace": self._target.service_namespace,
            "resource_id": self._target.resource_id,
            "scalable_dimension": self._target.scalable_dimension,
        }

    def _track(self, measure: str, target: int, comment: str = "", **metric: Any) -> None:
        kind = aws.appautoscaling_policy
        configuration = kind.AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
            target_value=target,
            scale_in_cooldown=self._config.scale_in_cooldown,
            scale_out_cooldown=self._config.scale_out_cooldown,
            **metric,
        )
        self.make(
            kind.AppautoscalingPolicy,
            f"{self._id}_{measure}",
            comment=comment,
            name=self._names.scaling(self._service.name, measure),
            policy_type="TargetTrackingScaling",
            **self._target_arguments(),
            target_tracking_scaling_policy_configuration=configuration,
        )

    def _track_predefined(
        self, measure: str, metric_type: str, target: int | None, *, resource_label: str | None = None
    ) -> None:
        if target is None:
            return
        metric = aws.appautoscaling_policy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(  # noqa: E501
            predefined_metric_type=metric_type, resource_label=resource_label
        )
        self._track(measure, target, predefined_metric_specification=metric)

    def _track_queue(self, target: int | None) -> None:
        """Track the backlog per task: visible messages divided by running tasks.

        A running task reports its CPU utilization once a minute, so the number of samples is the number of tasks (ECS
        Developer Guide, "Service RUNNING task count"). Without running tasks, the backlog is the whole queue.
        """
        if target is None or self._service.queue_name is None:
            return
        kind = aws.appautoscaling_policy
        prefix = "AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification"
        query = getattr(kind, f"{prefix}Metrics")
        expression = query(
            id="backlog",
            expression="IF(FILL(tasks, 0) > 0, messages / tasks, messages)",
            label="Messages per task",
            return_data=True,
        )
        messages = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Sum", {"QueueName": self._service.queue_name})
        dimensions = {"ClusterName": self._service.cluster_name, "ServiceName": self._service.service_name}
        tasks = ("AWS/ECS", "CPUUtilization", "SampleCount", dimensions)
        metrics = [
            query(id=name, return_data=False, metric_stat=_metric_stat(prefix, *metric))
            for name, metric in (("messages", messages), ("tasks", tasks))
        ]
        self._track(
            "queue",
            target,
            comment="Each running task reports CPU utilization once a minute, so the sample count is the task count.",
            customized_metric_specification=getattr(kind, prefix)(metrics=[expression, *metrics]),
        )

    def _scheduled_action(self, number: int, schedule: ScheduledCount) -> None:
        kind = aws.appautoscaling_scheduled_action
        action = kind.AppautoscalingScheduledActionScalableTargetAction(
            min_capacity=str(schedule.min), max_capacity=str(schedule.max)
        )
        self.make(
            kind.AppautoscalingScheduledAction,
            f"{self._id}_{number}",
            name=self._names.scaling(self._service.name, str(number)),
            **self._target_arguments(),
            schedule=schedule.cron,
            timezone=schedule.timezone,
            scalable_target_action=action,
        )


def _ignore_bounds() -> TerraformResourceLifecycle:
    return TerraformResourceLifecycle(ignore_changes=["min_capacity", "max_capacity"])


def _metric_stat(prefix: str, namespace: str, name: str, statistic: str, dimensions: dict[str, str]) -> Any:
    kind = aws.appautoscaling_policy
    dimension = getattr(kind, f"{prefix}MetricsMetricStatMetricDimensions")
    metric = getattr(kind, f"{prefix}MetricsMetricStatMetric")(
        namespace=namespace,
        metric_name=name,
        dimensions=[dimension(name=key, value=value) for key, value in dimensions.items()],
    )
    return getattr(kind, f"{prefix}MetricsMetricStat")(stat=statistic, metric=metric)
