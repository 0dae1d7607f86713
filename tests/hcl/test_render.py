"""A whole stack as HCL: its files, their order, and the same plan as from JSON."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stacks.hcl import BlockSchema, render

GOLDEN = Path(__file__).parent / "golden"

# A plan of new resources only calls STS in AWS; these settings prevent that.
OFFLINE = {
    "access_key": "none",
    "secret_key": "none",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "skip_requesting_account_id": True,
}

# These come first in their file, the others in the order of the JSON.
MADE = {
    "aws_vpc.main": "The VPC, with a comment so long that it takes more than one line of a hundred columns above it.",
    "aws_subnet.public_0": "",
}


def by_concept(stack: dict[str, Any]) -> Callable[[str], str]:
    """The files of the stack, with each resource in the file of its construct."""
    files = {
        f"{prefix}{kind}.{name}": f"{made['//']['metadata']['path'].split('/')[1]}.tf"
        for section, prefix in (("resource", ""), ("data", "data."))
        for kind, named in stack[section].items()
        for name, made in named.items()
    }
    shared = {"output": "outputs.tf", "var": "variables.tf", "local": "service_web.tf"}

    def file_of(address: str) -> str:
        return files.get(address) or shared.get(address.partition(".")[0], "providers.tf")

    return file_of


def test_the_files_match_the_golden_ones(stack: dict[str, Any], schema: BlockSchema) -> None:
    """Set UPDATE_GOLDEN=1 to rewrite the golden files."""
    files = render(stack, schema, by_concept(stack), MADE)
    if os.environ.get("UPDATE_GOLDEN"):
        for old in GOLDEN.glob("*.tf"):
            old.unlink()
        for name, text in files.items():
            (GOLDEN / name).write_text(text, encoding="utf-8")

    assert {path.name: path.read_text(encoding="utf-8") for path in sorted(GOLDEN.glob("*.tf"))} == files


@pytest.mark.terraform
def test_the_files_are_formatted_as_terraform_formats_them(terraform: Any) -> None:
    assert terraform("fmt", "-check", "-diff", ".", folder=GOLDEN) == ""


@pytest.mark.terraform
def test_the_plan_is_that_of_the_json(
    stack: dict[str, Any], schema: BlockSchema, terraform_with_provider: Any, tmp_path: Path
) -> None:
    asking = ("assume_role", "allowed_account_ids")
    providers = [
        {name: given for name, given in provider.items() if name not in asking} | OFFLINE
        for provider in stack["provider"]["aws"]
    ]
    offline = {**stack, "provider": {"aws": providers}}
    as_json = {"cdk.tf.json": json.dumps(offline, indent=2)}
    as_hcl = render(offline, schema, by_concept(offline), MADE)

    from_json = planned(as_json, terraform_with_provider, tmp_path / "json")
    from_hcl = planned(as_hcl, terraform_with_provider, tmp_path / "hcl")

    assert len(from_json["resource_changes"]) > 20
    assert from_json == from_hcl


def planned(files: dict[str, str], terraform: Any, folder: Path) -> dict[str, Any]:
    """The plan of the files."""
    folder.mkdir()
    shutil.copy(GOLDEN / "service.json.tpl", folder)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    terraform("init", "-input=false", "-no-color", folder=folder)
    terraform("plan", "-input=false", "-no-color", "-out=plan", folder=folder)
    plan = json.loads(terraform("show", "-json", "plan", folder=folder))
    return {part: plan[part] for part in ("resource_changes", "output_changes", "planned_values", "variables")}
