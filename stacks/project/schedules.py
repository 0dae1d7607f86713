"""Schedule expressions of EventBridge Scheduler and Application Auto Scaling, and time zones.

Sources: EventBridge Scheduler User Guide, "Schedule types"; Application Auto Scaling API, ScheduledAction. A
schedule does not run in an hour that daylight saving time skips, and runs once in an hour that it repeats.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from stacks.project.durations import duration

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_RATE = re.compile(r"rate\((?P<number>[1-9]\d{0,8}) (?P<unit>minute|hour|day)(?P<plural>s?)\)", re.ASCII)
_LOOSE_RATE = re.compile(
    r"rate\(\s*(?P<number>0*[1-9]\d{0,8})\s*(?P<unit>m|min|minute|h|hr|hour|d|day)s?\s*\)", re.ASCII | re.I
)
_SHORTHANDS = {
    "@hourly": "cron(0 * * * ? *)",
    "@daily": "cron(0 0 * * ? *)",
    "@midnight": "cron(0 0 * * ? *)",
    "@weekly": "cron(0 0 ? * SUN *)",
    "@monthly": "cron(0 0 1 * ? *)",
    "@yearly": "cron(0 0 1 1 ? *)",
    "@annually": "cron(0 0 1 1 ? *)",
}
_EVERY = re.compile(r"@every\s+(?P<duration>\S+)", re.I)
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
_LAST_YEAR = 2199
_SECONDS_PER_MINUTE = 60
_FRIDAY = 5


def schedule_fault(text: str) -> str | None:
    """How to fix a schedule expression; None when it is valid."""
    if text.startswith("rate("):
        return _rate_fault(text)
    if text.startswith("at("):
        return _at_fault(text)
    match = _CRON.fullmatch(text)
    if text.lstrip().startswith("@"):
        return "write @hourly, @daily, @weekly, @monthly, @yearly or @every 15m, in whole minutes"
    if match is None:
        example = of_crontab(text.split()) or "cron(0 3 * * ? *), rate(1 hour) or at(2030-01-31T03:00:00)"
        return f"for example {example}"
    return _cron_fault(match["fields"].split())


def of_shorthand(text: str) -> str | None:
    """The AWS expression for a shorthand: `@daily`, or `@every 15m` in whole minutes; None for any other text."""
    plain = text.strip()
    if every := _EVERY.fullmatch(plain):
        seconds = duration(every["duration"].lower()) or 0
        minutes, rest = divmod(seconds, _SECONDS_PER_MINUTE)
        number, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
        return f"rate({number} {unit}{'' if number == 1 else 's'})" if minutes and not rest else None
    return _SHORTHANDS.get(plain.lower())


def of_crontab(fields: list[str]) -> str | None:
    """The AWS expression for the five fields of a crontab; None where the conversion is ambiguous.

    AWS numbers the days of the week from 1 for Sunday, crontab from 0, and one of the two day fields must be `?`.
    """
    if len(fields) != len(_FIELDS) - 1:
        return None
    minutes, hours, day, month, weekday = fields
    days = re.sub(r"(?<![/\d])[0-7](?!\d)", lambda match: _DAYS[int(match[0]) % len(_DAYS)], weekday.upper())
    if day != "*" and weekday != "*":
        return None
    expression = f"{minutes} {hours} {day} {month} ? *" if weekday == "*" else f"{minutes} {hours} ? {month} {days} *"
    return None if _cron_fault(expression.split()) else f"cron({expression})"


def _rate_fault(text: str) -> str | None:
    match = _RATE.fullmatch(text)
    if match is None and (loose := _LOOSE_RATE.fullmatch(text)):
        unit = {"m": "minute", "h": "hour", "d": "day"}[loose["unit"][0].lower()]
        return f"write rate({int(loose['number'])} {unit}{'' if int(loose['number']) == 1 else 's'})"
    if match is None:
        return "for example rate(1 hour), rate(5 minutes) or rate(2 days)"
    if (match["number"] == "1") == (match["plural"] == ""):
        return None
    unit = match["unit"] + ("" if match["number"] == "1" else "s")
    return f"write rate({match['number']} {unit})"


def _at_fault(text: str) -> str | None:
    match = _AT.fullmatch(text)
    fix = "for example at(2030-01-31T03:00:00), the time in the schedule's time zone"
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
        has = f"has six fields ({all_fields}), this one has {len(fields)}"
        example = of_crontab(fields) or "cron(0 3 * * ? *)"
        return f"a cron expression {has}; for example {example}"
    days = fields[_DAY_OF_MONTH], fields[_DAY_OF_WEEK]
    if days.count("?") != 1:
        return f"exactly one of day of month and day of week must be ?, for example {_with_one_question_mark(fields)}"
    for index, (text, (name, low, high, names)) in enumerate(zip(fields, _FIELDS, strict=True)):
        if not _valid_field(text.upper(), index, low, high, names):
            return f"the {name} field {text} is invalid; it accepts {low}-{high}, lists, ranges, steps or *"
    return None


def _with_one_question_mark(fields: list[str]) -> str:
    """The expression with `?` in the day field that restricts nothing."""
    index = _DAY_OF_MONTH if fields[_DAY_OF_WEEK] not in ("*", "?") else _DAY_OF_WEEK
    other = _DAY_OF_WEEK if index == _DAY_OF_MONTH else _DAY_OF_MONTH
    changed = [*fields]
    changed[index], changed[other] = "?", fields[other].replace("?", "*")
    return "cron(0 3 * * ? *)" if _cron_fault(changed) else f"cron({' '.join(changed)})"


def _valid_field(text: str, index: int, low: int, high: int, names: tuple[str, ...]) -> bool:
    if index == _DAY_OF_MONTH and re.fullmatch(r"\?|L|LW|L-([1-9]|[12]\d|30)|([1-9]|[12]\d|3[01])W", text):
        return True
    if index == _DAY_OF_WEEK and re.fullmatch(r"\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])", text):
        return True
    return all(_valid_part(part, low, high, names) for part in text.split(","))


def _valid_part(part: str, low: int, high: int, names: tuple[str, ...]) -> bool:
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
    """Whether a valid `at()`, or every year of a `cron()`, is in the past. Time zones are checked separately."""
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
    # Reading all zones is slower than checking a file; only suggestions need it.
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def is_time_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone; UTC needs no time zone data."""
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


def next_run(expression: str, timezone: str, now: datetime) -> datetime | None:
    """The first run after `now`, in UTC.

    None for `rate()`, which starts at a time that only the scheduler knows, and when there are no more runs.
    """
    from zoneinfo import ZoneInfo

    try:
        zone = ZoneInfo(timezone)
        runs = (_in_utc(moment, zone) for moment in _moments(expression, now))
        return next((run for run in runs if run is not None and run > now), None)
    except (LookupError, ValueError):  # AWS accepts an expression that this does not support
        return None


def _moments(expression: str, now: datetime) -> Iterator[datetime]:
    """The times that match an expression, in its own time zone, starting the day before `now`."""
    kind, _, inner = expression.removesuffix(")").partition("(")
    if kind == "at":
        yield datetime.fromisoformat(inner)
    elif kind == "cron":
        minute, hour, day, month, weekday, year = inner.upper().split()
        times = list(product(sorted(_values(hour, 0, 23)), sorted(_values(minute, 0, 59))))
        start = (now - timedelta(days=1)).date()
        years = [number for number in sorted(_values(year, 1970, _LAST_YEAR)) if number >= start.year]
        for when in product(years, sorted(_values(month, 1, 12, _MONTHS))):
            for number in sorted(_days(*when, day, weekday)):
                if date(*when, number) >= start:
                    yield from (datetime(*when, number, *time) for time in times)


def _in_utc(moment: datetime, zone: ZoneInfo) -> datetime | None:
    """A local time of a zone in UTC; None when the zone skips it."""
    found = moment.replace(tzinfo=zone).astimezone(UTC)
    return found if found.astimezone(zone).replace(tzinfo=None) == moment else None


def _days(year: int, month: int, day: str, weekday: str) -> set[int]:
    """The days of a month that match the two day fields; one of them is always `?`."""
    _, length = monthrange(year, month)
    if weekday != "?":
        return {number for number in range(1, length + 1) if _is_on(date(year, month, number), length, weekday)}
    if day == "LW":
        return {_nearest_workday(year, month, length)}
    if match := re.fullmatch(r"L(?:-(\d+))?", day):
        return {length - int(match[1] or 0)}
    if match := re.fullmatch(r"(\d+)W", day):
        return {_nearest_workday(year, month, min(int(match[1]), length))}
    return {number for number in _values(day, 1, 31) if number <= length}


def _is_on(day: date, length: int, weekday: str) -> bool:
    """Whether a day matches a day-of-week field: `MON-FRI`, `6#3` for the third Friday, `6L` for the last one."""
    number = day.isoweekday() % 7 + 1
    if weekday == "L":
        return number == len(_DAYS)
    if match := re.fullmatch(r"(\w+)#(\d)", weekday):
        return number in _values(match[1], 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == int(match[2])
    if match := re.fullmatch(r"(\d|[A-Z]{3})L", weekday):
        return number in _values(match[1], 1, 7, _DAYS) and day.day + 7 > length
    return number in _values(weekday, 1, 7, _DAYS)


def _nearest_workday(year: int, month: int, day: int) -> int:
    """The workday nearest to a day, in the same month."""
    _, length = monthrange(year, month)
    past_friday = date(year, month, day).isoweekday() - _FRIDAY
    if past_friday == 1:  # Saturday
        return day - 1 if day > 1 else day + 2
    if past_friday == 2:  # Sunday
        return day + 1 if day < length else day - 2
    return day


def _values(text: str, low: int, high: int, names: Sequence[str] = ()) -> set[int]:
    """The values of a field of numbers, names, lists, ranges and steps."""
    found: set[int] = set()
    for part in text.split(","):
        span, stepped, step = part.partition("/")
        first, ranged, last = ("*", "", "") if span == "*" else span.partition("-")
        start = low if first == "*" else _value_of(first, low, names)
        open_end = high if stepped or first == "*" else start
        end = _value_of(last, low, names) if ranged else open_end
        found.update(range(start, end + 1, int(step or 1)))
    return found


def _value_of(text: str, low: int, names: Sequence[str]) -> int:
    return names.index(text) + low if text in names else int(text)
