"""Alarms and the topic that they notify."""

from __future__ import annotations

from stacks.resources.model import ALARMS, ArnImport, Listing, ResourceType

TYPES = (
    ResourceType("aws_cloudwatch_log_metric_filter", "log metric filter", ALARMS, monitoring=True),
    ResourceType(
        "aws_cloudwatch_metric_alarm",
        "alarm",
        ALARMS,
        monitoring=True,
        listing=Listing("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmName"),
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
    ResourceType("aws_sns_topic_subscription", "alarm subscription", ALARMS),
)
