"""Lines that fit the terminal."""

from __future__ import annotations

from cli.console import Console
from cli.views.layout import WIDEST, text_width, wrapped


def test_text_in_a_pipe_has_the_same_width_everywhere() -> None:
    assert text_width(Console(), "stdout") == WIDEST == 100


def test_a_terminal_has_its_own_width() -> None:
    class Wide(Console):
        def is_terminal(self, stream: object = "stdout") -> bool:
            return True

    assert 40 <= text_width(Wide(), "stdout") <= WIDEST


def test_lines_continue_below_the_first() -> None:
    assert list(wrapped("one two three", 9, first="  + ")) == ["  + one", "    two", "    three"]
    assert list(wrapped("", 9, first="  + ")) == ["  +"]
