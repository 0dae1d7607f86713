"""Terraform's information about who holds the lock of a state, and the problem of a state that is locked.

Terraform prints it as a block in the detail of a diagnostic, after the error of the backend, and stores it as JSON.
Source: `LockInfo` in internal/states/statemgr/lock.go, and the messages in internal/command/clistate/state.go and
internal/backend/remote-state/s3/backend_state.go of hashicorp/terraform; opentofu/opentofu has the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

from stacks.errors import Position, Problem

_LINE = re.compile(r"^\W*(ID|Path|Operation|Who|Version|Created):[ \t]+(\S[^\n]*)$", re.MULTILINE)
_S3_LOCK_ID = re.compile(r"Lock ID: ([\w-]+)")
_ACQUIRING, _RELEASING = "Error acquiring the state lock", "Error releasing the state lock"


@dataclass(frozen=True)
class LockInfo:
    """Who holds a lock. Fields that Terraform did not write are empty.

    Attributes:
        id: The lock's ID.
        operation: What its holder does: `apply`, `plan`, ...
        who: The user and host.
        created: When it was taken, in UTC.
    """

    id: str = ""
    operation: str = ""
    who: str = ""
    created: str = ""

    @classmethod
    def of(cls, fields: dict[str, str]) -> LockInfo:
        """The lock with Terraform's names of the fields."""
        return cls(
            fields.get("ID", ""),
            fields.get("Operation", "").removeprefix("OperationType").lower(),
            fields.get("Who", ""),
            re.sub(r"[T ](\d\d:\d\d:\d\d).*", r" \1 UTC", fields.get("Created", "")),
        )

    @classmethod
    def from_json(cls, text: str) -> LockInfo:
        """The lock in a lock file. Empty if the file is not one."""
        try:
            return cls.of({key: str(value) for key, value in json.loads(text).items()})
        except (ValueError, AttributeError):
            return cls()

    @classmethod
    def in_text(cls, text: str) -> LockInfo | None:
        """The lock in the output of Terraform; None if there is none. Request IDs of AWS come before the block."""
        _, found, block = text.partition("Lock Info:")
        if found:
            return cls.of({match[1]: match[2].strip() for match in _LINE.finditer(block)})
        named = _S3_LOCK_ID.search(text)
        return cls(named[1]) if named else None

    def __str__(self) -> str:
        parts = [
            f"{self.operation or 'an operation'} by {self.who}" if self.who else self.operation,
            f"since {self.created}" if self.created else "",
            f"lock {self.id}" if self.id else "",
        ]
        return ", ".join(filter(None, parts))


def lock_problem(where: str, text: str, backend: Literal["local", "remote"]) -> Problem | None:
    """The problem of a lock that could not be taken or released, with the command that releases it.

    None if `text`, the output of Terraform, is not about a lock, or does not contain its holder.

    Args:
        where: What Terraform was doing.
        text: The summary and the detail of its diagnostic.
        backend: Where the state is. Only the end of its process releases the lock of a local state.
    """
    lock = LockInfo.in_text(text)
    if lock is None or not lock.id:
        return None
    command = ("state", "unlock", lock.id) if backend == "remote" else ()
    if _RELEASING in text or _S3_LOCK_ID.search(text):
        fix = "make sure that no other command uses this stack"
        fix += ", then release the lock with" if command else ""
        return Problem(Position(where), "the lock of the state was not released", str(lock), fix, command=command)
    if _ACQUIRING not in text and "state lock" not in text:
        return None
    wait = f"{lock.who or 'another command'} is changing this stack: wait until that command has finished"
    fix = f"{wait}. If it was killed, release its lock with" if command else wait
    return Problem(Position(where), "the state is locked", str(lock), fix, command=command)
