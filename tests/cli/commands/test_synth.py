"""`ecsforge synth`."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Invoke

ROOT = Path(__file__).parents[3]
FILE = """\
project_id: node-app
services: {web: {image: "ghcr.io/acme/web:1"}}
environments: {dev: {}, prod: {}}
"""


def test_each_line_on_a_pipe_is_a_stack_a_folder_and_the_number_of_resources(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)

    result = invoke("synth")

    assert result.exit_code == 0, result.stderr
    totals = {}
    for env in ("dev", "prod"):
        written = json.loads((folder / f"cdktf.out/stacks/node-app-{env}/cdk.tf.json").read_text())
        totals[env] = sum(len(made) for made in written["resource"].values())
    assert result.stdout == (
        f"node-app-dev\tcdktf.out/stacks/node-app-dev\t{totals['dev']}\n"
        f"node-app-prod\tcdktf.out/stacks/node-app-prod\t{totals['prod']}\n"
    )


def test_each_line_with_resources_is_a_stack_a_folder_a_resource_type_and_a_count(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)

    result = invoke("synth", "--resources")

    assert result.exit_code == 0, result.stderr
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert {(stack, path) for stack, path, _, _ in rows} == {
        ("node-app-dev", "cdktf.out/stacks/node-app-dev"),
        ("node-app-prod", "cdktf.out/stacks/node-app-prod"),
    }
    assert ["node-app-prod", "cdktf.out/stacks/node-app-prod", "aws_ecs_service", "1"] in rows
    for env in ("dev", "prod"):
        written = json.loads((folder / f"cdktf.out/stacks/node-app-{env}/cdk.tf.json").read_text())
        counts = {kind: len(made) for kind, made in written["resource"].items()}
        assert {kind: int(count) for stack, _, kind, count in rows if stack == f"node-app-{env}"} == counts


def test_stderr_shows_the_next_commands(invoke: Invoke, folder: Path) -> None:
    (folder / "shop file.yaml").write_text(FILE)

    result = invoke("-f", "shop file.yaml", "synth", "--env", "prod", "--set", "services.web.count=3")

    assert result.stderr == (
        "Wrote 1 stack\n"
        "Next: ecsforge deploy -f 'shop file.yaml' --set services.web.count=3 --env prod\n"
        "With Terraform: terraform -chdir=cdktf.out/stacks/node-app-prod init "
        "&& terraform -chdir=cdktf.out/stacks/node-app-prod apply\n"
    )


def test_hcl_in_another_folder_with_json_output(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)

    result = invoke("synth", "--env", "dev", "--format", "hcl", "--out", "terraform", "--json")

    assert result.exit_code == 0, result.stderr
    [stack] = json.loads(result.stdout)
    total = stack.pop("total")
    assert total == sum(stack.pop("resources").values())
    assert stack == {
        "name": "node-app-dev",
        "env": "dev",
        "path": "terraform/stacks/node-app-dev",
        "format": "hcl",
    }
    assert (folder / "terraform/stacks/node-app-dev/providers.tf").is_file()
    assert "ecsforge deploy" not in result.stderr  # deploy uses the default folder


def test_an_invalid_file_leaves_the_output_folder_unchanged(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE + "regon: x\n")
    (folder / "cdktf.out").mkdir()
    (folder / "cdktf.out" / "kept").write_text("x")

    result = invoke("synth")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "ecsforge.yaml:4:1: unknown key at the top level; got regon; did you mean region?\n1 problem in ecsforge.yaml\n"
    )
    assert [path.name for path in (folder / "cdktf.out").iterdir()] == ["kept"]


def test_a_file_with_the_name_of_the_output_folder_is_an_error(invoke: Invoke, folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)
    (folder / "existing").write_text("x")

    result = invoke("synth", "--env", "dev", "--out", "existing")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert "internal error" not in result.stderr
    assert (folder / "existing").read_text() == "x"


def test_an_unknown_format_is_rejected(invoke: Invoke) -> None:
    result = invoke("synth", "--format", "yaml")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: Invalid value for '--format': 'yaml' is not one of 'json', 'hcl'.")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_shows_a_table_of_resource_groups(folder: Path) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "synth", "--project-id", "node-app", "--env", "prod", "--no-color", "-q"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.DEVNULL,
    )
    os.close(slave)
    output = b""
    try:
        while chunk := os.read(master, 65536):
            output += chunk
    except OSError:  # Linux raises EIO when the other side is closed
        pass
    os.close(master)

    assert process.wait(timeout=60) == 0
    lines = [line.rstrip() for line in output.decode().splitlines()]
    assert lines[0].startswith("node-app-prod: ")
    assert lines[0].endswith(" resources in cdktf.out/stacks/node-app-prod")
    assert lines[1].split() == ["Group", "Count", "Resources"]
    assert any(line.startswith("logs") and line.endswith("2 log groups") for line in lines)


@pytest.mark.parametrize("format_", ["json", "hcl"])
def test_every_stack_has_the_lock_file_of_the_project(invoke: Invoke, folder: Path, format_: str) -> None:
    (folder / "ecsforge.yaml").write_text(FILE)
    (folder / ".terraform.lock.hcl").write_text('provider "registry.terraform.io/hashicorp/aws" {\n}\n')

    assert invoke("synth", "--format", format_).exit_code == 0

    for name in ("node-app-dev", "node-app-prod"):
        text = (folder / "cdktf.out/stacks" / name / ".terraform.lock.hcl").read_text()
        assert text == 'provider "registry.terraform.io/hashicorp/aws" {\n}\n'
