"""`ecsforge ci`: the workflow's file, the roles in an account that moto mocks, and what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conftest import Invoke
from tests.support.scripted_terraform import ScriptedTerraform

PROJECT = """\
project_id: shop
region: eu-west-1
state: {backend: s3, bucket: shop-state}
environments: {dev: {}, prod: {protected: true, account_id: "123456789012"}}
services: {web: {image: "registry.example.com/web:1", port: 80}}
ci: {github: {repository: acme/shop, install: pip install .}}
"""
LIMIT = (
    "warning: the deploy role creates roles and gives them policies, so it can reach everything in the account; set "
    "permissions_boundary in the project file to limit it"
)
URL = "https://github.com/acme/shop/settings"


@pytest.fixture(autouse=True)
def project(terraform: ScriptedTerraform, folder: Path) -> Path:
    """A project with a workflow, in an empty account."""
    file = folder / "ecsforge.yaml"
    file.write_text(PROJECT)
    (folder / ".git").mkdir()
    return file


def roles() -> list[str]:
    iam: Any = boto3.client("iam", region_name="eu-west-1")
    return sorted(each["RoleName"] for each in iam.list_roles()["Roles"])


def test_the_workflow_is_written_once(invoke: Invoke, folder: Path) -> None:
    first, second = invoke("ci", "github"), invoke("ci", "github", "--env", "dev")

    assert (first.exit_code, first.stdout) == (0, ".github/workflows/ecsforge.yml\n")
    assert first.stderr == ("Next: create the roles (ecsforge ci init --env dev, --env prod), then commit the file\n")
    assert (second.exit_code, second.stderr) == (0, "The workflow is up to date\n")
    assert "  deploy-prod:\n" in (folder / ".github/workflows/ecsforge.yml").read_text()


def test_a_file_in_a_folder_writes_to_the_top_of_the_repository(invoke: Invoke, folder: Path) -> None:
    (folder / "aws").mkdir()
    (folder / "ecsforge.yaml").rename(folder / "aws" / "shop.yaml")

    assert invoke("-f", "aws/shop.yaml", "ci", "github").stdout == ".github/workflows/ecsforge.yml\n"
    text = (folder / ".github/workflows/ecsforge.yml").read_text()
    assert "working-directory: aws\n" in text
    assert "ecsforge -f shop.yaml deploy --env dev --auto-approve\n" in text


def test_another_file_is_not_overwritten(invoke: Invoke, folder: Path) -> None:
    file = folder / ".github/workflows/ecsforge.yml"
    file.parent.mkdir(parents=True)
    file.write_text("name: mine\n")
    result = invoke("ci", "github")

    assert (result.exit_code, file.read_text()) == (1, "name: mine\n")
    assert result.stderr == (
        "error: .github/workflows/ecsforge.yml: the file exists, and `ecsforge ci github` did not write it; rename it, "
        "then run the command again\n"
    )


@pytest.mark.parametrize("command", [("ci", "github"), ("ci", "init", "--env", "dev")])
def test_without_a_repository_nothing_is_done(invoke: Invoke, project: Path, command: tuple[str, ...]) -> None:
    project.write_text(PROJECT.partition("ci:")[0])
    result = invoke(*command)

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == (
        "error: ci.github: the project file does not name a repository; add ci: {github: {repository: "
        "ORGANIZATION/NAME, install: pip install ...}} to the project file"
    )


def test_the_roles_are_created_and_the_settings_of_github_named(invoke: Invoke) -> None:
    result = invoke("ci", "init", "--env", "dev")
    account, *lines = result.stderr.splitlines()

    assert result.exit_code == 0
    assert account.startswith("Account 123456789012 (arn:aws:")
    assert lines == [
        "Created the identity provider token.actions.githubusercontent.com",
        "Created role ecsforge-deploy-shop-dev, for repo:acme/shop:environment:dev",
        "Created role ecsforge-plan-shop-dev, for repo:acme/shop:pull_request",
        LIMIT,
        "Next, on GitHub. Without these settings, anyone who can push a branch to acme/shop can deploy:",
        f"  {URL}/environments: create the environment dev",
        "  Deployment branches and tags: Selected branches and tags, with only main",
        f"  {URL}/variables/actions: the variable AWS_ACCOUNT_ID with 123456789012",
        "Then write the workflow: ecsforge ci github",
    ]
    assert roles() == ["ecsforge-deploy-shop-dev", "ecsforge-plan-shop-dev"]


def test_a_protected_environment_needs_reviewers_and_has_no_plan_role(invoke: Invoke) -> None:
    result = invoke("ci", "init", "--env", "prod")

    assert "  Required reviewers: those who approve a deploy, with Prevent self-review\n" in result.stderr
    assert "AWS_ACCOUNT_ID" not in result.stderr
    assert roles() == ["ecsforge-deploy-shop-prod"]


def test_documents_are_printed_without_credentials(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.delenv("AWS_ACCESS_KEY_ID")
        result = invoke("ci", "init", "--env", "prod", "--print")
    printed = json.loads(result.stdout)

    assert (result.exit_code, result.stderr) == (0, f"{LIMIT}\n")
    assert printed["provider"] == {
        "arn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        "url": "https://token.actions.githubusercontent.com",
        "client_ids": ["sts.amazonaws.com"],
    }
    assert [role["name"] for role in printed["roles"]] == ["ecsforge-deploy-shop-prod"]
    assert roles() == []


def test_with_a_role_to_assume_its_policies_are_printed_too(invoke: Invoke, project: Path) -> None:
    assumed = "arn:aws:iam::210987654321:role/deploy"
    project.write_text(f"{PROJECT}assume_role: {assumed}\n".replace(', account_id: "123456789012"', ""))
    printed = json.loads(invoke("ci", "init", "--env", "dev", "--print").stdout)

    assert [each["name"] for each in printed["roles"]] == ["ecsforge-deploy-shop-dev"]
    assert printed["assumed_role"]["arn"] == assumed
    assert "arn:aws:iam::210987654321:role/shop-dev-*" in json.dumps(printed["assumed_role"]["policies"])


def test_removal_says_how_to_create_them_again(invoke: Invoke) -> None:
    invoke("ci", "init", "--env", "dev")
    first, second = invoke("ci", "remove", "--env", "dev"), invoke("ci", "remove", "--env", "dev")
    again = "The workflow can't deploy shop-dev without them. To create them: ecsforge ci init --env dev"

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stderr.splitlines()[1:] == [
        "Deleted role ecsforge-deploy-shop-dev",
        "Deleted role ecsforge-plan-shop-dev",
        again,
    ]
    assert second.stderr.splitlines()[1:] == ["shop-dev has no roles for pipelines", again]
    assert roles() == []


def test_the_role_that_builds_is_of_the_shared_stack(invoke: Invoke, project: Path, folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\n")
    built = PROJECT.replace('image: "registry.example.com/web:1"', "build: .")
    project.write_text(f'{built}registry: {{account_id: "123456789012"}}\n')
    written, created = invoke("ci", "github"), invoke("ci", "init", "--shared")

    assert "(ecsforge ci init --shared, --env dev, --env prod)" in written.stderr
    assert created.stderr.splitlines()[2] == (
        "Created role ecsforge-deploy-shop-shared, for repo:acme/shop:environment:shared"
    )
    assert LIMIT not in created.stderr
    assert invoke("ci", "remove", "--shared").exit_code == 0
    assert roles() == []


def test_names_that_the_deploy_role_may_write_are_never_those_of_pipelines(invoke: Invoke) -> None:
    result = invoke("ci", "init", "--env", "dev", "--project-id", "ecsforge-deploy")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == (
        "error: project_id: the roles of this environment begin like those of pipelines (ecsforge-deploy-); got "
        "ecsforge-deploy-dev; use another project_id"
    )
