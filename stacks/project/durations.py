"""Durations of the project file: seconds, or text with units such as `10s`, `5m`, `2h`, `1d` and `1h30m`."""

from __future__ import annotations

import re

_SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_TEXT = re.compile(r"(?=\d)(?:(\d{1,10})d)?(?:(\d{1,10})h)?(?:(\d{1,10})m)?(?:(\d{1,10})s)?")


def duration(text: str) -> int | None:
    """The seconds of a duration with units, the largest unit first; None for any other text."""
    parts = _TEXT.fullmatch(text) if text.isascii() else None
    if parts is None:
        return None
    return sum(int(part or 0) * seconds for part, seconds in zip(parts.groups(), _SECONDS.values(), strict=True))


def duration_text(seconds: int) -> str:
    """The shortest way to write a duration with one unit: `10m` for 600, `90s` for 90."""
    unit = next((unit for unit, length in _SECONDS.items() if seconds and seconds % length == 0), "s")
    return f"{seconds // _SECONDS[unit]}{unit}"
