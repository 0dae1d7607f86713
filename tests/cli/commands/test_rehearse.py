"""`ecsforge rehearse`: its options, and a rehearsal that fails. tests/e2e runs real rehearsals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operations.rehearsal.emulator import client as emulator
from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform, planned, step

PROJECT = "project_id: shop\nenvironments: {dev: {}, prod: {}}\n"


def test_keep_needs_a_single_environment(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    result = invoke("rehearse", "--keep")

    assert result.exit_code == 2
    assert "--keep needs a single environment; select it with --env: dev, prod" in result.stderr


def test_an_invalid_project_file_is_an_error_before_anything_starts(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\nregio: eu-west-1\n")
    result = invoke("rehearse", "--env", "dev")

    assert result.exit_code == 2
    assert "ecsforge.yaml:2:1: unknown key" in result.stderr


def test_a_previous_version_that_does_not_exist_is_an_error(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    result = invoke("rehearse", "--env", "dev", "--upgrade-from", "v9")

    assert result.exit_code == 1
    assert "--upgrade-from: v9 is neither a file nor a git reference; got not a git repository" in result.stderr


def test_an_empty_previous_version_is_an_error(folder: Path, invoke: Invoke) -> None:
    """An empty variable in CI must not silently skip the upgrade."""
    (folder / "ecsforge.yaml").write_text(PROJECT)
    result = invoke("rehearse", "--env", "dev", "--upgrade-from", "")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: --upgrade-from: the value is empty; pass a git reference or a path\n")


def test_a_previous_version_without_one_of_the_environments_is_an_error_before_any_rehearsal(
    folder: Path, invoke: Invoke
) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    (folder / "previous.yaml").write_text("project_id: shop\nenvironments: {dev: {}}\n")
    result = invoke("rehearse", "--upgrade-from", "previous.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "previous.yaml:2:1: environment prod does not exist" in result.stderr


def test_a_previous_version_with_another_project_id_is_an_error(folder: Path, invoke: Invoke) -> None:
    (folder / "ecsforge.yaml").write_text(PROJECT)
    (folder / "previous.yaml").write_text("project_id: store\n")
    result = invoke("rehearse", "--env", "dev", "--upgrade-from", "previous.yaml")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "error: --upgrade-from: the previous version has a different project_id, so a deploy would create a separate "
        "system; got store; set the same one for both with --project-id"
    )


def test_without_the_extra_nothing_starts(folder: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator.importlib.util, "find_spec", lambda name: None)
    result = invoke("rehearse", "--env", "dev")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "; run uv tool install --force '.[rehearse,terraform]' in the clone of ecsforge" in result.stderr


@pytest.mark.slow
def test_a_rehearsal_that_fails_exits_with_1_and_is_data(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.answers("validate", [{"diagnostics": [{"severity": "error", "summary": "Unsupported argument"}]}])

    result = invoke("rehearse", "--env", "dev", "--json")

    (report,) = json.loads(result.stdout)["environments"]
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "error: shop-dev: validate: Unsupported argument"
    assert report["error"] == "validate: Unsupported argument"
    assert [(stage["name"], stage["passed"]) for stage in report["stages"]] == [
        ("synthesize", True),
        ("start emulator", True),
        ("init", True),
        ("validate", False),
    ]


@pytest.mark.slow
def test_ctrl_c_says_how_much_was_made_in_the_emulator_and_how_to_start_again(
    invoke: Invoke, terraform: ScriptedTerraform, interruptible: None
) -> None:
    queue, cluster = "aws_sqs_queue.web", "aws_ecs_cluster.web_cluster"
    terraform.answers("validate", [{"diagnostics": []}])
    terraform.plans({queue: "create", cluster: "create"})
    made = [step(queue, "create", "start"), step(queue, "create", "complete")]
    terraform.is_interrupted_in("apply", [planned(queue, "create"), planned(cluster, "create"), *made])

    result = invoke("rehearse", "--env", "dev", "--keep")

    assert result.exit_code == 130
    assert result.stdout.splitlines()[-1].endswith(" s  1 of 2 changes made")
    assert result.stderr.splitlines()[-1] == (
        "Interrupted: 1 of 2 changes were made in the emulator, which is deleted with its state; your AWS account and "
        "your state were not used. To start again: ecsforge rehearse --env dev --keep"
    )


@pytest.mark.slow
def test_ctrl_c_in_another_stage_says_that_nothing_is_left(
    invoke: Invoke, terraform: ScriptedTerraform, interruptible: None
) -> None:
    terraform.is_interrupted_in("init")

    result = invoke("rehearse", "--env", "dev")

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "Interrupted: the emulator is deleted; your AWS account and your state were not used. To start again: ecsforge "
        "rehearse --env dev"
    )


OWN = f"terraform: infra/\n{PROJECT}"
HOSTILE = 'data "external" "x" {\n  program = ["touch", "proof"]\n}\n'


def own(folder: Path, text: str = OWN, name: str = "ecsforge.yaml") -> None:
    """A project with a data source that runs a command."""
    (folder / "infra").mkdir()
    (folder / "infra" / "main.tf").write_text(HOSTILE)
    (folder / name).write_text(text)


def test_own_terraform_that_acts_for_real_is_refused_before_anything_runs(folder: Path, invoke: Invoke) -> None:
    own(folder)
    result = invoke("rehearse", "--terraform", "no-such-terraform")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[1:] == [
        "infra/main.tf:1:1: a rehearsal does not run provider hashicorp/external, which acts outside of the "
        "emulator; got external; if it does nothing that a rehearsal must not do, pass --allow-provider external",
        "1 problem in infra/main.tf",
    ]


def test_a_provider_can_be_allowed(folder: Path, invoke: Invoke) -> None:
    own(folder)
    result = invoke("rehearse", "--allow-provider", "external", "--terraform", "no-such-terraform")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "no-such-terraform" in result.stderr


def test_the_previous_version_is_refused_too(folder: Path, invoke: Invoke) -> None:
    (folder / "before").mkdir()
    own(folder / "before")
    (folder / "ecsforge.yaml").write_text(PROJECT)
    result = invoke("rehearse", "--env", "dev", "--upgrade-from", "before/ecsforge.yaml")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "before/infra/main.tf:1:1: a rehearsal does not run provider hashicorp/external" in result.stderr
