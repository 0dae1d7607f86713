"""Schedule expressions and time zones."""

from __future__ import annotations

import pytest

from stacks.project.schedules import is_time_zone, of_shorthand, schedule_fault

LEGAL = """\
cron(0 3 * * ? *)
cron(0/15 8-18 ? * MON-FRI *)
cron(0 0 L * ? *)
cron(0 0 LW * ? *)
cron(0 0 L-3 * ? *)
cron(0 0 15W * ? *)
cron(0 0 ? * 6L *)
cron(0 0 ? * 2#1 *)
cron(0 0 ? JAN,JUL sun 2030-2035)
cron(5,10,*/20 0 1-31/2 1-12 ? 1970/10)
rate(1 minute)
rate(2 minutes)
rate(1 hour)
rate(1 day)
rate(365 days)
at(2030-01-31T03:00:00)
at(2028-02-29T00:00:00)""".splitlines()

ILLEGAL = """\
cron(0 3 * * ?)
cron(0 3 * * ? * *)
cron(0 3 * * * *)
cron(0 3 ? * ? *)
cron(60 3 * * ? *)
cron(0 24 * * ? *)
cron(0 3 0 * ? *)
cron(0 3 32 * ? *)
cron(0 3 * 13 ? *)
cron(0 3 * FOO ? *)
cron(0 3 ? * 8 *)
cron(0 3 ? * MON#6 *)
cron(0 3 * * ? 1969)
cron(0 3 * * ? 2200)
cron(0/0 3 * * ? *)
cron(1-2-3 3 * * ? *)
cron(, 3 * * ? *)
cron(-1 3 * * ? *)
cron( )
cron(0 3 * * ? *
rate(1 minutes)
rate(2 minute)
rate(0 minutes)
rate(1 week)
rate(01 hours)
rate(1  hour)
rate(1.5 hours)
at(2029-02-29T00:00:00)
at(2030-01-31)
at(2030-01-31T03:00:00Z)
at(2030-01-31 03:00:00)
every day
CRON(0 3 * * ? *)""".splitlines()


@pytest.mark.parametrize("text", LEGAL)
def test_valid_expressions_are_accepted(text: str) -> None:
    assert schedule_fault(text) is None


@pytest.mark.parametrize("text", [*ILLEGAL, ""])
def test_invalid_expressions_have_a_fault(text: str) -> None:
    assert schedule_fault(text)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "EST5EDT"])
def test_iana_zones_are_time_zones(name: str) -> None:
    assert is_time_zone(name)


@pytest.mark.parametrize(
    "name", ["", "Berlin", "Europe", "utc+1", "localtime", "../etc/passwd", "Europe/Berlin\0", "/"]
)
def test_other_names_are_not_time_zones(name: str) -> None:
    assert not is_time_zone(name)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("@hourly", "cron(0 * * * ? *)"),
        ("@daily", "cron(0 0 * * ? *)"),
        ("@Weekly ", "cron(0 0 ? * SUN *)"),
        ("@monthly", "cron(0 0 1 * ? *)"),
        ("@annually", "cron(0 0 1 1 ? *)"),
        ("@every 15m", "rate(15 minutes)"),
        ("@every 1m", "rate(1 minute)"),
        ("@every 1h", "rate(1 hour)"),
        ("@every 1h30m", "rate(90 minutes)"),
        ("@every 2d", "rate(48 hours)"),
        ("@every 90s", None),
        ("@every", None),
        ("@reboot", None),
        ("daily", None),
    ],
)
def test_the_shorthands_of_a_crontab_are_expressions(text: str, expression: str | None) -> None:
    assert of_shorthand(text) == expression
    assert expression is None or schedule_fault(expression) is None
