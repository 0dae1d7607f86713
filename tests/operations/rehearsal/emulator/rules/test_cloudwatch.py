"""Alarms and dashboards that CloudWatch refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operations.rehearsal.emulator.rules.cloudwatch import math_problem
from tests.operations.rehearsal.emulator.rules.conftest import Aws, refusal, unique


def alarm(**changes: Any) -> dict[str, Any]:
    arguments = {
        "AlarmName": unique("alarm"),
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Statistic": "Average",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 80,
        "Period": 60,
        "EvaluationPeriods": 3,
        **changes,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def put(aws: Aws, arguments: dict[str, Any]) -> tuple[str, str]:
    return refusal(aws("cloudwatch").put_metric_alarm, **arguments)


@pytest.mark.parametrize("period", [45, 90, 61])
def test_periods(aws: Aws, period: int) -> None:
    refused = ("ValidationError", "Period must be 10, 20, 30 or a multiple of 60")

    assert put(aws, alarm(Period=period)) == refused
    assert put(aws, math("m1", period=period)) == refused
    for valid in (10, 30, 300):
        aws("cloudwatch").put_metric_alarm(**alarm(Period=valid))


def test_an_evaluation_of_more_than_a_day(aws: Aws) -> None:
    assert put(aws, alarm(Period=300, EvaluationPeriods=289)) == (
        "ValidationError",
        "Metrics cannot be checked across more than 1 day(s) (EvaluationPeriods * Period must be <= 86400).",
    )
    aws("cloudwatch").put_metric_alarm(**alarm(Period=300, EvaluationPeriods=288))
    aws("cloudwatch").put_metric_alarm(**alarm(Period=3600, EvaluationPeriods=168))
    assert put(aws, alarm(Period=3600, EvaluationPeriods=169))[0] == "ValidationError"


def test_more_datapoints_than_periods(aws: Aws) -> None:
    assert put(aws, alarm(DatapointsToAlarm=4)) == (
        "ValidationError",
        "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
    )


def metric(name: str, period: int = 60, returns: bool = False) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "shop", "MetricName": name}, "Period": period, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": returns}


def math(expression: str, period: int = 60, **changes: Any) -> dict[str, Any]:
    result = {"Id": "e1", "Expression": expression, "ReturnData": True}
    removed = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    return alarm(**removed, Metrics=[metric("m1", period), metric("m2", period), {**result, **changes}])


def test_several_results_and_none(aws: Aws) -> None:
    refused = ("ValidationError", "Exactly one element of the metrics list should return data.")
    both = math("m1 + m2")
    both["Metrics"][0]["ReturnData"] = True

    assert put(aws, math("m1 + m2", ReturnData=False)) == refused
    assert put(aws, both) == refused
    aws("cloudwatch").put_metric_alarm(**math("IF(m1 > 0, 100 * FILL(m2, 0) / m1, 0)"))


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("m1 / m3", "unknown metric or function 'm3'"),
        ("SUMM(m1)", "unknown metric or function 'SUMM'"),
        ("(m1 + m2", "unbalanced brackets"),
        ("m1 + m2)", "unbalanced brackets"),
        ("m1 m2", "unexpected 'm2'"),
        ("m1 +", "unexpected end"),
        ("m1 % 2", "unexpected '%'"),
    ],
)
def test_malformed_metric_math(aws: Aws, expression: str, problem: str) -> None:
    assert put(aws, math(expression)) == ("ValidationError", f"Error in expression 'e1': {problem}")


@pytest.mark.parametrize(
    "expression",
    [
        "m1",
        "SUM([m1, m2])",
        "-m1 * 1.5e3 ^ 2",
        "SUM(METRICS())",
        "IF(m1 >= 1 && m2 != 0, m1, m2)",
        "FILL(m1, REPEAT)",
        "ANOMALY_DETECTION_BAND(m1, 2)",
        """SUM(SEARCH('{AWS/ECS,ServiceName} MetricName="CPUUtilization"', 'Average', 300))""",
        'SELECT AVG(CPUUtilization) FROM "AWS/ECS"',
    ],
)
def test_valid_metric_math(expression: str) -> None:
    assert math_problem(expression, {"m1", "m2"}) == ""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "The field DashboardBody must be a valid JSON object"),
        ("[]", "The field DashboardBody must be a valid JSON object"),
        ("{}", "The dashboard body is invalid: it should have a list of widgets"),
    ],
)
def test_dashboards(aws: Aws, body: str, message: str) -> None:
    name = unique("dashboard")

    assert refusal(aws("cloudwatch").put_dashboard, DashboardName=name, DashboardBody=body) == (
        "InvalidParameterInput",
        message,
    )
    aws("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": []}))
