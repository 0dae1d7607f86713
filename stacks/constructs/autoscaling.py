"""Application Auto Scaling of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.bindings import Construct, TerraformResourceLifecycle, aws
from stacks.constructs.base import Chosen, Concept
from stacks.constructs.environment import Environment
from stacks.naming import identifier
from stacks.project.models import Scaling

NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"


@dataclass(frozen=True)
class Scaled:
    """The service that scales, and what its metrics are called.

    `request_label` is the load balancer's and target group's label for requests per target, `queue_name` the name of
    the worker's queue; both are Terraform expressions.
    """

    name: str
    cluster_name: str
    service_name: str
    request_label: str | None = None
    queue_name: str | None = None


class Autoscaling(Concept):
    """Keeps a service between two counts, by targets and by the clock.

    Several targets may apply: the service grows when any asks for more, and shrinks when all agree
    (Application Auto Scaling User Guide, "Target tracking").
    """

    def __init__(self, scope: Construct, environment: Environment, scaled: Scaled, spec: Scaling) -> None:
        super().__init__(scope, "autoscaling")
        self._scaled = scaled
        self._spec = spec
        self._id = identifier(scaled.name)
        self._names = environment.names
        self._target = self.make(
            aws.appautoscaling_target.AppautoscalingTarget,
            self._id,
            **Chosen(
                min_capacity=spec.min,
                max_capacity=spec.max,
                resource_id=f"service/{scaled.cluster_name}/{scaled.service_name}",
                scalable_dimension=DIMENSION,
                service_namespace=NAMESPACE,
                lifecycle=_bounds_of_the_clock() if spec.schedules else None,
            ),
        )
        self._track_predefined("cpu", "ECSServiceAverageCPUUtilization", spec.cpu_percent)
        self._track_predefined("memory", "ECSServiceAverageMemoryUtilization", spec.memory_percent)
        self._track_predefined(
            "requests", "ALBRequestCountPerTarget", spec.requests_per_target, resource_label=scaled.request_label
        )
        self._track_queue(spec.queue_messages_per_task)
        for number, schedule in enumerate(spec.schedules):
            self._at(number, schedule)

    def _on_target(self) -> dict[str, Any]:
        return {
            "service_namespace": self._target.service_namespace,
            "resource_id": self._target.resource_id,
            "scalable_dimension": self._target.scalable_dimension,
        }

    def _track(self, measure: str, target: int, comment: str = "", **metric: Any) -> None:
        kind = aws.appautoscaling_policy
        configuration = kind.AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
            target_value=target,
            scale_in_cooldown=self._spec.scale_in_cooldown,
            scale_out_cooldown=self._spec.scale_out_cooldown,
            **metric,
        )
        self.make(
            kind.AppautoscalingPolicy,
            f"{self._id}_{measure}",
            comment=comment,
            name=self._names.scaling(self._scaled.name, measure),
            policy_type="TargetTrackingScaling",
            **self._on_target(),
            target_tracking_scaling_policy_configuration=configuration,
        )

    def _track_predefined(
        self, measure: str, metric_type: str, target: int | None, *, resource_label: str | None = None
    ) -> None:
        if target is None:
            return
        metric = aws.appautoscaling_policy.AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(  # noqa: E501
            predefined_metric_type=metric_type, **Chosen(resource_label=resource_label)
        )
        self._track(measure, target, predefined_metric_specification=metric)

    def _track_queue(self, target: int | None) -> None:
        """The backlog of one task: visible messages by running tasks.

        A running task reports its CPU use once a minute, so the count of those samples is the count of tasks (ECS
        Developer Guide, "Service RUNNING task count"). With no task at all the whole queue is the backlog.
        """
        if target is None or self._scaled.queue_name is None:
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
        messages = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Sum", {"QueueName": self._scaled.queue_name})
        service = {"ClusterName": self._scaled.cluster_name, "ServiceName": self._scaled.service_name}
        tasks = ("AWS/ECS", "CPUUtilization", "SampleCount", service)
        metrics = [
            query(id=name, return_data=False, metric_stat=_metric_stat(prefix, *metric))
            for name, metric in (("messages", messages), ("tasks", tasks))
        ]
        self._track(
            "queue",
            target,
            comment="Each running task reports its CPU use once a minute: as many samples, as many tasks.",
            customized_metric_specification=getattr(kind, prefix)(metrics=[expression, *metrics]),
        )

    def _at(self, number: int, schedule: Any) -> None:
        kind = aws.appautoscaling_scheduled_action
        action = kind.AppautoscalingScheduledActionScalableTargetAction(
            min_capacity=str(schedule.min), max_capacity=str(schedule.max)
        )
        self.make(
            kind.AppautoscalingScheduledAction,
            f"{self._id}_{number}",
            name=self._names.scaling(self._scaled.name, str(number)),
            **self._on_target(),
            schedule=schedule.cron,
            timezone=schedule.timezone,
            scalable_target_action=action,
        )


def _bounds_of_the_clock() -> TerraformResourceLifecycle:
    """A scheduled action sets the target's own bounds; a deploy in the afternoon must not bring back the night's."""
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
