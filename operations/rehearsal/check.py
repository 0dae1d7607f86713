"""One comparison of the account with the project file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stacks.errors import Position, Problem


@dataclass(frozen=True)
class Check:
    """One comparison: `expected` comes from the project file, `found` from AWS."""

    subject: str
    what: str
    expected: Any
    found: Any

    @property
    def passed(self) -> bool:
        """Whether AWS matches the project file."""
        return bool(self.found == self.expected)

    @property
    def problem(self) -> Problem:
        """The check as a problem; only useful when it did not pass."""
        where, what = Position(self.subject), f"wrong {self.what}"
        return Problem(where, what, repr(self.found), f"expected {self.expected!r}")
