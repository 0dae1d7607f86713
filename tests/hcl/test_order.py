"""Resources stand in the order a reader follows: none before one it refers to."""

from __future__ import annotations

import pytest

from stacks.hcl.body import Block
from stacks.hcl.document import Entry
from stacks.hcl.order import in_dependency_order


def ordered(**references: str) -> list[str]:
    """The order of entries named by keyword, `data_` for data sources, each referring to those it names."""
    entries = []
    for name, named in references.items():
        kind, address = ("data", f"data.aws_d.{name}") if name.startswith("data_") else ("resource", f"aws_r.{name}")
        if name.startswith("alarm"):
            address = f"aws_cloudwatch_metric_alarm.{name}"
        source = {"refers_to": [f"${{aws_r.{other}.id}}" for other in named.split()]}
        entries.append(Entry(kind, address, Block("", ()), source))
    return [entry.address.rsplit(".", 1)[1] for entry in in_dependency_order(entries)]


@pytest.mark.parametrize(
    ("references", "order"),
    [
        ({"a": "", "b": "", "c": ""}, ["a", "b", "c"]),
        ({"a": "b", "b": "c", "c": ""}, ["c", "b", "a"]),
        # What hangs on an entry follows it before another begins.
        ({"role": "", "policy": "role", "vpc": "", "subnet": "vpc"}, ["role", "policy", "vpc", "subnet"]),
        # What most others stand on begins.
        (
            {"address": "", "gateway": "address subnet", "subnet": "vpc", "vpc": ""},
            ["vpc", "subnet", "address", "gateway"],
        ),
        # An entry that another one waits for comes before one that nobody misses.
        (
            {"a": "", "role": "", "log": "", "policy": "role log", "b": "a", "c": "a"},
            ["a", "b", "c", "role", "log", "policy"],
        ),
        ({"a": "", "data_zones": ""}, ["data_zones", "a"]),
        ({"alarm": "a", "b": "", "a": ""}, ["a", "b", "alarm"]),
        # Two descriptions that name each other's resource.
        ({"a": "b", "b": "a", "c": ""}, ["c", "a", "b"]),
    ],
)
def test_the_order(references: dict[str, str], order: list[str]) -> None:
    assert ordered(**references) == order
