"""Schedules that EventBridge Scheduler refuses.

Source: https://docs.aws.amazon.com/scheduler/latest/, pages APIReference/API_CreateSchedule.html and
UserGuide/setting-up.html.
"""

from __future__ import annotations

from zoneinfo import available_timezones

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import refused_unless, rule
from operations.rehearsal.emulator.rules.principals import can_be_assumed_by, role_of
from operations.rehearsal.emulator.rules.schedules import is_valid

INVALID = "ValidationException"
OPERATIONS = ("CreateSchedule", "UpdateSchedule")


@rule("scheduler", *OPERATIONS)
def expression(request: Request) -> None:
    """A malformed expression."""
    text = request.parameters["ScheduleExpression"]
    refused_unless(is_valid(text), INVALID, f"Invalid Schedule Expression {text}.")


@rule("scheduler", *OPERATIONS)
def time_zone(request: Request) -> None:
    """A time zone that does not exist."""
    zone = request.parameters.get("ScheduleExpressionTimezone")
    known = zone is None or zone in available_timezones()
    refused_unless(known, INVALID, f"The specified timezone {zone} is not valid.")


@rule("scheduler", *OPERATIONS)
def role(request: Request) -> None:
    """A role that does not exist, or that Scheduler can't assume."""
    arn = request.parameters["Target"]["RoleArn"]
    if arn.split(":")[4] == request.account:
        found = role_of(request, arn)
        text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        refused_unless(found is not None and can_be_assumed_by(found, "scheduler.amazonaws.com"), INVALID, text)
