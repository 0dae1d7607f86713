"""What the scanner gets, and how its report is read."""

from __future__ import annotations

import json
from pathlib import Path

from stacks.app import synthesize
from stacks.configuration import STACK_FILE
from stacks.project import Selection, load
from tests.policy.scan import SPECS, addresses, readable, render_task_definitions


def test_the_line_of_every_resource_of_a_json_stack_is_found(tmp_path: Path) -> None:
    (stack,) = synthesize(load(Selection(file=SPECS / "article.yaml", env="prod")), tmp_path)
    text = (stack.path / STACK_FILE).read_text(encoding="utf-8")

    found = addresses(text)

    resources = json.loads(text)["resource"]
    assert {f"{kind}.{name}" for kind, made in resources.items() for name in made} <= set(found.values())
    assert all(f'"{address.rpartition(".")[2]}": {{' in text.splitlines()[line - 1] for line, address in found.items())


def test_json_is_readable_for_the_scanner(tmp_path: Path) -> None:
    """checkov skips a whole JSON file over `required_version` (bridgecrewio/checkov, issue 7454)."""
    (stack,) = synthesize(load(Selection(file=SPECS / "article.yaml", env="prod")), tmp_path)

    settings = json.loads((stack.path / STACK_FILE).read_text(encoding="utf-8"))["terraform"]

    assert set(settings) == {"backend", "required_providers"}


def test_the_scanner_sees_container_definitions_where_terraform_renders_a_template(tmp_path: Path) -> None:
    loaded = load(Selection(file=SPECS / "article.yaml", env="prod"))
    (as_json,) = synthesize(loaded, tmp_path / "json")
    (as_hcl,) = synthesize(loaded, tmp_path / "hcl", format="hcl")
    local = json.loads((as_json.path / STACK_FILE).read_text(encoding="utf-8"))["locals"]

    render_task_definitions(as_hcl.path, local)

    text = (as_hcl.path / "service_web.tf").read_text(encoding="utf-8")
    assert 'jsonencode([{"name": "web", "image": "nginx:latest", "essential": true,' in text
    assert "jsondecode" not in text


def test_containers_are_scanned_without_text_that_checkov_can_not_read() -> None:
    containers = [{"environment": [{"name": "A", "value": 'say "hi" to $${USER} at 100%%{off}\\'}], "cpu": 1}]

    assert readable(containers) == [{"environment": [{"name": "A", "value": "say hi to USER} at 100off}"}], "cpu": 1}]
