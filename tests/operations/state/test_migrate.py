"""Which of two states is used. tests/e2e moves real ones with Terraform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from operations.state import migrate
from operations.state.backend import Backend
from operations.state.document import StateDocument
from stacks.errors import TerraformError


def s3(key: str = "shop/dev/terraform.tfstate", **more: Any) -> Backend:
    return Backend("s3", {"bucket": "states", "key": key, "region": "eu-west-1", **more}, Path("/x"))


def stored(serial: int, *names: str, lineage: str = "a") -> dict[str, Any]:
    instance = {"attributes": {"id": "1"}}
    made = [{"mode": "managed", "type": "aws_eip", "name": name, "instances": [instance]} for name in names]
    return {"version": 4, "lineage": lineage, "serial": serial, "resources": made}


@pytest.mark.parametrize(
    ("here", "there", "outcome"),
    [
        (stored(5, "x"), {}, "moves"),
        (stored(5), stored(3, "x"), "stays"),
        (stored(3, "x"), stored(5, "x", "y"), "stays"),
        (stored(5, "x"), stored(5, "x"), "stays"),
        # An earlier move left the state there; the state here has been deployed since.
        (stored(5, "x"), stored(3, "x"), "moves"),
        (stored(5, "x", "y"), stored(3, "x"), "moves"),
        # Both have been deployed since, or one lacks a resource: only the user knows which is correct.
        (stored(5, "x"), stored(3, "x", "y"), "is refused"),
        (stored(3, "x", "y"), stored(5, "x"), "is refused"),
        (stored(5, "x", "y", lineage="b"), stored(3, "x"), "is refused"),
    ],
)
def test_of_two_states_the_newer_one_is_kept(
    monkeypatch: pytest.MonkeyPatch, here: dict[str, Any], there: dict[str, Any], outcome: str
) -> None:
    before, wanted = s3("before"), s3("wanted")
    found = {"before": here, "wanted": there}
    monkeypatch.setattr(migrate, "_pulled", lambda terraform, backend: StateDocument(found[backend.settings["key"]]))
    messages: list[str] = []

    def to_move() -> StateDocument | None:
        return migrate._to_move(None, before, wanted, messages.append)  # type: ignore[arg-type]  # Terraform is not run

    if outcome == "is refused":
        with pytest.raises(TerraformError, match="contain different states of this stack"):
            to_move()
    else:
        assert to_move() == (StateDocument(here) if outcome == "moves" else None)
