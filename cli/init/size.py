"""The size of a Fargate task that has the cpu and the memory of a compose service."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from stacks.project.rules.task import MEMORY_BY_CPU

_MEMORY = re.compile(r"(\d{1,12}(?:\.\d+)?)\s*(?:([bkmgt])i?b?)?", re.I)
_BYTES = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_CPU = re.compile(r"\d{1,4}(?:\.\d+)?")
_MIB = 2**20
_USUAL_CPU = 512
"""CPU units of a service with only a limit of its memory, above the smallest one."""
_SMALLEST_MEMORY = 512


def task_size(entry: Mapping[str, Any]) -> dict[str, int]:
    """The smallest valid `cpu` and `memory` that have at least the limits of a service; empty without limits."""
    limits = _section(entry, "deploy", "resources", "limits")
    cpu = _cpu(limits.get("cpus") or entry.get("cpus"))
    memory = _memory(limits.get("memory") or entry.get("mem_limit"))
    if cpu is None and memory is None:
        return {}
    if cpu is None:
        cpu = _USUAL_CPU if (memory or 0) > _SMALLEST_MEMORY else None
    for units, sizes in MEMORY_BY_CPU.items():
        fitting = [size for size in sizes if size >= (memory or 0)]
        if units >= (cpu or 0) and fitting:
            return {"cpu": units, "memory": fitting[0]}
    return {}


def task_count(entry: Mapping[str, Any]) -> int | None:
    """The number of tasks: `deploy.replicas` or `scale`; None if not set."""
    deploy = entry.get("deploy")
    text = str((deploy.get("replicas") if isinstance(deploy, dict) else None) or entry.get("scale") or "")
    return int(text) if re.fullmatch(r"\d{1,3}", text) else None


def _section(entry: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    value: Any = entry
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _cpu(value: Any) -> int | None:
    """`0.5` as CPU units."""
    text = str(value or "")
    return math.ceil(float(text) * 1024) if _CPU.fullmatch(text) else None


def _memory(value: Any) -> int | None:
    """`512M` as MiB."""
    found = _MEMORY.fullmatch(str(value or "").strip())
    return math.ceil(float(found[1]) * _BYTES[(found[2] or "").lower()] / _MIB) if found else None
