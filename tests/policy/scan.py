"""Generates a stack and lets checkov look at both forms in which it can be had.

checkov's `terraform` framework skips `.tf.json`, and its `terraform_json` misses nested values; neither renders a
template, so what is scanned as HCL has its task definitions rendered first.
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
from stacks.output import STACK_FILE
from stacks.project import Selection, load
from stacks.project.template import render
from tests.policy.exceptions import Failure

SPECS = Path(__file__).parents[1] / "specs"
DECODED = re.compile(r"jsonencode\(jsondecode\(local\.(?P<rendered>\w+)\)\.containerDefinitions\)")
# checkov gives up without a word on containers whose text holds these.
UNREADABLE = re.compile(r'["\\]|\$\$\{|%%\{')
READS_CONTAINERS = "CKV_AWS_334"
"""A check that speaks of a task definition when checkov could read its containers, and of no other."""
RENDERED = re.compile(r'\$\{templatefile\("\$\{path\.module\}/(?P<template>[^"]+)", local\.(?P<variables>\w+)\)\}')


@dataclass(frozen=True)
class Subject:
    """A stack that is scanned: a project file of `tests/specs`, its environment, and values set on top."""

    name: str
    env: str
    sets: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join([f"{self.name}.yaml {self.env}", *(value.replace("=", ": ") for value in self.sets)])


@dataclass(frozen=True)
class Scan:
    """What a framework of checkov's found in a stack."""

    framework: str
    passed: int
    failures: tuple[Failure, ...]


def scans(subject: Subject, checkov: str, out: Path) -> tuple[Scan, Scan]:
    """Synthesize a stack below `out` as JSON and as HCL, and scan both, without the network.

    Raises RuntimeError when checkov could not read all of it: what is not read is not found wrong either.
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
    """Put into a stack's HCL the container definitions that Terraform would make of its templates.

    `local` holds the stack's local values, as its JSON has them.
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
    """A value without what checkov can't read in its text."""
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [readable(item) for item in value]
    return UNREADABLE.sub("", value) if isinstance(value, str) else value


def _scan(
    checkov: str, framework: str, folder: Path, resources: Mapping[int, str], definitions: frozenset[str] = frozenset()
) -> Scan:
    """What a framework finds in a folder; `definitions` are the task definitions whose containers it must have read."""
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
    """The line on which each resource and data source of a JSON stack begins, and its address.

    checkov's JSON runner calls many of them by their name alone.
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
