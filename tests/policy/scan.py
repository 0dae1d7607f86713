"""Generates a stack and scans both its JSON and its HCL with checkov.

checkov's `terraform` framework skips `.tf.json`, and its `terraform_json` framework misses nested values. Neither
renders templates, so the task definitions are rendered into the HCL before the scan.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.app import synthesize
from stacks.configuration import STACK_FILE
from stacks.project import Selection, load
from stacks.project.template import render
from tests.policy.exceptions import Failure

SPECS = Path(__file__).parents[1] / "specs"
DECODED = re.compile(r"jsonencode\(jsondecode\(local\.(?P<rendered>\w+)\)\.containerDefinitions\)")
# checkov silently skips container definitions whose text contains these.
UNREADABLE = re.compile(r'["\\]|\$\$\{|%%\{')
READS_CONTAINERS = "CKV_AWS_334"
"""A check that only reports on a task definition whose containers checkov could read."""
RENDERED = re.compile(r'\$\{templatefile\("\$\{path\.module\}/(?P<template>[^"]+)", local\.(?P<variables>\w+)\)\}')


@dataclass(frozen=True)
class Subject:
    """A stack to scan: a project file of `tests/specs`, an environment, and `--set` values, with words for them."""

    name: str
    env: str
    sets: tuple[str, ...] = ()
    words: str = ""

    def __str__(self) -> str:
        sets = [self.words] if self.words else [value.replace("=", ": ") for value in self.sets]
        return ", ".join([f"{self.name}.yaml {self.env}", *sets])


@dataclass(frozen=True)
class Scan:
    """The result of one checkov framework for a stack."""

    framework: str
    passed: int
    failures: tuple[Failure, ...]


def scans(subject: Subject, checkov: str, out: Path) -> tuple[Scan, Scan]:
    """Synthesize a stack below `out` as JSON and as HCL, and scan both, offline.

    Raises RuntimeError when checkov could not read all of it, because what it can't read has no findings.
    """
    loaded = load(Selection(file=SPECS / f"{subject.name}.yaml", env=subject.env, sets=subject.sets))
    (as_json,) = synthesize(loaded, out / "json")
    (as_hcl,) = synthesize(loaded, out / "hcl", format="hcl")
    stack = (as_json.path / STACK_FILE).read_text(encoding="utf-8")
    render_task_definitions(as_hcl.path, json.loads(stack)["locals"])
    definitions = json.loads(stack)["resource"]["aws_ecs_task_definition"]
    return (
        _scan(checkov, "terraform_json", as_json.path, addresses(stack)),
        _scan(checkov, "terraform", as_hcl.path, {}, frozenset(f"aws_ecs_task_definition.{d}" for d in definitions)),
    )


def render_task_definitions(folder: Path, local: Mapping[str, Any]) -> None:
    """Render the task definition templates into a stack's HCL, as Terraform would.

    `local` has the local values of the stack's JSON.
    """

    def containers(decoded: re.Match[str]) -> str:
        rendered = RENDERED.fullmatch(local[decoded["rendered"]])
        assert rendered is not None
        template = (folder / rendered["template"]).read_text(encoding="utf-8")
        definition = json.loads(render(template, local[rendered["variables"]]))
        return f"jsonencode({json.dumps(readable(definition['containerDefinitions']))})"

    for file in folder.glob("service_*.tf"):
        file.write_text(DECODED.sub(containers, file.read_text(encoding="utf-8")), encoding="utf-8")


def readable(value: Any) -> Any:
    """A value without the characters that checkov can't read."""
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [readable(item) for item in value]
    return UNREADABLE.sub("", value) if isinstance(value, str) else value


def _scan(
    checkov: str, framework: str, folder: Path, resources: Mapping[int, str], definitions: frozenset[str] = frozenset()
) -> Scan:
    """The result of a framework for a folder; it must have read the containers of all `definitions`."""
    report = _report(checkov, framework, folder)
    summary = report["summary"]
    if summary["parsing_errors"] or not summary["passed"]:
        raise RuntimeError(f"checkov --framework {framework} could not read what was generated; got {summary}")
    judged = [*report["results"]["passed_checks"], *report["results"]["failed_checks"]]
    read = {check["resource"] for check in judged if check["check_id"] == READS_CONTAINERS}
    if unread := definitions - read:
        raise RuntimeError(f"checkov --framework {framework} could not read the containers of {sorted(unread)}")
    failures = {
        Failure(
            check["check_id"], resources.get(check["file_line_range"][0], check["resource"]), str(check["check_name"])
        )
        for check in report["results"]["failed_checks"]
    }
    return Scan(framework, summary["passed"], tuple(sorted(failures)))


def _report(checkov: str, framework: str, folder: Path) -> dict[str, Any]:
    options = ["--directory", str(folder), "--framework", framework, "--skip-download", "--compact"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BC_", "CKV_", "PRISMA_"))}
    done = subprocess.run(
        [checkov, *options, "--output", "json", "--soft-fail"], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"checkov failed with exit code {done.returncode}:\n{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def addresses(stack: str) -> dict[int, str]:
    """The address of each resource and data source of a JSON stack, by the line on which it begins.

    checkov's JSON runner reports many of them only by their name.
    """
    found: dict[int, str] = {}
    kind = ""
    for number, line in enumerate(stack.splitlines(), start=1):
        if opening := re.fullmatch(r'(?P<indent> {4}| {6})"(?P<name>\w+)": \{', line):
            if len(opening["indent"]) == 4:
                kind = opening["name"]
            else:
                found[number] = f"{kind}.{opening['name']}"
    return found
