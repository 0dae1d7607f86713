"""Lengths of time as people write them."""

from __future__ import annotations

import re

import click


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """`90`, `90s`, `15m`, `1h30m`: seconds, more than none."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", str(value).strip().lower())
        hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
        total = 3600 * hours + 60 * minutes + seconds
        if total == 0:
            self.fail(f"this is no length of time; got {value!r}; write it as 90s, 15m or 1h30m", param, ctx)
        return float(total)


def spoken(seconds: float) -> str:
    """`45 s`, `15 min`, `1 min 30 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return " ".join([*([f"{minutes} min"] if minutes else []), *([f"{rest} s"] if rest or not minutes else [])])


def clock(seconds: float) -> str:
    """`7s`, `1m 05s`: short, for lines that change."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
