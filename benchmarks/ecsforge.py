"""Project files of many services and environments, and the ecsforge commands that run on them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Command
from benchmarks.workplace import Prepare, Workplace, commands

FILE = "ecsforge.yaml"


def command(folder: Path, *arguments: str, checkout: Path = ROOT, env_vars: Mapping[str, str] | None = None) -> Command:
    """An ecsforge command in a folder, with the code of a checkout."""
    variables = {**(env_vars or {}), "PYTHONPATH": str(checkout)}
    return Command([sys.executable, "-m", "cli", *arguments], folder, variables)


def write_project(folder: Path, services: int, environments: int) -> None:
    """Write a project file. Every third service is a worker, the others are `web` services."""
    project = {
        "project_id": "bench",
        "region": "us-east-1",
        "services": {f"service-{number}": _service(number) for number in range(1, services + 1)},
        "environments": {f"env{number}": {} for number in range(1, environments + 1)},
    }
    # JSON is valid YAML, but users write it in YAML's block style, which is slower to read.
    (folder / FILE).write_text(_block_style(project), encoding="utf-8")


def _service(number: int) -> dict[str, Any]:
    common = {"image": "public.ecr.aws/nginx/nginx:1", "cpu": 256, "memory": 512, "count": 2}
    if number % 3 == 0:
        return {"type": "worker", **common}
    return {**common, "port": 80, "http": {"paths": [f"/service-{number}/*"]}}


def _block_style(value: Mapping[str, Any], indent: str = "") -> str:
    lines = []
    for key, each in value.items():
        if isinstance(each, dict) and each:
            lines.append(f"{indent}{key}:\n{_block_style(each, indent + '  ')}")
        else:
            lines.append(f"{indent}{key}: {json.dumps(each)}\n")
    return "".join(lines)


def synth(
    services: int, environments: int = 1, *, hcl: bool = False, first: bool = False, checkout: Path = ROOT
) -> Prepare:
    """`ecsforge synth` of every environment into an empty folder.

    Args:
        services: How many services each environment has.
        environments: How many environments the project has.
        hcl: Write HCL in place of JSON.
        first: Unpack the bindings, as the first synth on a machine does.
        checkout: The clone whose code runs. Default: this one.
    """

    @contextmanager
    def prepare(workplace: Workplace) -> Iterator[Sequence[Command]]:
        folder = _project(workplace, services, environments)
        with workplace.round_folder() as out:
            arguments = ["synth", "--out", str(out / "cdktf.out"), *(["--format", "hcl"] if hcl else [])]
            variables = {"JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(out / "jsii")} if first else {}
            yield [command(folder, *arguments, checkout=checkout, env_vars=variables)]

    return prepare


def validate(services: int, *, checkout: Path = ROOT) -> Prepare:
    """`ecsforge validate` of one environment."""
    return commands(lambda workplace: [command(_project(workplace, services, 1), "validate", checkout=checkout)])


def show_help(*, checkout: Path = ROOT) -> Prepare:
    """`ecsforge --help`."""
    return commands(lambda workplace: [command(_project(workplace, 1, 1), "--help", checkout=checkout)])


def _project(workplace: Workplace, services: int, environments: int) -> Path:
    def write() -> Path:
        folder = workplace.new_folder()
        write_project(folder, services, environments)
        return folder

    return workplace.once(f"project {services} {environments}", write)
