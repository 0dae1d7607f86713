"""Durations in the project file."""

from __future__ import annotations

import pytest

from stacks.project.durations import duration, duration_text

READ = {"10s": 10, "5m": 300, "2h": 7200, "1d": 86_400, "1h30m": 5400, "1d1s": 86_401, "0s": 0}


@pytest.mark.parametrize("text", READ)
def test_a_duration_is_read_as_seconds(text: str) -> None:
    assert duration(text) == READ[text]


@pytest.mark.parametrize("text", ["", "10", "s", "5 m", "5M", "1m1h", "1.5h", "-5m", "5ms", "٣s", "5m\n", "1h 30m"])
def test_other_text_is_not_a_duration(text: str) -> None:
    assert duration(text) is None


@pytest.mark.parametrize(("seconds", "text"), [(600, "10m"), (90, "90s"), (43_200, "12h"), (86_400, "1d"), (0, "0s")])
def test_a_duration_is_written_with_one_unit(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text
    assert duration(text) == seconds
