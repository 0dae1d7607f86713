"""Schedule expressions of EventBridge Scheduler and Application Auto Scaling, and time zones.

Sources: EventBridge Scheduler User Guide, "Schedule types"; Application Auto Scaling API, ScheduledAction.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache

_RATE = re.compile(r"rate\((?P<number>[1-9]\d{0,8}) (?P<unit>minute|hour|day)(?P<plural>s?)\)", re.ASCII)
_AT = re.compile(r"at\((?P<when>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", re.ASCII)
_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_CRON = re.compile(r"cron\((?P<fields>[^()]*)\)")
_YEARS = re.compile(r"cron\([^()]* (?P<years>\d{4}(?:[,-]\d{4})*)\s*\)", re.ASCII)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2199, ()),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def schedule_fault(text: str) -> str | None:
    """What is wrong with a schedule expression, as a fix to try; None when it is legal."""
    if text.startswith("rate("):
        return _rate_fault(text)
    if text.startswith("at("):
        return _at_fault(text)
    match = _CRON.fullmatch(text)
    if match is None:
        example = _of_crontab(text.split()) or "cron(0 3 * * ? *), rate(1 hour) or at(2030-01-31T03:00:00)"
        return f"write it as in {example}"
    return _cron_fault(match["fields"].split())


def _of_crontab(fields: list[str]) -> str | None:
    """What the five fields of a crontab are for AWS; None where they are not plainly the same.

    AWS counts the days of the week from 1 for Sunday, crontab from 0, and one of the two days has to be `?`.
    """
    if len(fields) != len(_FIELDS) - 1 or fields[_DAY_OF_WEEK] != "*":
        return None
    minutes, hours, day, month, _ = fields
    expression = f"{minutes} {hours} {day} {month} ? *"
    return None if _cron_fault(expression.split()) else f"cron({expression})"


def _rate_fault(text: str) -> str | None:
    match = _RATE.fullmatch(text)
    if match is None:
        return "write it as in rate(1 hour), rate(5 minutes) or rate(2 days)"
    if (match["number"] == "1") == (match["plural"] == ""):
        return None
    unit = match["unit"] + ("" if match["number"] == "1" else "s")
    return f"write rate({match['number']} {unit})"


def _at_fault(text: str) -> str | None:
    match = _AT.fullmatch(text)
    fix = "write it as in at(2030-01-31T03:00:00), the time in the schedule's time zone"
    if match is None:
        return fix
    try:
        datetime.fromisoformat(match["when"])
    except ValueError:
        return fix
    return None


def _cron_fault(fields: list[str]) -> str | None:
    if len(fields) != len(_FIELDS):
        all_fields = ", ".join(name for name, *_ in _FIELDS)
        has = f"has six fields ({all_fields}), this one {len(fields)}"
        return f"a cron expression {has}; write it as in cron(0 3 * * ? *)"
    days = fields[_DAY_OF_MONTH], fields[_DAY_OF_WEEK]
    if days.count("?") != 1:
        return "exactly one of day of month and day of week must be ?, as in cron(0 3 * * ? *)"
    for index, (text, (name, low, high, names)) in enumerate(zip(fields, _FIELDS, strict=True)):
        if not _legal_field(text.upper(), index, low, high, names):
            return f"its {name} field {text} is not legal; it takes {low}-{high}, lists, ranges, steps or *"
    return None


def _legal_field(text: str, index: int, low: int, high: int, names: tuple[str, ...]) -> bool:
    if index == _DAY_OF_MONTH and re.fullmatch(r"\?|L|LW|L-([1-9]|[12]\d|30)|([1-9]|[12]\d|3[01])W", text):
        return True
    if index == _DAY_OF_WEEK and re.fullmatch(r"\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])", text):
        return True
    return all(_legal_part(part, low, high, names) for part in text.split(","))


def _legal_part(part: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    """One member of a list: a value, a range or *, each with an optional step."""
    span, slash, step = part.partition("/")
    if slash and not (_is_number(step) and 1 <= int(step) <= high):
        return False
    if span == "*":
        return True
    numbers = [_number(end, low, names) for end in span.split("-")]
    return len(numbers) <= 2 and all(number is not None and low <= number <= high for number in numbers)


def _number(text: str, low: int, names: tuple[str, ...]) -> int | None:
    if text in names:
        return names.index(text) + low
    return int(text) if _is_number(text) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def has_passed(text: str, timezone: str) -> bool:
    """Whether a legal `at()`, or every year of a `cron()`, lies in the past. A wrong time zone is judged elsewhere."""
    if years := _YEARS.fullmatch(text):
        return max(map(int, re.findall(r"\d+", years["years"]))) < datetime.now(UTC).year
    match = _AT.fullmatch(text)
    if match is None or not is_time_zone(timezone):
        return False
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(match["when"]).replace(tzinfo=ZoneInfo(timezone)) < datetime.now(UTC)


@cache
def time_zones() -> frozenset[str]:
    """The IANA time zones."""
    # Reading all zones takes longer than checking a file; only a suggestion needs them.
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def is_time_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone; UTC needs no look at the data."""
    if name == "UTC":
        return True
    if not _ZONE.fullmatch(name):
        return False
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return False
    return True
