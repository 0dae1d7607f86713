"""Tables of invalid project files, the message for each, and the nearest valid files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.project.texts import repeated, written

_TABLES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One violation of one rule.

    `row` is the row of the rules, `broken` a file with only this violation, `message` the message from the line number
    on, and `accepted` files at the limit of what is valid, each with the selected environment. `env` is the selected
    environment of the broken file, if any.
    """

    table: str
    row: str
    broken: str
    message: str
    severity: str
    accepted: tuple[tuple[str, str | None], ...]
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
            accepted=tuple((written(fine), fine.get("env", entry.get("env"))) for fine in entry.get("fine", ())),
            env=entry.get("env"),
            name=f"{table.stem}-{row}-{number}".replace(" ", "-"),
        )
        for row, entries in rows.items()
        for number, entry in enumerate(entries, start=1)
    ]
