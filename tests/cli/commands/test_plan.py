"""`ecsforge plan` with a script as Terraform; tests/e2e plans real stacks."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform, shown

QUEUE = "aws_sqs_queue.web"
CREATED = "shop-dev: 1 to create\n\nweb\n  + queue\n"
UNCHANGED = "shop-dev: no changes; the deployed stack matches the project file\n"


def test_changes_are_data_and_everything_else_is_a_message(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({QUEUE: "create"})

    result = invoke("plan", "--env", "dev")

    assert (result.exit_code, result.stdout) == (0, CREATED)
    first, *others = result.stderr.splitlines()
    assert first.startswith("shop-dev in eu-west-1, account 123456789012 (arn:aws:sts::123456789012:")
    assert others == ["Planning shop-dev"]
    assert terraform.calls == ["init", "plan", "show"]


def test_old_and_new_values_are_shown(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({QUEUE: "update"})
    terraform.shows([shown(QUEUE, "update", before={"delay_seconds": 1}, after={"delay_seconds": 2})])

    result = invoke("plan", "--env", "dev", "-q")

    assert result.stdout == "shop-dev: 1 to change\n\nweb\n  ~ queue\n      delay_seconds  1 -> 2\n"
    assert result.stderr == ""


def test_markdown_is_data(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({QUEUE: "create"})

    result = invoke("plan", "--env", "dev", "--markdown", "-q")

    assert result.stdout == (
        "### `shop-dev`\n\n1 to create\n\n<details><summary>Changes</summary>\n\n"
        "```text\nweb\n  + queue\n```\n\n</details>\n"
    )


def test_a_plan_is_printed_in_one_format(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("plan", "--env", "dev", "--markdown", "--json")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == "error: --json can't be combined with --markdown"


@pytest.mark.parametrize(("options", "locks"), [((), True), (("--no-lock",), False)])
def test_only_without_no_lock_the_state_is_locked(
    invoke: Invoke, terraform: ScriptedTerraform, options: tuple[str, ...], locks: bool
) -> None:
    invoke("plan", "--env", "dev", *options)
    (planning,) = [line for line in (terraform.folder / "calls").read_text().splitlines() if line.startswith("plan ")]

    assert ("-lock=false" not in planning) is locks


@pytest.mark.parametrize(
    ("changes", "options", "code"),
    [
        ({}, [], 0),
        ({QUEUE: "create"}, [], 0),
        ({}, ["--detailed-exitcode"], 0),
        ({QUEUE: "create"}, ["--detailed-exitcode"], 2),
    ],
)
def test_only_with_detailed_exitcode_changes_have_an_exit_code(
    invoke: Invoke, terraform: ScriptedTerraform, changes: dict[str, str], options: list[str], code: int
) -> None:
    terraform.plans(changes)

    result = invoke("plan", "--env", "dev", *options)

    assert (result.exit_code, result.stdout) == (code, CREATED if changes else UNCHANGED)


def test_an_error_of_terraform_exits_with_1_also_with_detailed_exitcode(
    invoke: Invoke, terraform: ScriptedTerraform
) -> None:
    terraform.fails("plan", "Invalid provider configuration")

    result = invoke("plan", "--env", "dev", "--detailed-exitcode")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith("error: planning: Invalid provider configuration")


def test_a_saved_plan_is_private_and_the_next_command_applies_it(
    invoke: Invoke, terraform: ScriptedTerraform, folder: Path
) -> None:
    terraform.plans({QUEUE: "create"})

    result = invoke("plan", "--env", "dev", "--set", "services.web.count=3", "--out", "dev.tfplan")

    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1] == (
        "Saved to dev.tfplan. Next: ecsforge deploy --set services.web.count=3 --env dev --plan dev.tfplan"
    )
    assert (folder / "dev.tfplan").read_text() == "plan\n"
    assert stat.S_IMODE((folder / "dev.tfplan").stat().st_mode) == 0o600


def test_json_has_the_values_also_of_a_plan_that_only_creates(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({QUEUE: "create"})
    terraform.shows([shown(QUEUE, "create", before=None, after={"delay_seconds": 2})])

    result = invoke("plan", "--env", "dev", "--json", "--detailed-exitcode")

    assert result.exit_code == 2
    report = json.loads(result.stdout)
    assert (report["stack"], report["has_changes"], report["summary"]["create"]) == ("shop-dev", True, 1)
    assert [(each["address"], each["action"]) for each in report["resources"]] == [(QUEUE, "create")]
    assert terraform.calls == ["init", "plan", "show"]


def test_a_plan_to_destroy_lists_what_is_destroyed_with_its_risk(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({QUEUE: "delete"}, destroy=True)
    terraform.shows([shown(QUEUE, "delete", before={}, after=None)])

    result = invoke("plan", "--env", "dev", "--destroy", "-q")

    headline, *_, warning = result.stdout.splitlines()
    assert (result.exit_code, headline) == (0, "shop-dev: 1 to destroy")
    assert warning.startswith("  ! queue of service `web` is destroyed: ")


def test_several_environments_are_a_usage_error(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("plan")

    assert result.exit_code == 2
    assert result.stderr == (
        "error: this command works on one environment; select it with --env: dev, prod\n"
        "Try 'ecsforge plan --help' for help.\n"
    )
    assert terraform.calls == []


def test_the_alias_of_terraform_users_plans(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    assert invoke("diff", "--env", "dev", "-q").stdout == UNCHANGED
