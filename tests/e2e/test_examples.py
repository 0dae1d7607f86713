"""The examples of docs/containers.md in one rehearsal: with every rule of the emulator, and an empty second plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.support.workplace import Workplace

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def services_of(name: str) -> dict[str, Any]:
    """The services of an example."""
    return dict(yaml.safe_load((EXAMPLES / name).read_text("utf-8"))["services"])


def test_php_behind_nginx_and_workers_on_topics_pass_a_rehearsal(workplace: Workplace) -> None:
    services = {**services_of("laravel.yaml"), **services_of("workers.yaml")}
    workplace.write("examples", services, encryption="customer")

    answer = workplace.ecsforge("rehearse", "--json", "--env", "dev")

    (environment,) = json.loads(answer.stdout)["environments"]
    stages = {stage["name"]: stage["detail"] for stage in environment["stages"]}
    assert environment["passed"]
    assert stages["plan again"] == "no changes"
    assert stages["nothing left"] == "the account is as before"
    checked = {check["what"] for check in environment["checks"]}
    assert {
        "container and port that the load balancer reaches",
        "mount paths of volumes",
        "MiB of paths in memory",
        "kernel parameters",
        "log driver",
        "topics that may send to the queue",
        "filter policy of orders",
    } <= checked
