"""The one error tree.

    EcsforgeError
    ├── SpecError        what the user wrote is wrong              exit code 2
    ├── SynthError       the Terraform could not be written        exit code 1
    ├── TerraformError   Terraform or OpenTofu failed              exit code 1
    ├── AwsError         AWS refused, or is not as it should be    exit code 1
    └── RehearsalError   a rehearsal did not pass                  exit code 1

Everything a user can cause ends in one of these; the command line turns them into a message and an exit
code in one place and never shows a traceback for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Position:
    """Where a value was written.

    `source` is the path of the project file as the user named it, or the option or environment variable
    that set the value (`--set services.web.count`, `ECSFORGE_ENV`); those have no line. Lines and columns
    count from 1.
    """

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


NOT_SHOWN = "a value that is not shown"
"""What a problem got, where that may be a credential."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, said as `{where}: {what}; got {x}; {how to fix it}`.

    `got` is already rendered as the user would write it (see `shown`); None leaves that part out, for
    what is missing altogether. `path` is the key path in the project file, for `validate --json`.
    """

    where: Position
    what: str
    got: str | None
    fix: str
    path: tuple[str | int, ...] = ()
    severity: Severity = "error"

    def __str__(self) -> str:
        parts = [self.what, *([f"got {self.got}"] if self.got is not None else []), self.fix]
        return f"{self.where}: {'; '.join(parts)}"


class EcsforgeError(Exception):
    """The root of all errors a user can meet. `exit_code` is what the process ends with."""

    exit_code = 1


class SpecError(EcsforgeError):
    """The project file, an option or an environment variable is wrong. Holds every problem found."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SynthError(EcsforgeError):
    """The Terraform could not be generated or written."""


class TerraformError(EcsforgeError):
    """Terraform could not be found or run, or it reported an error."""


class AwsError(EcsforgeError):
    """AWS refused a request, or what runs there is not what was asked for."""


class RehearsalError(EcsforgeError):
    """A rehearsal stage did not pass."""
