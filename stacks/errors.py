"""The one error tree.

    EcsforgeError
    ├── ProjectError     the project file, or what overrides it, is wrong    exit code 2
    ├── UsageError       an option is missing or does not fit                exit code 2
    ├── SynthError       the Terraform could not be generated or written     exit code 1
    ├── TerraformError   Terraform or OpenTofu failed                        exit code 1
    ├── AwsError         AWS returned an error, or a service is unhealthy    exit code 1
    ├── ImageError       an image could not be built, pushed or found        exit code 1
    └── RehearsalError   a rehearsal did not pass                            exit code 1

Every failure that a user can cause is one of these. An error holds `Problem`s, which are data. Only the command line
turns them into sentences (`cli/sentences.py`), and nothing parses a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

Severity = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Position:
    """Where a problem is.

    `source` is the path of the project file as the user named it, the option or environment variable that set the
    value (`--set services.web.count`, `ECSFORGE_ENV`), or what an operation was working on (`credentials`,
    `cluster shop-prod`). Only files have lines and columns, which count from 1.
    """

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


NOT_SHOWN = "a value that is not shown"
"""The `got` of a problem when the value may be a credential."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        where: The place in the project file, the option, or what was being worked on.
        what: What is wrong.
        got: What was found instead, rendered as the user would write it (see `shown`); None where nothing was.
        fix: How to fix it; empty where nothing can be advised.
        path: The key path in the project file, for `validate --json`.
        severity: A warning does not stop anything.
        code: The error code of AWS or Terraform, such as `AccessDenied`; None where there is none.
        address: The Terraform address of the resource concerned; None where there is none.
        command: The ecsforge command that `fix` ends with, as arguments: `("state", "unlock", ID)`. The command line
            adds the options that select the stack.
        details: Further lines that help to find the cause, such as the last events of a service.
    """

    where: Position
    what: str
    got: str | None = None
    fix: str = ""
    path: tuple[str | int, ...] = ()
    severity: Severity = "error"
    code: str | None = None
    address: str | None = None
    command: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


class EcsforgeError(Exception):
    """The root of all errors a user can cause.

    Attributes:
        problems: What is wrong; never empty.
        exit_code: What the process ends with.
    """

    exit_code = 1

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def of(
        cls,
        where: str,
        what: str,
        *,
        got: str | None = None,
        fix: str = "",
        code: str | None = None,
        address: str | None = None,
    ) -> Self:
        """The error with one problem. The arguments are those of `Problem`; `where` is not a place in a file."""
        return cls(Problem(Position(where), what, got, fix, code=code, address=address))

    @property
    def codes(self) -> frozenset[str]:
        """The error codes of AWS or Terraform among its problems."""
        return frozenset(each.code for each in self.problems if each.code is not None)

    def __str__(self) -> str:
        return "\n".join(each.what for each in self.problems)


class ProjectError(EcsforgeError):
    """The project file, or an option or environment variable that overrides it, is wrong. Holds every problem found."""

    exit_code = 2


class UsageError(EcsforgeError):
    """An option is missing, or does not fit what it is used on."""

    exit_code = 2


class SynthError(EcsforgeError):
    """The Terraform could not be generated or written."""


class TerraformError(EcsforgeError):
    """Terraform could not be found or run, or it reported an error."""


class AwsError(EcsforgeError):
    """AWS returned an error, or the running system is not in the expected state."""


class ImageError(EcsforgeError):
    """An image could not be built or pushed, or it does not exist or does not fit."""


class RehearsalError(EcsforgeError):
    """A stage of a rehearsal did not pass."""
