"""Durations: parsed on the command line, and formatted in messages."""

from __future__ import annotations

import click
import pytest

from cli.durations import Duration
from operations.text import clock, spoken


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("2m5s", 125), (" 1M ", 60)]
)
def test_seconds_minutes_and_hours_are_parsed(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "0m", "-5", "soon", "5d", "m", "1.5h"])
def test_an_invalid_duration_is_rejected_with_examples(text: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        Duration().convert(text, None, None)

    assert caught.value.message == f"invalid duration; got {text!r}; write it as 90s, 15m or 1h30m"


@pytest.mark.parametrize(("seconds", "text"), [(45, "45 s"), (900, "15 min"), (90, "1 min 30 s"), (0, "0 s")])
def test_seconds_are_formatted_with_units(seconds: float, text: str) -> None:
    assert spoken(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(7.9, "7s"), (65, "1m 05s")])
def test_a_clock_uses_the_short_form(seconds: float, text: str) -> None:
    assert clock(seconds) == text
