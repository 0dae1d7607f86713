"""CloudWatch alarms of the services, and the topic that tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.bindings import Construct, aws
from stacks.constructs.base import Chosen, Concept, literal
from stacks.constructs.encryption import EncryptionKey
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only
from stacks.naming import identifier, identifier_of
from stacks.project.models import Alarms as AlarmsSpec
from stacks.project.models import ServiceAlarms

PERIOD_SECONDS = 60
LOG_PERIOD_SECONDS = 300
EVALUATION_PERIODS = 5
DATAPOINTS_TO_ALARM = 3


class AlarmTopic(Concept):
    """An encrypted SNS topic that alarms publish to, with its e-mail subscriptions.

    CloudWatch can't use the key that AWS keeps for SNS, so without a key of the project's the topic gets one
    (SNS Developer Guide, "Key management").

    Attributes:
        arn: the topic's ARN.
    """

    def __init__(self, scope: Construct, environment: Environment, spec: AlarmsSpec) -> None:
        super().__init__(scope, "alarms")
        names = environment.names
        key = environment.key or EncryptionKey(
            self,
            environment.account,
            names,
            logical_id="alarms",
            alias=names.alarm_key_alias,
            protected=environment.protected,
        )
        topic = self.make(
            aws.sns_topic.SnsTopic,
            "alarms",
            name=names.alarm_topic,
            kms_master_key_id=key.arn,
            tags={"Name": names.alarm_topic},
        )
        self.arn: str = topic.arn
        self.make(
            aws.sns_topic_policy.SnsTopicPolicy,
            "alarms",
            arn=self.arn,
            policy=policy([_publish(environment, self.arn), tls_only("sns:Publish", [self.arn])]),
        )
        for address in spec.email:
            self.make(
                aws.sns_topic_subscription.SnsTopicSubscription,
                f"alarms_{identifier_of(address)}",
                comment="AWS sends a mail, in which the subscription has to be confirmed.",
                topic_arn=self.arn,
                protocol="email",
                endpoint=literal(address),
            )


def _publish(environment: Environment, topic_arn: str) -> dict[str, Any]:
    return {
        "Sid": "AlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {
            "ArnLike": {"aws:SourceArn": environment.account.arn("cloudwatch", "alarm:*")},
            "StringEquals": {"aws:SourceAccount": environment.account.id},
        },
    }


@dataclass(frozen=True)
class Watched:
    """The service that is watched, and what its metrics are called.

    `load_balancer` and `target_group` are the ARN suffixes CloudWatch knows them by; with `log_group` and
    `queue_name` they are Terraform expressions, None where the service has none.
    """

    name: str
    log_group: str
    load_balancer: str | None = None
    target_group: str | None = None
    queue_name: str | None = None


class ServiceAlarmSet(Concept):
    """The alarms of one service. Metrics that are missing break no alarm: a service of no tasks is no failure.

    Attributes:
        names: the alarm's name, as a Terraform expression, by its key in the project file.
    """

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        watched: Watched,
        spec: ServiceAlarms,
        topic: AlarmTopic | None,
    ) -> None:
        super().__init__(scope, "alarms")
        self._environment, self._watched, self._topic = environment, watched, topic
        self._id = identifier(watched.name)
        self.names: dict[str, str] = {}
        self._utilization("cpu_percent", "CPUUtilization", spec.cpu_percent)
        self._utilization("memory_percent", "MemoryUtilization", spec.memory_percent)
        if spec.http_5xx_percent is not None:
            self._http_errors(spec.http_5xx_percent)
        if spec.log_errors is not None:
            self._log_errors(spec.log_errors.pattern, spec.log_errors.threshold)
        if spec.queue_age_seconds is not None:
            self._queue_age(spec.queue_age_seconds)

    def _alarm(self, key: str, description: str, threshold: int, **arguments: Any) -> None:
        settings = {
            "comparison_operator": "GreaterThanThreshold",
            "evaluation_periods": EVALUATION_PERIODS,
            "datapoints_to_alarm": DATAPOINTS_TO_ALARM,
            "treat_missing_data": "notBreaching",
            **arguments,
        }
        actions = [self._topic.arn] if self._topic else None
        alarm = self.make(
            aws.cloudwatch_metric_alarm.CloudwatchMetricAlarm,
            f"{self._id}_{key}",
            **Chosen(
                alarm_name=self._environment.names.alarm(self._watched.name, key.replace("_", "-")),
                alarm_description=f"{self._watched.name} of {self._environment.names.stack}: {description}",
                threshold=threshold,
                alarm_actions=actions,
                ok_actions=actions,
                **settings,
            ),
        )
        self.names[key] = alarm.alarm_name

    def _utilization(self, key: str, metric: str, threshold: int | None) -> None:
        if threshold is None:
            return
        names = self._environment.names
        self._alarm(
            key,
            f"{metric} above {threshold} percent",
            threshold,
            namespace="AWS/ECS",
            metric_name=metric,
            statistic="Average",
            period=PERIOD_SECONDS,
            dimensions={"ClusterName": names.cluster, "ServiceName": names.service(self._watched.name)},
        )

    def _http_errors(self, threshold: int) -> None:
        """The share of 5xx among the answers; no requests, no share."""
        kind = aws.cloudwatch_metric_alarm.CloudwatchMetricAlarmMetricQuery
        dimensions = {
            "LoadBalancer": self._watched.load_balancer or "",
            "TargetGroup": self._watched.target_group or "",
        }
        share = kind(
            id="share",
            expression="IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)",
            label="Answers with 5xx, in percent",
            return_data=True,
        )
        counts = {"errors": "HTTPCode_Target_5XX_Count", "requests": "RequestCount"}
        queries = [
            kind(id=name, return_data=False, metric=_sum("AWS/ApplicationELB", metric, dimensions))
            for name, metric in counts.items()
        ]
        text = f"more than {threshold} percent of the requests answered with 5xx"
        self._alarm("http_5xx_percent", text, threshold, metric_query=[share, *queries])

    def _log_errors(self, pattern: str, threshold: int) -> None:
        kind = aws.cloudwatch_log_metric_filter
        names = self._environment.names
        metric = kind.CloudwatchLogMetricFilterMetricTransformation(
            name=f"{self._watched.name}-log-errors", namespace=names.stack, value="1", default_value="0"
        )
        self.make(
            kind.CloudwatchLogMetricFilter,
            f"{self._id}_log_errors",
            name=names.alarm(self._watched.name, "log-errors"),
            log_group_name=self._watched.log_group,
            pattern=literal(pattern),
            metric_transformation=metric,
        )
        self._alarm(
            "log_errors",
            f"{threshold} lines or more in five minutes that match the pattern",
            threshold,
            comparison_operator="GreaterThanOrEqualToThreshold",
            evaluation_periods=1,
            datapoints_to_alarm=1,
            namespace=names.stack,
            metric_name=f"{self._watched.name}-log-errors",
            statistic="Sum",
            period=LOG_PERIOD_SECONDS,
        )

    def _queue_age(self, threshold: int) -> None:
        self._alarm(
            "queue_age_seconds",
            f"the oldest message is older than {threshold} seconds",
            threshold,
            namespace="AWS/SQS",
            metric_name="ApproximateAgeOfOldestMessage",
            statistic="Maximum",
            period=PERIOD_SECONDS,
            dimensions={"QueueName": self._watched.queue_name or ""},
        )


def _sum(namespace: str, metric: str, dimensions: Mapping[str, str]) -> Any:
    kind = aws.cloudwatch_metric_alarm.CloudwatchMetricAlarmMetricQueryMetric
    return kind(namespace=namespace, metric_name=metric, stat="Sum", period=PERIOD_SECONDS, dimensions=dict(dimensions))
