"""Task definitions are deregistered when what used them is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.deploy.consent import Consent
from operations.deploy.deploy import deploy, destroy
from operations.deploy.families import deregister, families_of
from stacks.errors import AwsError
from stacks.project.models import Project
from tests.operations.deploy.test_deploy import PROJECT, YES, stack
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder

WEB, GONE = "web-shop-dev", "gone-shop-dev"


def register(account: boto3.Session, *families: str) -> None:
    containers: Any = [{"name": "main", "image": "app:1", "memory": 128}]
    for family in families:
        account.client("ecs").register_task_definition(family=family, containerDefinitions=containers)


def active(account: boto3.Session) -> list[str]:
    arns = account.client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    return [arn.rpartition("/")[2] for arn in arns]


def definition(name: str, family: str) -> dict[str, Any]:
    """A task definition in a state."""
    instances = [{"attributes": {"family": family, "arn": f"{family}:2"}}]
    return {"mode": "managed", "type": "aws_ecs_task_definition", "name": name, "instances": instances}


def terraform(folder: Path, *changes: tuple[str, str]) -> FakeTerraform:
    """A Terraform that makes these changes to task definitions: an action by logical name."""
    planned = [
        {
            "address": f"aws_ecs_task_definition.{name}",
            "type": "aws_ecs_task_definition",
            "mode": "managed",
            "change": {"actions": action.split(), "before": {}, "after": {}},
        }
        for name, action in changes
    ]
    kept = {"root_module": {"resources": [{"address": "aws_ecs_cluster.web_cluster", "mode": "managed"}]}}
    shown = {"planned_values": kept, "resource_changes": planned}
    state = {"version": 4, "resources": [definition("web", WEB), definition("gone", GONE)]}
    made = FakeTerraform(folder, shown=shown, state=state)
    made.changes = tuple(_planned(name, action) for name, action in changes)
    return made


def _planned(name: str, action: str) -> Any:
    from operations.terraform.stream import Planned

    kind = "aws_ecs_task_definition"
    return Planned(f"{kind}.{name}", kind, name, {"delete create": "replace"}.get(action, action))


def test_a_destroy_deregisters_every_revision(tmp_path: Path, account: boto3.Session) -> None:
    register(account, WEB, WEB, GONE, "web-shop-prod")
    reporter = Recorder()
    removed = terraform(tmp_path, ("web", "delete"), ("gone", "delete"))

    assert destroy(stack(removed, session=account), reporter, Consent(stack="shop-dev"))

    assert active(account) == ["web-shop-prod:1"]
    assert reporter.messages == [f"Deregistered 3 revisions of {GONE}, {WEB}", "Destroyed shop-dev"]


def test_a_deploy_that_removes_a_service_deregisters_its_revisions(tmp_path: Path, account: boto3.Session) -> None:
    """A new revision of another one replaces its resource, and its earlier revisions stay."""
    register(account, WEB, WEB, GONE)
    changed = terraform(tmp_path, ("web", "delete create"), ("gone", "delete"))

    deploy(stack(changed, session=account), Recorder(), YES, timeout=None)

    assert active(account) == [f"{WEB}:1", f"{WEB}:2"]


def test_a_destroy_that_was_interrupted_is_completed_by_the_next(tmp_path: Path, account: boto3.Session) -> None:
    register(account, WEB)
    reporter = Recorder()

    assert destroy(stack(FakeTerraform(tmp_path), session=account), reporter, Consent())

    assert active(account) == []
    assert reporter.messages == [f"Deregistered 1 revision of {WEB}", "shop-dev: nothing to destroy"]


def test_a_refused_request_says_how_to_continue(tmp_path: Path, account: boto3.Session) -> None:
    ecs = account.client("ecs")
    stubbed = Stubber(ecs)
    message = "User: arn:aws:sts::1:x is not authorized to perform: ecs:ListTaskDefinitions on resource: *"
    stubbed.add_client_error("list_task_definitions", "AccessDeniedException", message)
    stubbed.activate()

    class Session:
        def client(self, *arguments: object, **options: object) -> Any:
            return ecs

    with pytest.raises(AwsError) as refused:
        destroy(stack(FakeTerraform(tmp_path), session=Session()), Recorder(), Consent())

    (problem,) = refused.value.problems
    assert str(problem.where) == "deregistering the task definitions that are no longer used"
    assert problem.fix == (
        "allow ecs:ListTaskDefinitions for the user or role that deploys, then run the same command again; completed "
        "changes are kept"
    )


def test_only_whole_names_are_families(account: boto3.Session) -> None:
    register(account, WEB, f"{WEB}-2")

    assert deregister(account.client("ecs"), [WEB]) == 1
    assert active(account) == [f"{WEB}-2:1"]


def test_revisions_of_one_off_tasks_go_too(account: boto3.Session) -> None:
    """`ecsforge run --image` deregisters its revision, unless it is killed."""
    register(account, WEB, f"{WEB}_run")

    assert deregister(account.client("ecs"), [WEB]) == 2
    assert active(account) == []


def test_the_families_of_a_project_are_those_of_its_services() -> None:
    project = Project.model_validate({"project_id": "shop", "env": "dev", "services": {"web": {}, "nightly": {}}})

    assert families_of(project) == {WEB, "nightly-shop-dev"}
    assert families_of(PROJECT) == {WEB}
