"""Records the calls of the AWS provider in rehearsals of every environment of tests/specs/.

    python -m tests.support.record_provider_calls [LOG ...]

It takes twenty minutes; with logs of Terraform it only reads these. tests/stacks/test_resource_actions.py compares the
catalogue with the result.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.support.provider_calls import LOGGING, ProviderCall, provider_calls

SPECS = Path(__file__).parents[1] / "specs"
FOLDERS = (SPECS / "own-balancer" / "ecsforge.yaml",)
"""Specs with own Terraform. That of `own-terraform` has types of its own, which the catalogue does not have."""
RECORDED = Path(__file__).parents[1] / "recorded" / "provider_calls.json"


def main() -> None:
    """Write RECORDED."""
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(each) for each in sys.argv[1:]] or list(_rehearsed(Path(folder)))
        calls = frozenset(call for log in logs for call in provider_calls(log))
    RECORDED.write_text(json.dumps(_tree(calls), indent=1, sort_keys=True) + "\n", "utf-8")


def recorded_calls() -> frozenset[ProviderCall]:
    """The recorded calls."""
    tree = json.loads(RECORDED.read_text("utf-8"))
    return frozenset(
        ProviderCall(kind, step, action) for kind, steps in tree.items() for step in steps for action in steps[step]
    )


def _tree(calls: frozenset[ProviderCall]) -> dict[str, dict[str, list[str]]]:
    tree: dict[str, dict[str, set[str]]] = {}
    for call in calls:
        step = "read" if call.step == "read" else "apply"
        tree.setdefault(call.type, {}).setdefault(step, set()).add(call.action)
    return {kind: {step: sorted(actions) for step, actions in steps.items()} for kind, steps in tree.items()}


def _rehearsed(folder: Path) -> Iterator[Path]:
    """The log of each environment, rehearsed one after the other."""
    for file in (*sorted(SPECS.glob("*.yaml")), *FOLDERS):
        for env in yaml.safe_load(file.read_text("utf-8"))["environments"]:
            log = folder / f"{file.parent.name}-{file.stem}-{env}.jsonl"
            command = [sys.executable, "-m", "cli", "-f", str(file), "--env", env, "rehearse"]
            subprocess.run(command, check=True, env={**os.environ, **LOGGING, "TF_LOG_PATH": str(log)})
            yield log


if __name__ == "__main__":
    main()
