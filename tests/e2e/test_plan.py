"""The plan of a real project beside Terraform's own rendering of the same plan."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.prerequisites import prerequisites
from stacks.project import Selection, load
from tests.support.rendered_plans import marked_lines
from tests.support.workplace import Workplace

TESTS = Path(__file__).parents[1]
FIRST = TESTS / "golden" / "shop-prod-first-plan.txt"
SPOT = {"on_demand_base": 1, "spot_weight": 1}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An account of its own: the plan is of `shop-prod`, which another test deploys too."""
    with Emulator() as running:
        yield running


def test_a_first_plan_has_values_and_a_change_has_all_that_terraform_marks(workplace: Workplace) -> None:
    """The change: capacity, Service Connect, image, count and schedule of services, and a new service."""
    project = yaml.safe_load((TESTS / "specs" / "shop.yaml").read_text())
    prepare(workplace, project)
    assert workplace.ecsforge("plan", "--env", "prod").stdout == FIRST.read_text()

    workplace.ecsforge("deploy", "--env", "prod", "--yes-i-mean", "shop-prod", "--no-wait", "--no-checks")
    change(project)
    write(workplace, project)
    text = workplace.ecsforge("plan", "--env", "prod", "--out", "change.tfplan").stdout
    planned = json.loads(workplace.ecsforge("plan", "--env", "prod", "--json").stdout)

    the_new_service_has_values(text)
    the_service_shows_its_capacity_and_task_definition(text)
    nothing_that_terraform_marks_is_missing(planned, rendering(workplace))


def prepare(workplace: Workplace, project: dict[str, Any]) -> None:
    write(workplace, project)
    (loaded,) = load(Selection(file=workplace.folder / "ecsforge.yaml", env="prod")).projects
    for each in prerequisites(loaded):
        each.create(workplace.emulator)


def write(workplace: Workplace, project: dict[str, Any]) -> None:
    (workplace.folder / "ecsforge.yaml").write_text(yaml.safe_dump(project, sort_keys=False))


def change(project: dict[str, Any]) -> None:
    services = project["environments"]["prod"]["services"]
    services["web"].update(
        capacity=SPOT,
        count={"min": 4, "max": 16, "cpu_percent": 50},
        image="public.ecr.aws/nginx/nginx:1.28",
    )
    services["api"] = {"count": 3, "capacity": SPOT}
    services["mailer"] = {"connect": True}
    services["cleanup"] = {"schedule": "cron(0 4 * * ? *)"}
    project["services"]["hook"] = {
        "image": "public.ecr.aws/nginx/nginx:1.27",
        "port": 80,
        "http": {"paths": ["/hook/*"]},
    }


def rendering(workplace: Workplace) -> str:
    """`terraform show` of the saved plan."""
    done = subprocess.run(
        ["terraform", "show", "-no-color", str(workplace.folder / "change.tfplan")],
        cwd=workplace.folder / "cdktf.out" / "stacks" / "shop-prod",
        env=dict(workplace.env_vars),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def the_new_service_has_values(text: str) -> None:
    assert "  + service: count 2, capacity FARGATE weight 1, port 80\n" in text
    assert "  + task definition: image public.ecr.aws/nginx/nginx:1.27, port 80, cpu 512, memory 1024," in text
    billed = "  Fargate tasks: 2 of hook with cpu 512, memory 1024 (30 USD a vCPU and 3 USD a GB)\n"
    assert f"\nBilled by the hour\n{billed}" in text


def the_service_shows_its_capacity_and_task_definition(text: str) -> None:
    assert (
        """\
      capacity_provider_strategy
        - capacity_provider FARGATE, base 0, weight 1
        + capacity_provider FARGATE_SPOT, base 0, weight 1
        + capacity_provider FARGATE, base 1, weight 0
      task_definition  web-shop-prod:1 -> the new revision
"""
        in text
    )


def nothing_that_terraform_marks_is_missing(planned: dict[str, Any], rendered: str) -> None:
    """Every argument that Terraform marks is a word of ours, and so is every value; empty lists do not count."""
    ours = {each["address"]: json.dumps(each["attributes"]) for each in planned["resources"]}
    marked = list(marked_lines(rendered, "updated in-place", "replaced"))
    assert len({address for address, _ in marked}) == 7

    missing = [
        (address, each)
        for address, each in marked
        if not each.empty and each.name != "container_definitions"  # ours has the paths in it
        for text in [ours[address]]
        # The name of an element of a set is in the path: `volume[writable-0]`.
        if not (is_word(each.name, text) or (each.values and all(f"[{value}]" in text for value in each.values)))
        or not all(json.dumps(json.loads(f'"{value}"')).strip('"') in text for value in each.values)
    ]
    assert missing == []


def is_word(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
