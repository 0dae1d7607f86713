"""Alarms and dashboards that CloudWatch refuses.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/, pages API_PutMetricAlarm, API_MetricDataQuery
and API_PutDashboard; https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule

INVALID = "ValidationError"
SHORT_PERIODS = (10, 20, 30)
DAY, WEEK, HOUR = 86_400, 604_800, 3_600
FUNCTIONS = frozenset(
    {
        *(
            "ABS",
            "ANOMALY_DETECTION_BAND",
            "AVG",
            "CEIL",
            "DATAPOINT_COUNT",
            "DB_PERF_INSIGHTS",
            "DIFF",
            "DIFF_TIME",
            "FILL",
        ),
        *("FIRST", "FLOOR", "IF", "INSIGHT_RULE_METRIC", "LAMBDA", "LAST", "LOG", "LOG10", "MAX"),
        *("METRICS", "METRIC_COUNT", "MIN", "MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR"),
        *("EPOCH", "PERIOD", "RATE", "REMOVE_EMPTY", "RUNNING_SUM", "SEARCH", "SERVICE_QUOTA", "SLICE", "SORT"),
        *("STDDEV", "SUM", "TIME_SERIES"),
    }
)
"""The functions of metric math."""
_OPERATORS = frozenset({"AND", "OR", "REPEAT", "LINEAR"})
_STRINGS = re.compile(r'"[^"]*"|\'[^\']*\'')
_TOKENS = re.compile(r"\s*(?:(\d*\.?\d+(?:[eE][+-]?\d+)?)|([A-Za-z]\w*)|(&&|\|\||[<>=!]=|[-+*/^<>(),\[\]]))")


@rule("cloudwatch", "PutMetricAlarm")
def period(request: Request) -> None:
    """A period that is neither 10, 20, 30 nor a multiple of 60 seconds."""
    periods = [request.parameters.get("Period"), *(each.get("Period") for each in _queries(request))]
    stats = [each.get("MetricStat", {}).get("Period") for each in _queries(request)]
    for each in (each for each in (*periods, *stats) if each is not None):
        valid = each in SHORT_PERIODS or (each > 0 and each % 60 == 0)
        refused_unless(valid, INVALID, "Period must be 10, 20, 30 or a multiple of 60")


@rule("cloudwatch", "PutMetricAlarm")
def evaluation(request: Request) -> None:
    """An evaluation of more than a day, or a week for periods of an hour; more datapoints than periods."""
    count = request.parameters.get("EvaluationPeriods", 1)
    stats = [each.get("MetricStat", {}).get("Period") for each in _queries(request)]
    seconds = max((each for each in (request.parameters.get("Period"), *stats) if each), default=0)
    text = "Metrics cannot be checked across more than"
    limit = WEEK if seconds >= HOUR else DAY
    refused_unless(
        count * seconds <= limit,
        INVALID,
        f"{text} {limit // DAY} day(s) (EvaluationPeriods * Period must be <= {limit}).",
    )
    datapoints = request.parameters.get("DatapointsToAlarm")
    text = "DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    refused_unless(datapoints is None or datapoints <= count, INVALID, text)


@rule("cloudwatch", "PutMetricAlarm")
def metrics(request: Request) -> None:
    """Several results, none, and metric math that is malformed or names unknown metrics."""
    queries = _queries(request)
    if not queries:
        return
    returned = [each for each in queries if each.get("ReturnData", True) is not False]
    text = "Exactly one element of the metrics list should return data."
    refused_unless(len(returned) == 1, INVALID, text)
    names = {each["Id"] for each in queries}
    for each in queries:
        expression = each.get("Expression")
        problem = expression and math_problem(expression, names)
        refused_unless(not problem, INVALID, f"Error in expression '{each['Id']}': {problem}")


@rule("cloudwatch", "PutDashboard")
def dashboard(request: Request) -> None:
    """A body that is not a JSON object with a list of widgets."""
    try:
        body = json.loads(request.parameters["DashboardBody"])
    except ValueError:
        body = None
    text = "The field DashboardBody must be a valid JSON object"
    refused_unless(isinstance(body, dict), "InvalidParameterInput", text)
    widgets = body.get("widgets")
    if not isinstance(widgets, list):
        raise Refused("InvalidParameterInput", "The dashboard body is invalid: it should have a list of widgets")


def math_problem(expression: str, names: set[str]) -> str:
    """What is wrong with a metric math expression; empty if nothing is."""
    text, depth, position = _STRINGS.sub("0", expression).rstrip(), 0, 0
    if text.upper().startswith("SELECT "):
        return ""  # Metrics Insights
    previous = ""
    while position < len(text):
        token = _TOKENS.match(text, position)
        if token is None:
            return f"unexpected '{text[position:].lstrip()[0]}'"
        position = token.end()
        number, name, symbol = token.groups()
        if name and not (name in names or name.upper() in FUNCTIONS | _OPERATORS):
            return f"unknown metric or function '{name}'"
        operand = bool(number or name) and name not in _OPERATORS
        if operand and previous in ("operand", ")"):
            return f"unexpected '{number or name}'"
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(symbol or "", 0)
        if depth < 0:
            return "unbalanced brackets"
        previous = "operand" if operand else ")" if symbol in (")", "]") else symbol or ""
    return "unbalanced brackets" if depth else "" if previous in ("operand", ")") else "unexpected end"


def _queries(request: Request) -> Sequence[Any]:
    return request.parameters.get("Metrics") or ()
