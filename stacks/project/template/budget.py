"""Limits what rendering a template may take, so that a small template can't hang a command or fill the memory.

ECS refuses a task definition over 64 KiB, so a template that needs more than these limits is a mistake or an attack.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
"""

from __future__ import annotations

from typing import Any

from stacks.project.template.errors import TooLarge

MAX_STEPS = 200_000
"""Operators, calls, iterations, items of lists and maps, and characters of the expressions: below a second."""
MAX_CHARACTERS = 4 * 1024 * 1024
"""Characters that functions read and write, and that the template renders to."""


class Budget:
    """Counts what one rendering takes. `line` is the line of the template that is being rendered."""

    def __init__(self) -> None:
        self.line = 1
        self._steps = 0
        self._characters = 0

    def step(self, steps: int = 1) -> None:
        """Count steps. Raises TooLarge."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise TooLarge(f"takes more than {MAX_STEPS:,} steps to render", self.line)

    def text(self, characters: int) -> None:
        """Count characters, before the text is made. Raises TooLarge."""
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise TooLarge(f"makes more than {MAX_CHARACTERS // 1024**2} MiB of text", self.line)

    def value(self, value: Any) -> None:
        """Count a value with everything in it, as often as it is in it: lists can share items. Raises TooLarge."""
        self.step()
        if isinstance(value, str):
            self.text(len(value))
        elif isinstance(value, dict):
            for key, item in value.items():
                self.text(len(key))
                self.value(item)
        elif isinstance(value, list):
            for item in value:
                self.value(item)
