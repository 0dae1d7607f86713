"""The next run of a schedule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stacks.project.schedules import next_run

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)  # a Thursday


def spoken(expression: str, timezone: str = "UTC", now: datetime = NOW) -> str:
    return f"{next_run(expression, timezone, now):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("expression", "run"),
    [
        ("cron(0 3 * * ? *)", "Fri 2026-01-16 03:00"),
        ("cron(0 12 * * ? *)", "Fri 2026-01-16 12:00"),
        ("cron(1 12 * * ? *)", "Thu 2026-01-15 12:01"),
        ("cron(0/20 * * * ? *)", "Thu 2026-01-15 12:20"),
        ("cron(10-50/20 * * * ? *)", "Thu 2026-01-15 12:10"),
        ("cron(0 8,18 * * ? *)", "Thu 2026-01-15 18:00"),
        ("cron(0 9 ? * MON-FRI *)", "Fri 2026-01-16 09:00"),
        ("cron(0 9 ? * 1 *)", "Sun 2026-01-18 09:00"),
        ("cron(0 9 ? * sat *)", "Sat 2026-01-17 09:00"),
        ("cron(0 9 ? * L *)", "Sat 2026-01-17 09:00"),
        ("cron(0 9 ? * 6L *)", "Fri 2026-01-30 09:00"),
        ("cron(0 9 ? * TUE#3 *)", "Tue 2026-01-20 09:00"),
        ("cron(0 9 1 * ? *)", "Sun 2026-02-01 09:00"),
        ("cron(0 9 1W * ? *)", "Mon 2026-02-02 09:00"),
        ("cron(0 9 31W * ? *)", "Fri 2026-01-30 09:00"),
        ("cron(0 9 L * ? *)", "Sat 2026-01-31 09:00"),
        ("cron(0 9 L-3 * ? *)", "Wed 2026-01-28 09:00"),
        ("cron(0 9 LW * ? *)", "Fri 2026-01-30 09:00"),
        ("cron(0 9 31 APR-JUN ? *)", "Sun 2026-05-31 09:00"),
        ("cron(0 9 29 2 ? *)", "Tue 2028-02-29 09:00"),
        ("cron(0 0 1 1 ? 2030-2031)", "Tue 2030-01-01 00:00"),
        ("at(2026-01-15T12:30:00)", "Thu 2026-01-15 12:30"),
    ],
)
def test_it_is_the_first_run_after_now(expression: str, run: str) -> None:
    assert spoken(expression) == run


@pytest.mark.parametrize(
    "expression",
    ["rate(1 hour)", "at(2026-01-15T12:00:00)", "cron(0 9 1 1 ? 2025)", "cron(0 9 31 2 ? *)", "cron(of the future)"],
)
def test_there_is_none_for_a_rate_a_past_time_or_an_invalid_expression(expression: str) -> None:
    assert next_run(expression, "UTC", NOW) is None


def test_it_is_in_the_time_zone_of_the_schedule() -> None:
    assert spoken("cron(0 3 * * ? *)", "America/New_York") == "Fri 2026-01-16 08:00"
    assert spoken("cron(0 22 * * ? *)", "Asia/Tokyo") == "Thu 2026-01-15 13:00"
    assert spoken("at(2026-01-15T14:00:00)", "Europe/Berlin") == "Thu 2026-01-15 13:00"


def test_an_hour_that_daylight_saving_skips_has_no_run() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    assert spoken("cron(30 2 * * ? *)", "Europe/Berlin", before) == "Mon 2026-03-30 00:30"


def test_an_hour_that_daylight_saving_repeats_has_one() -> None:
    before, between = datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 45, tzinfo=UTC)

    assert spoken("cron(30 2 * * ? *)", "Europe/Berlin", before) == "Sun 2026-10-25 00:30"
    assert spoken("cron(30 2 * * ? *)", "Europe/Berlin", between) == "Mon 2026-10-26 01:30"


def test_an_unknown_time_zone_has_no_next_run() -> None:
    assert next_run("cron(0 3 * * ? *)", "Mars/Olympus", NOW) is None
