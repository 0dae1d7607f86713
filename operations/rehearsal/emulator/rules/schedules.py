"""Cron and rate expressions of EventBridge Scheduler and Application Auto Scaling.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIELDS: tuple[tuple[int, int, Sequence[str], str], ...] = (
    (0, 59, (), ""),
    (0, 23, (), ""),
    (1, 31, (), r"|\?|L|L-\d+|LW|\d{1,2}W"),
    (1, 12, MONTHS, ""),
    (1, 7, DAYS, r"|\?|L|[1-7A-Z]{1,3}L|[1-7A-Z]{1,3}#[1-5]"),
    (1970, 2199, (), ""),
)
"""Minutes, hours, days of a month, months, days of a week, years: lowest and highest value, names, further forms."""
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")


def is_valid(expression: str) -> bool:
    """Whether AWS accepts an expression: `cron(...)`, `rate(...)` or `at(...)`."""
    rate = _RATE.fullmatch(expression)
    if rate is not None:
        return (rate[1] == "1") == (rate[3] == "")
    cron = re.fullmatch(r"cron\((.*)\)", expression)
    if cron is not None:
        return _is_cron(cron[1].split())
    at = re.fullmatch(r"at\((.*)\)", expression)
    return at is not None and _is_time(at[1])


def _is_cron(fields: list[str]) -> bool:
    if len(fields) != len(FIELDS) or (fields[2] == "?") == (fields[4] == "?"):
        return False
    return all(_is_field(text, *field) for text, field in zip(fields, FIELDS, strict=True))


def _is_field(text: str, low: int, high: int, names: Sequence[str], more: str) -> bool:
    if more and re.fullmatch(more[1:], text.upper()):
        return True
    return all(_is_part(part, low, high, names) for part in text.upper().split(","))


def _is_part(text: str, low: int, high: int, names: Sequence[str]) -> bool:
    span, slash, step = text.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    numbers = [_number(each, low, names) for each in ((first, last) if dash else (first,))]
    return all(each is not None and low <= each <= high for each in numbers)


def _number(text: str, low: int, names: Sequence[str]) -> int | None:
    if text in names:
        return low + names.index(text)
    return int(text) if text.isdigit() else None


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True
