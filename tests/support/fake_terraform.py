"""A fake Terraform with the plans of a test, which records its calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from operations.terraform.runner import PlanResult
from operations.terraform.stream import Diagnostic, Event, Output, Outputs, Planned
from stacks.addresses import Owners
from stacks.errors import TerraformError


class FakeTerraform:
    """Behaves like `operations.terraform.runner.Terraform`, without a process.

    Attributes:
        changes: The changes of every plan.
        shown: The result of `show` for every plan file; by default the changes without values.
        state: The result of `pull_state`.
        refused: Addresses that can't be imported.
        calls: The names of the calls, in order.
        imported: The import blocks of the last plan, or of `import`.
        variables: The variables of the last plan.
        untainted: The addresses whose taint was removed.
        env_vars: The environment variables that it runs with.
    """

    def __init__(
        self,
        folder: Path,
        changes: Sequence[Planned] = (),
        *,
        shown: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | None = None,
        refused: Sequence[str] = (),
        warnings: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.owners = Owners(services=("web",))
        self.env_vars: dict[str, str] = {}
        self.changes, self.state = tuple(changes), state or {}
        self.shown = _shown(self.changes) if shown is None else shown
        self.refused, self.warnings = tuple(refused), warnings
        self.calls: list[str] = []
        self.imported: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.untainted: list[str] = []

    def plan(
        self,
        out: Path,
        *,
        destroy: bool = False,
        variables: Mapping[str, str] | None = None,
        targets: Sequence[str] = (),
        on_event: object = None,
    ) -> PlanResult:
        self.calls.append("plan")
        self.variables = dict(variables or {})
        file = self.folder / "ecsforge-imports.tf.json"
        blocks = json.loads(file.read_text())["import"] if file.exists() else []
        self.imported = {block["to"]: block["id"] for block in blocks}
        for address in self.imported:
            if address in self.refused:
                raise TerraformError.of("planning", "Cannot import non-existent remote object", address=address)
        out.write_text("plan")
        warnings = tuple(Diagnostic("warning", text) for text in self.warnings)
        return PlanResult(self.changes, bool(self.changes), warnings)

    def show(self, plan: Path) -> Mapping[str, Any]:
        self.calls.append("show")
        return self.shown

    def apply(self, plan: Path, *, on_event: Callable[[Event], None]) -> Outputs:
        self.calls.append("apply")
        assert plan.read_text() == "plan"
        return Outputs({"cluster": Output("web-cluster", False)})

    def output(self) -> Outputs:
        self.calls.append("output")
        return Outputs({"cluster": Output("web-cluster", False)})

    def pull_state(self) -> Mapping[str, Any]:
        self.calls.append("pull_state")
        return self.state

    def adopt(self, address: str, id_: str) -> None:
        self.calls.append("adopt")
        if address in self.refused:
            raise TerraformError.of("importing a resource", "it does not exist", address=address)
        self.imported[address] = id_

    def untaint(self, address: str) -> None:
        self.untainted.append(address)


def _shown(changes: Sequence[Planned]) -> dict[str, Any]:
    """A plan file with these changes, as `terraform show -json` prints it."""
    resources = [
        {
            "address": each.address,
            "type": each.type,
            "mode": "managed",
            "change": {"actions": [each.action], "before": None, "after": None},
        }
        for each in changes
    ]
    return {"planned_values": {}, "resource_changes": resources}
