"""Terraform's machine-readable stream, one JSON message a line, as typed values.

Reference: https://developer.hashicorp.com/terraform/internals/machine-readable-ui. Unknown messages and keys are
ignored, as it requires. OpenTofu writes the same stream.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["create", "update", "replace", "delete", "read", "noop", "import", "forget", "move", "remove"]
StepState = Literal["started", "progress", "done", "failed"]

_STEPS: dict[str, StepState] = {
    "apply_start": "started",
    "apply_progress": "progress",
    "apply_complete": "done",
    "apply_errored": "failed",
}
# Messages of the graph walk that are not steps: internal/command/views/json/message_types.go in hashicorp/terraform.
_OPERATIONS = ("refresh_start", "ephemeral_op_start", "provision_start", "action_start")


@dataclass(frozen=True)
class SourceRange:
    """A place in a stack's configuration: the file in the stack's folder, line and column, and the lines of code."""

    file: str
    line: int
    column: int
    code: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """An error or a warning.

    Attributes:
        severity: Which of the two.
        summary: What is wrong.
        detail: Further text.
        address: The resource it is about; empty if it is not about a resource.
        source: Where in the configuration it is; None without a place.
    """

    severity: Literal["error", "warning"]
    summary: str
    detail: str = ""
    address: str = ""
    source: SourceRange | None = None


@dataclass(frozen=True)
class Planned:
    """A resource that the plan changes, or, for drift, one that was changed outside of Terraform."""

    address: str
    type: str
    name: str
    action: Action


@dataclass(frozen=True)
class Step:
    """A resource that is being changed, `seconds` after the start of the change."""

    address: str
    type: str
    name: str
    action: Action
    state: StepState
    seconds: int = 0
    id: str = ""


@dataclass(frozen=True)
class Operation:
    """Another operation on a resource has started: a refresh, an ephemeral resource, a provisioner or an action."""

    kind: str


@dataclass(frozen=True)
class Output:
    """An output value; None in a plan if it is not known before apply."""

    value: Any
    sensitive: bool


@dataclass(frozen=True)
class Outputs:
    """All output values, sorted by name."""

    values: dict[str, Output] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """Any other message of Terraform."""

    text: str


@dataclass(frozen=True)
class StateDump:
    """The whole state, which Terraform prints when it could not store it. It may contain secrets."""

    state: dict[str, Any] = field(repr=False)


Event = Diagnostic | Planned | Step | Operation | Outputs | Note | StateDump


def parse(line: str) -> Event | None:
    """The event in a line of the stream; None for a line without one.

    A line that isn't JSON is a note: before the stream begins, and when it crashes, Terraform writes plain text.
    """
    line = line.strip()
    try:
        message = json.loads(line)
    except ValueError:
        return Note(line) if line else None
    if not isinstance(message, dict):
        return Note(line)
    return _event(message)


def _event(message: dict[str, Any]) -> Event | None:
    kind = str(message.get("type", ""))
    match kind:
        case "diagnostic":
            return diagnostic(message["diagnostic"])
        case "planned_change":
            return _planned(message["change"])
        case "outputs":
            return read_outputs(message["outputs"])
        case "log" if isinstance(message.get("state"), dict):
            return StateDump(message["state"])
        case "log" | "init_output":
            return Note(str(message.get("@message", "")).strip())
    if kind in _STEPS:
        return _step(message["hook"], _STEPS[kind])
    if kind in _OPERATIONS:
        return Operation(kind)
    return None


def read_outputs(values: dict[str, Any]) -> Outputs:
    """The output values of a stream or of `terraform output -json`."""
    return Outputs(
        {name: Output(values[name].get("value"), bool(values[name].get("sensitive"))) for name in sorted(values)}
    )


def diagnostic(message: dict[str, Any]) -> Diagnostic:
    """A diagnostic of a stream or of `terraform validate -json`."""
    severity: Literal["error", "warning"] = "warning" if message.get("severity") == "warning" else "error"
    return Diagnostic(
        severity,
        str(message.get("summary", "")),
        str(message.get("detail") or ""),
        str(message.get("address") or ""),
        _source(message),
    )


def _source(message: dict[str, Any]) -> SourceRange | None:
    found, snippet = message.get("range"), message.get("snippet")
    if not isinstance(found, dict) or not found.get("filename"):
        return None
    start = found.get("start") or {}
    code = str(snippet.get("code") or "") if isinstance(snippet, dict) else ""
    return SourceRange(str(found["filename"]), int(start.get("line", 0)), int(start.get("column", 0)), code)


def _planned(change: dict[str, Any]) -> Planned:
    resource = change["resource"]
    return Planned(resource["addr"], resource["resource_type"], resource["resource_name"], change["action"])


def _step(hook: dict[str, Any], state: StepState) -> Step:
    resource = hook["resource"]
    return Step(
        resource["addr"],
        resource["resource_type"],
        resource["resource_name"],
        hook["action"],
        state,
        int(hook.get("elapsed_seconds", 0)),
        str(hook.get("id_value") or ""),
    )
