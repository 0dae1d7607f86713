"""When a schedule of EventBridge Scheduler runs next.

Source: EventBridge Scheduler User Guide, "Schedule types". Where daylight saving skips an hour, there is no run in it;
where it repeats one, there is one run.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LAST_YEAR = 2199
_FRIDAY = 5


def next_run(expression: str, timezone: str, now: datetime) -> datetime | None:
    """The first run after `now`, in UTC.

    None for `rate()`, which counts from a moment that only the scheduler knows, and where no run is to come.
    """
    try:
        zone = ZoneInfo(timezone)
        runs = (_in_utc(moment, zone) for moment in _moments(expression, now))
        return next((run for run in runs if run is not None and run > now), None)
    except (LookupError, ValueError):  # AWS has taken something that this does not know
        return None


def _moments(expression: str, now: datetime) -> Iterator[datetime]:
    """The times that an expression names, in its own time zone, from the day before `now` on."""
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
    """A time on the clocks of a zone; None when they skip it."""
    found = moment.replace(tzinfo=zone).astimezone(UTC)
    return found if found.astimezone(zone).replace(tzinfo=None) == moment else None


def _days(year: int, month: int, day: str, weekday: str) -> set[int]:
    """The days of a month that the two day fields name; one of them is always `?`."""
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
    """Whether a day is one that a day-of-week field names: `MON-FRI`, `6#3` the third Friday, `6L` the last one."""
    number = day.isoweekday() % 7 + 1
    if weekday == "L":
        return number == len(_WEEK)
    if match := re.fullmatch(r"(\w+)#(\d)", weekday):
        return number in _values(match[1], 1, 7, _WEEK) and (day.day - 1) // 7 + 1 == int(match[2])
    if match := re.fullmatch(r"(\d|[A-Z]{3})L", weekday):
        return number in _values(match[1], 1, 7, _WEEK) and day.day + 7 > length
    return number in _values(weekday, 1, 7, _WEEK)


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
    """What a field of numbers, names, lists, ranges and steps stands for."""
    found: set[int] = set()
    for part in text.split(","):
        span, stepped, step = part.partition("/")
        first, ranged, last = ("*", "", "") if span == "*" else span.partition("-")
        start = low if first == "*" else _number(first, low, names)
        open_end = high if stepped or first == "*" else start
        end = _number(last, low, names) if ranged else open_end
        found.update(range(start, end + 1, int(step or 1)))
    return found


def _number(text: str, low: int, names: Sequence[str]) -> int:
    return names.index(text) + low if text in names else int(text)
