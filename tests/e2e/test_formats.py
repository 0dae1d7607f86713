"""JSON and HCL are the same configuration: Terraform accepts both, and creates the same plan from both."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from stacks.app import synthesize
from stacks.project import Selection, load

SPECS = Path(__file__).parents[1] / "specs"

# Text that HCL could interpret (quotes, templates, heredocs, escapes), and characters that are written as escapes.
HOSTILE = r"""
project_id: hostile
tags: {team: Größe, "a:b/c": ""}
network:
  vpc_id: vpc-0123456789abcdef0
  public_subnet_ids: [subnet-00000000, subnet-00000001]
  private_subnet_ids: [subnet-00000002, subnet-00000003]
services:
  web:
    image: ghcr.io/acme/web:1
    command: [sh, -c, "echo \"hi\" <<EOF\n${HOME} %{if true}x%{endif}\nEOF\n"]
    health_check: {path: "/health?a=${b}&c=%{d}"}
    environment:
      QUOTES: 'say "hi" ''there'''
      DOLLARS: '$ $$ ${a} $${b} $$${c} % %% %{d} %%{e}'
      LINES: "a\nb\n\tc\r\n"
      HEREDOC: "<<-EOT\n  text\nEOT\n"
      BACKSLASHES: 'C:\path\n\\server\u0041'
      COMMENTS: "# // /* */"
      UNICODE: "äöü 日本 🎉 e\u0301 \u200b\u202e\ufeff"
      JSON: '{"a": [1, "${x}"], "b": null}'
      HTML: "<a href='x'>&amp;</a>"
      EMPTY: ""
    permissions:
      statements: [{actions: [s3:GetObject], resources: ["arn:aws:s3:::uploads/${aws:username}/*"]}]
    alarms: {log_errors: {pattern: '"ERROR" -"${x}"'}}
environments: {prod: {}}
"""


def _terraform(folder: Path, env_vars: dict[str, str], *arguments: str) -> str:
    result = subprocess.run(["terraform", *arguments], cwd=folder, env=env_vars, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _planned(folder: Path, env_vars: dict[str, str]) -> dict[str, Any]:
    """The resources and outputs of a plan of a folder, without positions in its files."""
    _terraform(folder, env_vars, "init", "-input=false", "-no-color")
    assert json.loads(_terraform(folder, env_vars, "validate", "-json"))["valid"]
    _terraform(folder, env_vars, "plan", "-input=false", "-out=plan")
    plan = json.loads(_terraform(folder, env_vars, "show", "-json", "plan"))
    return {key: plan[key] for key in ("resource_changes", "output_changes", "planned_values")}


@pytest.mark.parametrize(
    ("spec", "env"),
    [
        ("article.yaml", "prod"),
        ("shop.yaml", "dev"),
        ("everything.yaml", "prod"),
        ("own-terraform/ecsforge.yaml", "dev"),
        ("hostile.yaml", "prod"),
    ],
)
def test_both_formats_have_the_same_plan_resource_by_resource(
    spec: str, env: str, emulator: Emulator, terraform: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "hostile.yaml").write_text(HOSTILE, "utf-8")
    file = next(file for file in (SPECS / spec, tmp_path / spec) if file.exists())
    loaded = load(Selection(file=file, env=env))
    env_vars = {**emulator.env_vars(os.environ), **terraform}
    json_stack = synthesize(loaded, tmp_path / "json" / "out")[0].path
    hcl_stack = synthesize(loaded, tmp_path / "hcl" / "out", format="hcl")[0].path
    _terraform(hcl_stack, env_vars, "fmt", "-check", "-diff")

    from_json = _planned(json_stack, env_vars)
    from_hcl = _planned(hcl_stack, env_vars)

    assert from_json == from_hcl
