"""Alarms of a service, and the SNS topic that they notify."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth
from tests.support.some import some
from tests.support.synthesized import Json

ALL = """
    alarms: {email: [ops@example.com, "dev+ops@example.com"]}
    services:
      web: {alarms: {cpu_percent: 85, memory_percent: 80, http_5xx_percent: 5, log_errors: {pattern: "?ERROR ?${x}"}}}
      mailer: {type: worker, queue: {}, alarms: {queue_age_seconds: 600}}
"""
TOPIC = "${aws_sns_topic.alarms.arn}"


def alarm(small: Synth, name: str) -> Json:
    return small(ALL)[f"aws_cloudwatch_metric_alarm.{name}"]


def test_there_are_no_alarms_by_default(small: Synth) -> None:
    made = small("alarms: {email: [ops@example.com]}")

    assert made.names("aws_cloudwatch_metric_alarm") == made.names("aws_sns_topic") == []


def test_each_alarm_has_a_unique_name(small: Synth) -> None:
    names = {alarm["alarm_name"] for alarm in small(ALL).all("aws_cloudwatch_metric_alarm").values()}

    assert names == {
        "shop-prod-web-cpu-percent",
        "shop-prod-web-memory-percent",
        "shop-prod-web-http-5xx-percent",
        "shop-prod-web-log-errors",
        "shop-prod-mailer-queue-age-seconds",
    }


def test_each_alarm_notifies_the_topic_in_alarm_and_ok_states(small: Synth) -> None:
    for made in some(small(ALL).all("aws_cloudwatch_metric_alarm").values()):
        assert made["alarm_actions"] == made["ok_actions"] == [TOPIC]


def test_missing_data_does_not_breach(small: Synth) -> None:
    """A service without tasks reports no metrics."""
    for made in some(small(ALL).all("aws_cloudwatch_metric_alarm").values()):
        assert made["treat_missing_data"] == "notBreaching"


@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [("web_cpu_percent", "CPUUtilization", 85), ("web_memory_percent", "MemoryUtilization", 80)],
)
def test_utilization_above_a_percentage_is_an_alarm(small: Synth, name: str, metric: str, threshold: int) -> None:
    made = alarm(small, name)

    assert (made["namespace"], made["metric_name"], made["threshold"]) == ("AWS/ECS", metric, threshold)
    assert made["comparison_operator"] == "GreaterThanThreshold"
    assert (made["datapoints_to_alarm"], made["evaluation_periods"], made["period"]) == (3, 5, 60)
    dimensions = {"ClusterName": "web-cluster-shop-prod", "ServiceName": "web-service-shop-prod"}
    assert made["dimensions"] == dimensions


def test_a_percentage_of_5xx_responses_is_an_alarm(small: Synth) -> None:
    made = alarm(small, "web_http_5xx_percent")

    share, errors, requests = made["metric_query"]
    assert made["threshold"] == 5
    assert share["expression"] == "IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)"
    assert errors["metric"]["metric_name"] == "HTTPCode_Target_5XX_Count"
    assert requests["metric"]["metric_name"] == "RequestCount"
    for query in (errors, requests):
        assert query["metric"]["dimensions"] == {
            "LoadBalancer": "${aws_lb.main.arn_suffix}",
            "TargetGroup": "${aws_lb_target_group.web.arn_suffix}",
        }


def test_matching_log_lines_are_an_alarm_through_a_metric_filter(small: Synth) -> None:
    made, counted = alarm(small, "web_log_errors"), small(ALL)["aws_cloudwatch_log_metric_filter.web_log_errors"]

    assert counted["log_group_name"] == "${aws_cloudwatch_log_group.web.name}"
    assert counted["pattern"] == "?ERROR ?$${x}"
    transformation = counted["metric_transformation"]
    assert (transformation["namespace"], transformation["name"]) == (made["namespace"], made["metric_name"])
    assert (transformation["value"], transformation["default_value"]) == ("1", "0")
    assert (made["threshold"], made["period"], made["evaluation_periods"]) == (10, 300, 1)
    assert made["comparison_operator"] == "GreaterThanOrEqualToThreshold"


def test_an_old_message_is_an_alarm(small: Synth) -> None:
    made = alarm(small, "mailer_queue_age_seconds")

    assert (made["metric_name"], made["threshold"]) == ("ApproximateAgeOfOldestMessage", 600)
    assert made["dimensions"] == {"QueueName": "${aws_sqs_queue.mailer_queue.name}"}


def test_the_topic_is_encrypted_with_a_key_that_cloudwatch_may_use(small: Synth) -> None:
    made = small(ALL)

    assert made["aws_sns_topic.alarms"]["kms_master_key_id"] == "${aws_kms_key.alarms.arn}"
    users = [statement["Principal"] for statement in made.policy("aws_kms_key.alarms")]
    assert "cloudwatch.amazonaws.com" in str(users)
    assert made["aws_kms_alias.alarms"]["name"] == "alias/shop-prod-alarms"


def test_with_a_customer_key_the_topic_has_no_key_of_its_own(small: Synth) -> None:
    made = small(f"encryption: customer\n{ALL.replace(chr(10) + '    ', chr(10))}")

    assert made.names("aws_kms_key") == ["main"]
    assert made["aws_sns_topic.alarms"]["kms_master_key_id"] == "${aws_kms_key.main.arn}"


def test_every_address_is_subscribed(small: Synth) -> None:
    subscriptions = small(ALL).all("aws_sns_topic_subscription").values()

    assert {(each["protocol"], each["endpoint"]) for each in subscriptions} == {
        ("email", "ops@example.com"),
        ("email", "dev+ops@example.com"),
    }
