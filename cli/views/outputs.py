"""Prints the outputs of a stack to stdout."""

from __future__ import annotations

import json
from typing import Any

from cli.console import Console
from operations.plan.redact import MASK
from operations.terraform.stream import Output, Outputs


def print_outputs(console: Console, outputs: Outputs) -> None:
    """Print a table on a terminal, `name<TAB>value` lines on a pipe; sensitive values are masked."""
    rows = [(name, MASK if output.sensitive else raw(output)) for name, output in outputs.values.items()]
    console.table(rows, ("Output", "Value"))


def raw(output: Output) -> str:
    """The value for scripts: a string verbatim, anything else as JSON."""
    return output.value if isinstance(output.value, str) else json.dumps(output.value, ensure_ascii=False)


def as_json(outputs: Outputs) -> dict[str, Any]:
    """All values by name, including sensitive ones: JSON output is for programs."""
    return {name: output.value for name, output in outputs.values.items()}
