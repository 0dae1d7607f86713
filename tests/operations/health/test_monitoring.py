"""Alarms of services and the age of queues, from scripted answers of CloudWatch."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.sentences import sentence
from operations.health.model import Alarm, Queue
from operations.health.monitoring import Monitoring, alarm_names
from stacks.errors import AwsError
from stacks.naming import Names
from stacks.project.models import Service

NAMES = Names("shop", "dev")
WHEN = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
WEB = Service.model_validate(
    {"alarms": {"cpu_percent": 80}, "deployment": {"alarms": ("cpu_percent", "latency-of-everything")}}
)


@pytest.fixture
def stub() -> Stubber:
    client: Any = boto3.client("cloudwatch", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    return Stubber(client)


def test_a_service_has_its_own_alarms_and_those_that_watch_its_deployments() -> None:
    assert alarm_names(NAMES, "web", WEB) == ["shop-dev-web-cpu-percent", "latency-of-everything"]
    assert alarm_names(NAMES, "api", Service()) == []


def test_alarms_are_read_from_all_pages_at_once(stub: Stubber) -> None:
    asked = {
        "AlarmNames": ["shop-dev-web-cpu-percent", "latency-of-everything"],
        "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
    }
    metric = {"AlarmName": "shop-dev-web-cpu-percent", "StateValue": "ALARM", "StateReason": "85",
              "StateUpdatedTimestamp": WHEN}  # fmt: skip
    stub.add_response("describe_alarms", {"NextToken": "more"}, asked)
    composite = {"AlarmName": "latency-of-everything", "StateValue": "OK"}
    stub.add_response(
        "describe_alarms", {"MetricAlarms": [metric], "CompositeAlarms": [composite]}, {**asked, "NextToken": "more"}
    )

    with stub:
        found = Monitoring(stub.client, NAMES).alarms({"web": WEB, "api": Service()})

    assert found == {
        "web": (Alarm("shop-dev-web-cpu-percent", "ALARM", "85", WHEN), Alarm("latency-of-everything", "OK")),
        "api": (),
    }


@pytest.mark.parametrize(("points", "age"), [([], None), ([(2, 90.0), (1, 30.0)], 90)])
def test_the_age_is_that_of_the_last_minute(stub: Stubber, points: list[tuple[int, float]], age: int | None) -> None:
    datapoints = [{"Timestamp": WHEN.replace(minute=minute), "Maximum": value} for minute, value in points]
    stub.add_response("get_metric_statistics", {"Datapoints": datapoints})

    with stub:
        assert Monitoring(stub.client, NAMES).with_age(Queue("q", 7, 2)) == Queue("q", 7, 2, age)


def test_without_the_permission_status_continues_with_one_warning_each(stub: Stubber) -> None:
    message = "User: x is not authorized to perform: cloudwatch:DescribeAlarms"
    stub.add_client_error("describe_alarms", "AccessDenied", message)
    stub.add_client_error("get_metric_statistics", "AccessDenied", "no")
    monitoring = Monitoring(stub.client, NAMES)

    with stub:
        assert monitoring.alarms({"web": WEB}) == {"web": ()}
        assert [monitoring.with_age(Queue("q", 1, 0)).oldest_seconds for _ in range(3)] == [None] * 3

    assert [sentence(problem).split("; ")[0] for problem in monitoring.denied] == [
        "alarms: AWS refused DescribeAlarms",
        "age of queues: AWS refused GetMetricStatistics",
    ]


def test_another_error_is_not_hidden(stub: Stubber) -> None:
    stub.add_client_error("describe_alarms", "InternalServiceFault", "", http_status_code=500)

    with stub, pytest.raises(AwsError):
        Monitoring(stub.client, NAMES).alarms({"web": WEB})
