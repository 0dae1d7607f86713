"""Capacity provider strategies."""

from __future__ import annotations

from typing import Any, Literal

from stacks.constructs.cluster import FARGATE, FARGATE_SPOT
from stacks.project.models import CapacityMix


def strategy(kind: Any, capacity: Literal["on_demand", "spot"] | CapacityMix) -> list[Any]:
    """The strategy items for `capacity`; `kind` is the class of an item in the bindings.

    A provider with weight 0 and base 0 runs no tasks, so it is left out.
    """
    if capacity == "on_demand":
        return [kind(capacity_provider=FARGATE, base=0, weight=1)]
    if capacity == "spot":
        return [kind(capacity_provider=FARGATE_SPOT, base=0, weight=1)]
    items = ((FARGATE, capacity.on_demand_base, capacity.on_demand_weight), (FARGATE_SPOT, 0, capacity.spot_weight))
    return [kind(capacity_provider=name, base=base, weight=weight) for name, base, weight in items if base or weight]
