"""Records the requests of rehearsals of every environment of tests/specs/, as IAM evaluates them.

    python -m tests.support.record_requests

It takes twenty minutes. tests/operations/ci/test_life.py evaluates the policies of pipelines with the result.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.emulator_with_policies import REQUESTS, Asked, EmulatorWithPolicies
from tests.support.pipelines import ENVIRONMENTS, SPECS

RECORDED = Path(__file__).parents[1] / "recorded" / "requests"


def main() -> None:
    """Write a file for each environment, or for those that the arguments name: `shop-dev`."""
    RECORDED.mkdir(exist_ok=True)
    for spec, env in ENVIRONMENTS:
        if len(sys.argv) == 1 or f"{spec}-{env}" in sys.argv[1:]:
            _file(spec, env).write_text(_recorded(spec, env), "utf-8")


def recorded(spec: str, env: str) -> tuple[Asked, ...]:
    """The requests of an environment's rehearsal."""
    found: list[Asked] = []
    for client, actions in json.loads(_file(spec, env).read_text("utf-8")).items():
        for action, requests in actions.items():
            found += [Asked("", client, action, resource, dict(context)) for resource, *context in requests]
    return tuple(found)


def is_recorded(spec: str, env: str) -> bool:
    """Whether there are requests of an environment."""
    return _file(spec, env).exists()


def _file(spec: str, env: str) -> Path:
    return RECORDED / f"{spec}-{env}.json"


def _recorded(spec: str, env: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requests.jsonl"
        command = [sys.executable, "-m", "tests.support.record_requests", "rehearse", str(SPECS / f"{spec}.yaml"), env]
        own = {REQUESTS: str(file), "PYTHONPATH": str(SPECS.parents[1])}
        subprocess.run(command, check=True, cwd=folder, env={**os.environ, **own})
        tree: dict[str, dict[str, list[list[object]]]] = {}
        for asked in Asked.read(file):
            row: list[object] = [asked.resource, *sorted(asked.context.items())]
            rows = tree.setdefault(asked.client, {}).setdefault(asked.action, [])
            if row not in rows:
                rows.append(row)
    for actions in tree.values():
        for rows in actions.values():
            rows.sort(key=str)
    return json.dumps(tree, indent=1, sort_keys=True) + "\n"


def _rehearse(file: str, env: str) -> None:
    """Rehearse in this process, with the emulator that records requests."""
    from cli.main import main as ecsforge
    from operations.rehearsal.emulator.client import Emulator

    Emulator.server = EmulatorWithPolicies.server
    ecsforge(["-f", file, "--env", env, "rehearse"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["rehearse"]:
        _rehearse(*sys.argv[2:])
    else:
        main()
