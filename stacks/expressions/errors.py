"""Errors for text that can't be parsed as an expression."""

from __future__ import annotations


class UnreadableExpression(ValueError):
    """The text is not a template or an expression, or uses syntax that is not supported: a heredoc, a comment, a `~`.

    Attributes:
        text: The whole text.
        character: Where parsing stopped, counted from 1.
    """

    def __init__(self, text: str, character: int) -> None:
        super().__init__(text, character)
        self.text = text
        self.character = character

    def __str__(self) -> str:
        return f"character {self.character} of {self.text!r}"


class MalformedExpression(UnreadableExpression):
    """The expression is invalid, and Terraform rejects it too.

    Attributes:
        problem: What is wrong with it.
    """

    def __init__(self, text: str, character: int, problem: str) -> None:
        super().__init__(text, character)
        self.problem = problem
