"""The stack that all environments share, on the command line; with a script as Terraform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands.conftest import Answer
from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform, shown

PROJECT = """\
project_id: shop
region: eu-west-1
environments: {dev: {}, prod: {protected: true}}
services: {web: {build: ., port: 80}}
"""
REPOSITORY = "aws_ecr_repository.web"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:0"


@pytest.fixture(autouse=True)
def project(terraform: ScriptedTerraform, folder: Path) -> None:
    """A project whose service is built; no image of it is deployed."""
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "ecsforge.yaml").write_text(PROJECT)


@pytest.mark.parametrize("options", [[], ["--env", "dev"]])
def test_it_is_listed_first(invoke: Invoke, options: list[str]) -> None:
    assert invoke("list", *options).stdout.splitlines()[:2] == ["shop-shared", "shop-dev"]


def test_it_has_no_environment_in_json(invoke: Invoke) -> None:
    first, *_ = json.loads(invoke("list", "--json").stdout)

    assert (first["name"], first["env"], first["region"]) == ("shop-shared", None, "eu-west-1")


def test_it_is_written_with_an_environment_which_is_the_next_to_deploy(invoke: Invoke) -> None:
    result = invoke("synth", "--env", "dev")

    assert [line.split("\t")[:2] for line in result.stdout.splitlines()] == [
        ["shop-shared", "cdktf.out/stacks/shop-shared"],
        ["shop-dev", "cdktf.out/stacks/shop-dev"],
    ]
    assert "Next: ecsforge deploy --env dev --build\n" in result.stderr


def test_it_can_not_be_selected_as_an_environment(invoke: Invoke) -> None:
    result = invoke("synth", "--env", "shared")

    assert result.exit_code == 2
    assert "environment shared does not exist; the file has dev and prod" in result.stderr


def test_its_plan_is_shown(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({REPOSITORY: "create"})

    result = invoke("plan", "--shared")

    assert (result.exit_code, result.stdout) == (0, "shop-shared: 1 to create\n\nweb\n  + image repository\n")
    assert "shop-shared in eu-west-1, account 123456789012" in result.stderr


def test_its_plan_is_not_saved(invoke: Invoke) -> None:
    result = invoke("plan", "--shared", "--out", "plan")

    assert result.exit_code == 2
    assert "--out: a plan of the shared stack can't be saved; `deploy` makes and applies its own" in result.stderr


def test_a_plan_without_an_image_exits_with_2(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    result = invoke("plan", "--env", "dev")

    assert result.exit_code == 2
    assert (
        "error: services.web: no image of web is deployed yet; build it with `ecsforge deploy --env dev --build`, or "
        "pass --image web=REF\n"
    ) in result.stderr
    assert "plan" not in terraform.calls


def test_a_plan_of_an_environment_names_the_plan_of_the_shared_stack(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_web_image", IMAGE)

    result = invoke("plan", "--env", "dev")

    assert result.exit_code == 0
    assert result.stderr.endswith("A deploy applies the shared stack first. To see its plan: ecsforge plan --shared\n")


def test_a_deploy_applies_it_first_with_its_own_question(
    answer: Answer, terraform: ScriptedTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_web_image", IMAGE)
    terraform.plans({REPOSITORY: "create"})

    result = answer("y\ny\n", "deploy", "--env", "dev", "--no-wait")

    assert result.exit_code == 0
    questions = [line for line in result.stderr.splitlines() if line.startswith("Apply this plan to ")]
    assert [question.split()[4].rstrip("?") for question in questions] == ["shop-shared", "shop-dev"]
    assert result.stderr.index("Deployed shop-shared") < result.stderr.index("Deployed shop-dev")


def test_a_declined_shared_stack_ends_the_deploy(
    answer: Answer, terraform: ScriptedTerraform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_web_image", IMAGE)
    terraform.plans({REPOSITORY: "create"})

    result = answer("n\n", "deploy", "--env", "dev")

    assert result.exit_code == 1
    assert result.stderr.endswith("Nothing was changed\n")
    assert "apply" not in terraform.calls


def test_a_deploy_without_an_image_changes_nothing(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.plans({REPOSITORY: "create"})

    result = invoke("deploy", "--env", "dev", "--auto-approve")

    assert result.exit_code == 2
    assert "no image of web is deployed yet" in result.stderr
    assert "plan" not in terraform.calls


def test_a_destroy_asks_for_its_name(answer: Answer, terraform: ScriptedTerraform) -> None:
    terraform.plans({REPOSITORY: "delete"}, destroy=True)
    terraform.shows([shown(REPOSITORY, "delete", before={}, after=None)])

    result = answer("shop-shared\n", "destroy", "--shared")

    assert result.exit_code == 0
    assert "This destroys 1 resource of shop-shared. To continue, type shop-shared: shop-shared\n" in result.stderr
    assert result.stderr.endswith("Destroyed shop-shared\n")


def test_its_outputs_are_printed(invoke: Invoke, terraform: ScriptedTerraform) -> None:
    terraform.outputs({"repository_urls": {"web": "url"}})

    assert json.loads(invoke("output", "--shared", "repository_urls", "--json").stdout) == {"web": "url"}


def test_doctor_checks_its_account_and_its_state(invoke: Invoke) -> None:
    checks = [each["check"] for each in json.loads(invoke("doctor", "--json").stdout)]

    assert [check for check in checks if check.startswith("shared: ")] == ["shared: AWS", "shared: state"]


def test_its_lock_is_released(invoke: Invoke) -> None:
    result = invoke("state", "unlock", "--shared", "1234", "--auto-approve")

    assert result.exit_code == 0
    assert result.stderr.endswith("Released the lock of shop-shared. Next: ecsforge deploy\n")
