"""The faults of project files fail a rehearsal also when `validate` does not refuse them (faults.yaml).

One configuration has the resources of tests/specs/everything.yaml and a faulty copy of one for each fault. The AWS
provider refuses some in `terraform validate` or while it plans; the rest is applied, with the real provider against the
emulator, whose rules must refuse them. The resources themselves are created: values next to the faults are valid.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.rehearsal.emulator.client import Emulator
from operations.rehearsal.prerequisites import prerequisites
from stacks.app import synthesize
from stacks.project import Selection, load

FAULTS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "faults.yaml").read_text(encoding="utf-8"))
SPEC = Path(__file__).parents[1] / "specs" / "everything.yaml"
NAMES = {
    "aws_appautoscaling_target": None,
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_ecs_task_definition": "family",
    "aws_s3_bucket": "bucket",
}
"""The argument of a type that names it, if it is not `name`."""


def name_of(fault: Mapping[str, Any]) -> str:
    return "fault-" + re.sub(r"[^a-z0-9]+", "-", fault["fault"].lower())


def address_of(fault: Mapping[str, Any]) -> str:
    kind = fault["type"] if "type" in fault else fault["of"].partition(".")[0]
    return f"{kind}.{name_of(fault)}"


def expanded(value: Any) -> Any:
    """The value with `$256` replaced by that many characters."""
    if isinstance(value, dict):
        return {expanded(key): expanded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [expanded(item) for item in value]
    return re.sub(r"\$(\d+)", lambda match: "x" * int(match[1]), value) if isinstance(value, str) else value


def literal(value: Any) -> str:
    """A Terraform expression for a value."""
    return f"jsondecode({json.dumps(json.dumps(value))})"


def containers(fault: Mapping[str, Any], service: str) -> str:
    """The container definitions of a service's task with the changes of a fault."""
    own = f"jsondecode(local.{service}_task_definition).containerDefinitions"
    changes, further = literal(expanded(fault.get("container", {}))), literal(expanded(fault.get("containers", [])))
    merged = f'[for c in {own} : merge(c, [for x in [{changes}] : x if c.name == "{service}"]...)]'
    return f"${{jsonencode(concat({merged}, {further}))}}"


def faulty(fault: Mapping[str, Any], resources: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the faulty resource."""
    kind, _, name = fault.get("of", f"{fault.get('type')}.").partition(".")
    arguments = json.loads(json.dumps(resources[kind][name])) if name else {}
    named = NAMES.get(kind, "name")
    if named in arguments:
        arguments[named] = name_of(fault)[:32].strip("-")
    if "container" in fault or "containers" in fault:
        arguments["container_definitions"] = containers(fault, name)
    for path, value in expanded(fault.get("set", {})).items():
        *blocks, argument = path.split(".")
        target = arguments
        for block in blocks:
            target = target[block]
        target[argument] = value
    arguments.pop("//", None)
    return arguments


OF_ANOTHER_VPC = {
    "aws_vpc": {"cidr_block": "10.99.0.0/16"},
    "aws_security_group": {"name": "of-another-vpc", "vpc_id": "${aws_vpc.of_another_vpc.id}"},
}
"""What a fault may name in addition to the resources of the stack."""


@dataclass
class Outcome:
    """What became of each address: the step that failed, and its error."""

    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)


class Run:
    """Terraform in the folder of the stack, with the faults that are left."""

    def __init__(self, folder: Path, env_vars: Mapping[str, str]) -> None:
        self.folder, self.env_vars, self.outcome = folder, env_vars, Outcome()
        self.document = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
        for kind, arguments in OF_ANOTHER_VPC.items():
            self.document["resource"][kind]["of_another_vpc"] = arguments
        self.known = {address_of(fault) for fault in FAULTS}

    def add_faults(self) -> None:
        resources = self.document["resource"]
        made = [(address_of(fault).split("."), faulty(fault, resources)) for fault in FAULTS]
        for (kind, name), arguments in made:
            resources.setdefault(kind, {})[name] = arguments
        self.write()

    def write(self) -> None:
        (self.folder / "cdk.tf.json").write_text(json.dumps(self.document), encoding="utf-8")

    def terraform(self, *arguments: str) -> str:
        command = ["terraform", *arguments, "-no-color"]
        done = subprocess.run(command, cwd=self.folder, env=dict(self.env_vars), capture_output=True, text=True)
        return done.stdout

    def record(self, step: str, diagnostics: list[dict[str, Any]]) -> bool:
        """Record the errors of a step and remove the faults that failed; whether there were any."""
        errors = [each for each in diagnostics if each["severity"] == "error"]
        for error in errors:
            text = f"{error['summary']}: {error.get('detail', '')}"
            address = error.get("address", "")
            if address in self.known:
                self.outcome.failed.setdefault(address, (step, text))
                kind, name = address.split(".")
                self.document["resource"].get(kind, {}).pop(name, None)
            else:
                self.outcome.others.append(f"{step}: {address}: {text}")
        self.write()
        return bool(errors)

    def diagnostics(self, *arguments: str) -> list[dict[str, Any]]:
        events = [json.loads(line) for line in self.terraform(*arguments, "-json").splitlines() if line.startswith("{")]
        return [event["diagnostic"] for event in events if event["type"] == "diagnostic"]


@pytest.fixture(scope="module")
def outcome(terraform: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    loaded = load(Selection(file=SPEC, env="dev"))
    (stack,) = synthesize(loaded, tmp_path_factory.mktemp("faults") / "cdktf.out")
    with Emulator() as emulator:
        for prerequisite in prerequisites(*loaded.projects):
            prerequisite.create(emulator)
        run = Run(stack.path, {**emulator.env_vars(), **terraform})
        run.terraform("init")
        run.add_faults()
        while run.record("validate", json.loads(run.terraform("validate", "-json"))["diagnostics"]):
            assert not run.outcome.others
        while run.record("plan", run.diagnostics("plan", "-parallelism=30")):
            assert not run.outcome.others
        run.record("apply", run.diagnostics("apply", "-auto-approve", "-parallelism=30"))
        yield run.outcome


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["fault"])
def test_a_fault_fails_the_rehearsal(fault: dict[str, Any], outcome: Outcome) -> None:
    assert address_of(fault) in outcome.failed, "Terraform created it"
    step, error = outcome.failed[address_of(fault)]

    if fault["refused"] == "provider":
        assert "StatusCode" not in error  # it compares some values only when it applies
    else:
        assert step == "apply"
        assert re.search(rf"\b{re.escape(fault['refused'])}\b", error), error


def test_nothing_else_fails(outcome: Outcome) -> None:
    assert outcome.others == []
