"""The workflow for GitHub Actions: its text, what its jobs may do and in which order they run."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from operations.ci.github.workflow import FILE, render, repository_of, write
from tests.support.pipelines import NAMES, jobs, workflow

GOLDEN = Path(__file__).parents[3] / "golden" / "workflows"
WRITE = os.environ.get("ECSFORGE_WRITE_GOLDEN") == "1"


@pytest.mark.parametrize("name", ["shop", "built"])
def test_the_workflow_is_the_reviewed_one(name: str) -> None:
    file, text = GOLDEN / f"{name}.yml", render(workflow(name))
    if WRITE:
        file.write_text(text, "utf-8")

    assert text == file.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_job_has_only_the_permissions_that_it_needs(name: str) -> None:
    text = render(workflow(name, "ci.github.plan_protected=true"))

    assert yaml.safe_load(text)["permissions"] == {}
    for key, job in jobs(text).items():
        expected = {"contents": "read"}
        if key.startswith(("plan-", "deploy-")) or key == "build":
            expected["id-token"] = "write"
        if key == "comment":
            expected = {"pull-requests": "write"}
        assert job["permissions"] == ({} if key == "plan-skipped" else expected), key


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_pinned_and_scripts_hold_no_expressions(name: str) -> None:
    text = render(workflow(name))

    assert "pull_request_target" not in text
    assert "secrets." not in text
    for uses in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", uses)
    for job in jobs(text).values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert step.get("with", {}).get("persist-credentials", False) is False


def test_environments_are_deployed_one_after_the_other_with_the_images_of_one_build() -> None:
    found = jobs(render(workflow("built")))

    assert found["deploy-dev"]["needs"] == ["build"]
    assert found["deploy-prod"]["needs"] == ["build", "deploy-dev"]
    assert [step["env"] for step in found["deploy-prod"]["steps"] if "env" in step] == [
        {"IMAGES": "${{ needs.build.outputs.images }}"}
    ]


def test_without_images_to_build_nothing_is_built() -> None:
    found = jobs(render(workflow("shop")))

    assert "build" not in found
    assert ["needs" in found[f"deploy-{env}"] for env in ("dev", "staging", "prod")] == [False, True, True]
    assert found["deploy-prod"]["needs"] == ["deploy-staging"]


def test_every_deploying_job_has_its_environment_and_waits_for_the_one_before() -> None:
    found = jobs(render(workflow("built")))

    for key, env in (("build", "shared"), ("deploy-dev", "dev"), ("deploy-prod", "prod")):
        assert found[key]["environment"] == env
        assert found[key]["concurrency"] == {"group": f"ecsforge-built-{env}", "cancel-in-progress": False}
        assert found[key]["if"] == "github.event_name == 'push'"


def test_a_protected_environment_is_confirmed_by_its_name_and_planned_only_on_request() -> None:
    text = render(workflow("shop"))

    assert "ecsforge deploy --env prod --yes-i-mean shop-prod\n" in text
    assert "plan-prod" not in jobs(text)
    assert "plan-prod" in jobs(render(workflow("shop", "ci.github.plan_protected=true")))


def test_pull_requests_without_credentials_are_validated_and_rehearsed_but_not_planned() -> None:
    found = jobs(render(workflow("shop")))
    own = (
        "github.event.pull_request.head.repo.full_name == github.repository && "
        "github.event.pull_request.user.login != 'dependabot[bot]'"
    )

    assert [found[key]["if"] for key in ("validate", "rehearse")] == ["github.event_name == 'pull_request'"] * 2
    assert found["plan-dev"]["if"] == f"github.event_name == 'pull_request' && {own}"
    assert found["plan-skipped"]["if"] == f"github.event_name == 'pull_request' && !({own})"


def test_the_account_comes_from_the_project_file_or_a_variable() -> None:
    found = jobs(render(workflow("shop")))
    arns = [step["with"]["role-to-assume"] for key in ("deploy-dev", "deploy-prod") for step in found[key]["steps"]
            if "role-to-assume" in step.get("with", {})]  # fmt: skip

    assert arns == [
        "arn:aws:iam::${{ vars.AWS_ACCOUNT_ID }}:role/ecsforge-deploy-shop-dev",
        "arn:aws:iam::123456789012:role/ecsforge-deploy-shop-prod",
    ]


def test_a_project_file_in_a_folder_is_used_there() -> None:
    found = jobs(render(workflow("shop", folder="deploy/aws")))

    assert found["deploy-dev"]["defaults"] == {"run": {"working-directory": "deploy/aws"}}
    assert "defaults" not in found["comment"]


def test_the_install_command_is_a_step_of_its_own() -> None:
    text = render(workflow("shop", "ci.github.install=  pip install .\n\n  ecsforge --version\n"))
    (step,) = [each for each in jobs(text)["validate"]["steps"] if each.get("name") == "Install ecsforge"]

    assert step["run"] == "pip install .\necsforge --version\n"  # --set reads YAML


@pytest.mark.parametrize("branch", ["main", "true", "1.0", "it's", "release/1.x"])
def test_the_branch_is_text(branch: str) -> None:
    found = yaml.safe_load(render(workflow("shop", f"ci.github.branch={branch}")))

    assert found[True]["push"]["branches"] == [branch]  # YAML 1.1 reads `on` as true


def test_the_workflow_is_at_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    top = repository_of(tmp_path / "a" / "b")
    shop = workflow("shop")

    assert write(shop, top) == (tmp_path.resolve() / FILE, True)
    assert (tmp_path / FILE).read_text("utf-8") == render(shop)
    assert write(shop, top) == (tmp_path.resolve() / FILE, False)
    assert [each.name for each in (tmp_path / FILE).parent.iterdir()] == ["ecsforge.yml"]
