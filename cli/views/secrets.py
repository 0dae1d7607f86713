"""Prints which secrets are set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from cli.console import Console
from operations.secrets.status import SecretStatus


def show_secrets(secrets: Sequence[SecretStatus], console: Console) -> None:
    """Print a table on a terminal, a row for each secret on a pipe."""
    rows = [(each.name, each.state, _moment(each), ", ".join(each.services), each.reference) for each in secrets]
    if rows:
        console.table(rows, ("Name", "State", "Changed (UTC)", "Services", "Reference"))


def _moment(secret: SecretStatus) -> str:
    return "-" if secret.changed is None else f"{secret.changed.astimezone(UTC):%Y-%m-%d %H:%M}"


def status_json(secret: SecretStatus) -> dict[str, Any]:
    """A secret as `secrets list --json` prints it, with the time in ISO 8601."""
    return {
        "name": secret.name,
        "state": secret.state,
        "reference": secret.reference,
        "services": list(secret.services),
        "kind": secret.kind,
        "changed": None if secret.changed is None else secret.changed.astimezone(UTC).isoformat(),
    }
