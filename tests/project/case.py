"""Tables of broken project files, the message each gets, and files that are just right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.project.texts import repeated, written

_TABLES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One rule, broken once.

    `row` is the row of the rules it belongs to, `broken` the file that breaks that rule and nothing else, `message`
    what is said about it, from the line on, and `accepted` files at the edge of what is allowed. `env` is the
    environment that is selected, if any.
    """

    table: str
    row: str
    broken: str
    message: str
    severity: str
    accepted: tuple[str, ...]
    env: str | None
    name: str


def cases() -> tuple[Case, ...]:
    """Every case of every table."""
    return tuple(case for table in sorted(_TABLES.glob("*.yaml")) for case in _cases(table))


def _cases(table: Path) -> list[Case]:
    rows = yaml.safe_load(table.read_text())
    return [
        Case(
            table=table.stem,
            row=row,
            broken=written(entry),
            message=repeated(entry["says"]),
            severity="warning" if entry.get("warning") else "error",
            accepted=tuple(map(written, entry.get("fine", ()))),
            env=entry.get("env"),
            name=f"{table.stem}-{row}-{number}".replace(" ", "-"),
        )
        for row, entries in rows.items()
        for number, entry in enumerate(entries, start=1)
    ]
