"""Text from elsewhere can't move the cursor, rename the window or ring the bell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from operations.text import plain, since, visible


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain text, ü and 漢字\tkept", "plain text, ü and 漢字\tkept"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cGFzdGU=\x07clipboard", "clipboard"),
        ("\x1bP1$r\x1b\\answer", "answer"),
        ("\x1b(0lines\x1b(B", "lines"),
        ("\x1bcreset", "reset"),
        ("over\rwritten\x08\x07", "overwritten"),
        ("\x1b]0;never ended", "]0;never ended"),
        ("half \x1b[", "half ["),
        ("\x1b[3\x1b[31m1m", "[31m"),
    ],
)
def test_escape_sequences_and_control_characters_are_removed(written: str, shown: str) -> None:
    assert plain(written) == shown


def test_plain_text_does_not_change_again() -> None:
    once = plain("\x1b\x1b[31m[31mtwice\x1b")

    assert "\x1b" not in once
    assert plain(once) == once


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ü and 漢字\ton\ntwo lines", "ü and 漢字\ton\ntwo lines"),
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("\x9b2J over\rwritten", "\\x9b2J over\\rwritten"),
        ("moc.\u202eelpmaxe", "moc.\\u202eelpmaxe"),
    ],
)
def test_control_characters_and_changes_of_direction_are_escaped(written: str, shown: str) -> None:
    assert visible(written) == shown


def test_our_own_styles_are_kept_if_styled_and_styles_that_hide_text_are_escaped() -> None:
    assert visible("\x1b[31m\x1b[1mred\x1b[0m", styled=True) == "\x1b[31m\x1b[1mred\x1b[0m"
    assert visible("\x1b[8mhidden\x1b[30mblack", styled=True) == "\\x1b[8mhidden\\x1b[30mblack"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "5 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (47 * 3600, "47 h ago"),
        (48 * 3600, "2 days ago"),
        (-300, "in 5 min"),
    ],
)
def test_a_time_is_relative_to_now(seconds: int, text: str) -> None:
    now = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)

    assert since(now - timedelta(seconds=seconds), now) == text
