"""Schedules that EventBridge Scheduler refuses."""

from __future__ import annotations

from typing import Any

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID
from operations.rehearsal.emulator.rules.schedules import is_valid
from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, REGION, Aws, refusal, trust, unique

INVALID = (
    *("rate(1 hours)", "rate(2 hour)", "rate(0 minutes)", "rate(1 week)", "rate(5 minutes", "every hour", "* * * * *"),
    *("cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(60 10 * * ? *)", "cron(0 24 * * ? *)", "cron(0 10 * * ?)"),
    *(
        "cron(0 10 32 * ? *)",
        "cron(0 10 * 13 ? *)",
        "cron(0 10 ? * 8 *)",
        "cron(0 10 ? * FOO *)",
        "cron(*/0 * * * ? *)",
    ),
    *("at(2026-13-01T00:00:00)", "at(2026-01-01)", ""),
)
VALID = (
    *("rate(1 hour)", "rate(5 minutes)", "rate(10 days)", "cron(0 10 * * ? *)", "cron(0/15 8-18 ? * MON-FRI *)"),
    *("cron(0 3 1,15 JAN,jul ? 2026-2030)", "cron(0 3 L * ? *)", "cron(0 3 ? * 6L *)", "cron(0 3 ? * 2#1 *)"),
    *("cron(0 3 15W * ? *)", "at(2026-01-31T12:00:00)"),
)


@pytest.mark.parametrize("expression", INVALID)
def test_malformed_expressions(expression: str) -> None:
    assert not is_valid(expression)


@pytest.mark.parametrize("expression", VALID)
def test_valid_expressions(expression: str) -> None:
    assert is_valid(expression)


@pytest.fixture
def role_arn(aws: Aws) -> str:
    document = trust("scheduler.amazonaws.com")
    return str(aws("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=document)["Role"]["Arn"])


def schedule(role: str, expression: str = "rate(1 hour)", **changes: Any) -> dict[str, Any]:
    return {
        "Name": unique("schedule"),
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT_ID}:cluster/shop", "RoleArn": role},
        **changes,
    }


@pytest.mark.parametrize("expression", ["rate(1 hours)", "cron(0 10 * * * *)", "hourly"])
def test_a_schedule_with_a_malformed_expression(aws: Aws, role_arn: str, expression: str) -> None:
    refused = ("ValidationException", f"Invalid Schedule Expression {expression}.")
    existing = schedule(role_arn)
    aws("scheduler").create_schedule(**existing)

    assert refusal(aws("scheduler").create_schedule, **schedule(role_arn, expression)) == refused
    changed = {**existing, "ScheduleExpression": expression}
    assert refusal(aws("scheduler").update_schedule, **changed) == refused


def test_a_time_zone_that_does_not_exist(aws: Aws, role_arn: str) -> None:
    wrong = schedule(role_arn, ScheduleExpressionTimezone="Europe/Bonn")

    assert refusal(aws("scheduler").create_schedule, **wrong) == (
        "ValidationException",
        "The specified timezone Europe/Bonn is not valid.",
    )
    aws("scheduler").create_schedule(**schedule(role_arn, ScheduleExpressionTimezone="Europe/Berlin"))


def test_a_role_that_scheduler_can_not_assume(aws: Aws, role: dict[str, Any]) -> None:
    for arn in (role["Arn"], MISSING_ROLE):
        assert refusal(aws("scheduler").create_schedule, **schedule(arn)) == (
            "ValidationException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        )
