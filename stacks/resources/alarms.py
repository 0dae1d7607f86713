"""Alarms and the topic that they notify."""

from __future__ import annotations

from stacks.resources.model import ALARMS, ArnImport, Billed, Listing, ResourceType, Shown

TYPES = (
    ResourceType("aws_cloudwatch_log_metric_filter", "log metric filter", ALARMS, monitoring=True),
    ResourceType(
        "aws_cloudwatch_metric_alarm",
        "alarm",
        ALARMS,
        monitoring=True,
        listing=Listing("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
        shown=(
            Shown("metric_name", "metric"),
            Shown("threshold"),
        ),
        billed=(Billed("alarm"),),
        sets=frozenset({"alarm_actions", "insufficient_data_actions", "metric_query", "ok_actions"}),
    ),
    ResourceType(
        "aws_sns_topic",
        "alarm topic",
        ALARMS,
        replaced="its subscriptions must be confirmed again",
        arn_import=ArnImport(r"sns:[^:]+", "{arn}"),
        listing=Listing("sns", "list_topics", "Topics[].TopicArn"),
    ),
    ResourceType("aws_sns_topic_policy", "alarm topic policy", ALARMS),
    ResourceType(
        "aws_sns_topic_subscription",
        "alarm subscription",
        ALARMS,
        shown=(
            Shown("protocol"),
            Shown("endpoint"),
        ),
    ),
)
