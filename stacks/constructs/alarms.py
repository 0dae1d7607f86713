"""CloudWatch alarms of the services, and the SNS topic that they notify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.bindings import aws
from stacks.constructs.base import Construct, Scope, literal
from stacks.constructs.encryption import EncryptionKey
from stacks.constructs.environment import Environment
from stacks.constructs.policy import policy, tls_only
from stacks.naming import identifier, identifier_of
from stacks.project.models import Alarms as AlarmsConfig
from stacks.project.models import ServiceAlarms

PERIOD_SECONDS = 60
LOG_PERIOD_SECONDS = 300
EVALUATION_PERIODS = 5
DATAPOINTS_TO_ALARM = 3


class AlarmTopic(Construct):
    """An encrypted SNS topic that alarms publish to, with its email subscriptions.

    CloudWatch can't use the AWS managed key for SNS, so where the project has no key of its own, the topic gets one
    (SNS Developer Guide, "Key management").

    Attributes:
        arn: The topic's ARN.
    """

    def __init__(self, scope: Scope, environment: Environment, config: AlarmsConfig) -> None:
        super().__init__(scope, "alarms")
        names = environment.names
        topic = self.make(
            aws.sns_topic.SnsTopic,
            "alarms",
            name=names.alarm_topic,
            kms_master_key_id=environment.key_arn or self._key_arn(environment),
            tags={"Name": names.alarm_topic},
        )
        self.arn: str = topic.arn
        self.make(
            aws.sns_topic_policy.SnsTopicPolicy,
            "alarms",
            arn=self.arn,
            policy=policy([_publish(environment, self.arn), tls_only("sns:Publish", [self.arn])]),
        )
        for address in config.email:
            self.make(
                aws.sns_topic_subscription.SnsTopicSubscription,
                f"alarms_{identifier_of(address)}",
                comment="AWS sends an email with a link to confirm the subscription.",
                topic_arn=self.arn,
                protocol="email",
                endpoint=literal(address),
            )

    def _key_arn(self, environment: Environment) -> str:
        return EncryptionKey(
            self,
            environment.account,
            environment.names,
            logical_id="alarms",
            alias=environment.names.alarm_key_alias,
            protected=environment.protected,
        ).arn


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
class MonitoredService:
    """A service that has alarms, with the dimensions of its metrics.

    `load_balancer` and `target_group` are ARN suffixes, which CloudWatch uses as dimensions. Like `log_group` and
    `queue_name` they are Terraform expressions, or None where the service has none.
    """

    name: str
    log_group: str
    load_balancer: str | None = None
    target_group: str | None = None
    queue_name: str | None = None


class ServiceAlarmSet(Construct):
    """The alarms of one service. Missing data does not breach: a service without tasks reports no metrics.

    Attributes:
        names: The alarm names, as Terraform expressions, by their key in the project file.
    """

    def __init__(
        self,
        scope: Scope,
        environment: Environment,
        service: MonitoredService,
        config: ServiceAlarms,
        topic: AlarmTopic | None,
    ) -> None:
        super().__init__(scope, "alarms")
        self._environment, self._service, self._topic = environment, service, topic
        self._id = identifier(service.name)
        self.names: dict[str, str] = {}
        self._utilization("cpu_percent", "CPUUtilization", config.cpu_percent)
        self._utilization("memory_percent", "MemoryUtilization", config.memory_percent)
        if config.http_5xx_percent is not None:
            self._http_errors(config.http_5xx_percent)
        if config.log_errors is not None:
            self._log_errors(config.log_errors.pattern, config.log_errors.threshold)
        if config.queue_age_seconds is not None:
            self._queue_age(config.queue_age_seconds)

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
            alarm_name=self._environment.names.alarm(self._service.name, key.replace("_", "-")),
            alarm_description=f"{self._service.name} of {self._environment.names.stack}: {description}",
            threshold=threshold,
            alarm_actions=actions,
            ok_actions=actions,
            **settings,
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
            dimensions={"ClusterName": names.cluster, "ServiceName": names.service(self._service.name)},
        )

    def _http_errors(self, threshold: int) -> None:
        """An alarm on the percentage of 5xx responses; 0 without requests."""
        kind = aws.cloudwatch_metric_alarm.CloudwatchMetricAlarmMetricQuery
        dimensions = {
            "LoadBalancer": self._service.load_balancer or "",
            "TargetGroup": self._service.target_group or "",
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
            name=f"{self._service.name}-log-errors", namespace=names.stack, value="1", default_value="0"
        )
        self.make(
            kind.CloudwatchLogMetricFilter,
            f"{self._id}_log_errors",
            name=names.alarm(self._service.name, "log-errors"),
            log_group_name=self._service.log_group,
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
            metric_name=f"{self._service.name}-log-errors",
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
            dimensions={"QueueName": self._service.queue_name or ""},
        )


def _sum(namespace: str, metric: str, dimensions: Mapping[str, str]) -> Any:
    kind = aws.cloudwatch_metric_alarm.CloudwatchMetricAlarmMetricQueryMetric
    return kind(namespace=namespace, metric_name=metric, stat="Sum", period=PERIOD_SECONDS, dimensions=dict(dimensions))
