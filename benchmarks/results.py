"""The results of `make bench`, and their JSON.

    {"date": "2026-11-27", "left_out": [...], "measurements": [...], "rounds": 5, "versions": {"Python": "3.11.7"}}

A measurement has the keys `all_seconds`, `case`, `group`, `megabytes`, `seconds` and `tool`; what was left out has
`case`, `group`, `reason` and `tool`. Keys are sorted, seconds have 3 digits, megabytes are whole.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Run

ECSFORGE = "ecsforge"


@dataclass
class Measurement:
    """What a tool needed for a case.

    Attributes:
        group: The group of the case, such as `synth`.
        case: What was done, such as `10 services`.
        tool: What did it: `ecsforge`, a peer, or the bare commands.
        all_seconds: The wall time of each round.
        megabytes: The most memory that the whole process tree used in any round.
    """

    group: str
    case: str
    tool: str
    all_seconds: list[float] = field(default_factory=list)
    megabytes: float = 0

    @property
    def seconds(self) -> float:
        """The median."""
        return statistics.median(self.all_seconds)

    def add(self, run: Run) -> None:
        """Add a round."""
        self.all_seconds.append(run.seconds)
        self.megabytes = max(self.megabytes, run.megabytes)

    def to_json(self) -> dict[str, Any]:
        """Its JSON, with the median."""
        return {
            "group": self.group,
            "case": self.case,
            "tool": self.tool,
            "seconds": round(self.seconds, 3),
            "all_seconds": [round(each, 3) for each in self.all_seconds],
            "megabytes": round(self.megabytes),
        }


@dataclass(frozen=True)
class LeftOut:
    """A case that a tool was not measured with, and why."""

    group: str
    case: str
    tool: str
    reason: str


@dataclass
class Results:
    """All measurements of one run, and the versions of what was measured, by name."""

    date: str
    rounds: int
    versions: dict[str, str]
    measurements: list[Measurement] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def cases(self) -> list[tuple[str, str]]:
        """The group and the name of each case, in the order in which they were measured."""
        every: list[Measurement | LeftOut] = [*self.measurements, *self.left_out]
        order = list(dict.fromkeys(each.group for each in every))
        return sorted(dict.fromkeys((each.group, each.case) for each in every), key=lambda case: order.index(case[0]))

    def tools(self, group: str) -> list[str]:
        """The tools that a group compares, ecsforge first."""
        every: list[Measurement | LeftOut] = [*self.measurements, *self.left_out]
        found = dict.fromkeys(each.tool for each in every if each.group == group)
        return sorted(found, key=lambda tool: tool != ECSFORGE)

    def find(self, group: str, case: str, tool: str) -> Measurement | None:
        """The measurement of a case; None if it was not measured."""
        wanted = (group, case, tool)
        return next((each for each in self.measurements if (each.group, each.case, each.tool) == wanted), None)

    def conditions(self) -> str:
        """How the values were measured, in one sentence, and the versions, that of ecsforge first."""
        rounds = "1 round" if self.rounds == 1 else f"{self.rounds} alternating rounds"
        names = sorted(self.versions, key=lambda name: (name != ECSFORGE, name.lower()))
        versions = ", ".join(f"{name} {self.versions[name]}" for name in names)
        return f"Medians of {rounds} on {self.date}; memory is the peak of the whole process tree. {versions}."

    def write(self, file: Path) -> None:
        """Write the JSON to a file."""
        content = {
            "date": self.date,
            "rounds": self.rounds,
            "versions": self.versions,
            "measurements": [each.to_json() for each in self.measurements],
            "left_out": [vars(each) for each in self.left_out],
        }
        file.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read(file: Path) -> Results:
    """Read what `Results.write` wrote."""
    content = json.loads(file.read_text(encoding="utf-8"))
    measurements = [
        Measurement(each["group"], each["case"], each["tool"], each["all_seconds"], each["megabytes"])
        for each in content["measurements"]
    ]
    left_out = [LeftOut(**each) for each in content["left_out"]]
    return Results(content["date"], content["rounds"], content["versions"], measurements, left_out)
