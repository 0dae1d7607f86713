"""Alarms, the topic that they notify, and the topics of `resources`."""

from __future__ import annotations

from stacks.resources.actions import Actions, of
from stacks.resources.model import ALARMS, STORAGE, ArnImport, Billed, Listing, ResourceType, Shown

TYPES = (
    ResourceType(
        "aws_cloudwatch_log_metric_filter",
        "log metric filter",
        ALARMS,
        monitoring=True,
        actions=Actions(
            read=of("logs", "DescribeMetricFilters"),
            create=of("logs", "PutMetricFilter"),
            update=of("logs", "PutMetricFilter"),
            delete=of("logs", "DeleteMetricFilter"),
        ),
    ),
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
        billed=(Billed("alarm", about="0.10 USD"),),
        sets=frozenset({"alarm_actions", "insufficient_data_actions", "metric_query", "ok_actions"}),
        actions=Actions(
            read=of("cloudwatch", "DescribeAlarms", "ListTagsForResource"),
            create=of("cloudwatch", "PutMetricAlarm"),
            update=of("cloudwatch", "PutMetricAlarm"),
            delete=of("cloudwatch", "DeleteAlarms"),
            tag=of("cloudwatch", "TagResource", "UntagResource"),
        ),
    ),
    ResourceType(
        "aws_sns_topic",
        "topic",
        STORAGE,
        group_by_name={"alarms": ALARMS},
        replaced="subscriptions by email must be confirmed again, and messages published during it are lost",
        arn_import=ArnImport(r"sns:[^:]+", "{arn}"),
        listing=Listing("sns", "list_topics", "Topics[].TopicArn"),
        actions=Actions(
            read=of("sns", "GetTopicAttributes", "ListTagsForResource"),
            create=of("sns", "CreateTopic", "SetTopicAttributes"),
            update=of("sns", "SetTopicAttributes"),
            delete=of("sns", "DeleteTopic"),
            tag=of("sns", "TagResource", "UntagResource"),
        ),
    ),
    ResourceType(
        "aws_sns_topic_policy",
        "topic policy",
        STORAGE,
        group_by_name={"alarms": ALARMS},
        actions=Actions(
            read=of("sns", "GetTopicAttributes"),
            create=of("sns", "SetTopicAttributes"),
            update=of("sns", "SetTopicAttributes"),
            delete=of("sns", "SetTopicAttributes"),
        ),
    ),
    ResourceType(
        "aws_sns_topic_subscription",
        "subscription",
        ALARMS,
        shown=(
            Shown("topic_arn", "topic"),
            Shown("protocol"),
            Shown("endpoint"),
            Shown("filter_policy", "filter"),
            Shown("raw_message_delivery", "raw", default=False),
        ),
        actions=Actions(
            read=of("sns", "GetSubscriptionAttributes", "ListSubscriptionsByTopic"),
            create=of("sns", "Subscribe"),
            update=of("sns", "SetSubscriptionAttributes"),
            delete=of("sns", "Unsubscribe"),
        ),
    ),
)
