"""Durations on the command line."""

from __future__ import annotations

import re

import click


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A duration longer than zero, such as `90`, `90s`, `15m` or `1h30m`, in seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?", str(value).strip().lower())
        hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
        total = 3600 * hours + 60 * minutes + seconds
        if total == 0:
            self.fail(f"invalid duration; got {value!r}; write it as 90s, 15m or 1h30m", param, ctx)
        return float(total)
