"""Why a template is not rendered."""

from __future__ import annotations


class Unknown(Exception):
    """The template uses something that only Terraform can evaluate."""


class TemplateError(Exception):
    """The template is invalid: Terraform would reject it too."""


class UndefinedVariable(TemplateError):
    """The template uses a variable that is not passed to it."""


class TooLarge(TemplateError):
    """Rendering exceeds a limit; Terraform would take minutes, or fill the memory.

    Attributes:
        limit: The limit, as a sentence about the template continues: `takes more than 200,000 steps to render`.
        line: The line of the template that exceeds it, counted from 1.
    """

    def __init__(self, limit: str, line: int) -> None:
        super().__init__(f"{limit}, on line {line}")
        self.limit = limit
        self.line = line
