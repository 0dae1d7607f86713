"""The requests that an emulator received, as its recorder counts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PATH = "/ecsforge/calls"
"""The path at which the emulator returns its calls."""


@dataclass(frozen=True)
class Call:
    """All requests of one client for one operation.

    Attributes:
        service: The AWS service, as boto3 names it.
        operation: The operation, as its API names it.
        client: `terraform`, `boto3` or `other`, by the User-Agent of the request.
        count: How many there were, refused ones included.
        resources: What they named, by parameter: ARNs, IDs and names, sorted and without duplicates. No other value is
            recorded, so that it never holds a secret.
        tagged: Whether one of them sets tags, for which AWS requires a permission of its own.
        refused: The error codes of the requests that the rules and models refused, sorted.
    """

    service: str
    operation: str
    client: str
    count: int
    resources: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    tagged: bool = False
    refused: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The call as an object of JSON, with sorted lists."""
        return {
            "service": self.service,
            "operation": self.operation,
            "client": self.client,
            "count": self.count,
            "resources": {name: list(values) for name, values in self.resources.items()},
            "tagged": self.tagged,
            "refused": list(self.refused),
        }


def calls_from_json(items: Iterable[Mapping[str, Any]]) -> tuple[Call, ...]:
    """The calls that `Call.to_json` wrote."""
    return tuple(
        Call(
            item["service"],
            item["operation"],
            item["client"],
            item["count"],
            {name: tuple(values) for name, values in item["resources"].items()},
            item["tagged"],
            tuple(item["refused"]),
        )
        for item in items
    )
