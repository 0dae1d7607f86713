"""The wait of a deploy, from what ECS lists before the apply to what it lists after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.deploy.deploy import deploy
from operations.deploy.steady_state import before_apply
from operations.health.deployments import Baseline
from operations.plan.model import Plan, ResourceChange
from operations.stack import Stack
from operations.state.backend import Backend
from operations.terraform.stream import Planned
from stacks.addresses import Place
from stacks.errors import AwsError
from stacks.project.models import Project
from tests.operations.health.ecs import CLUSTER, OLD, START, deployment, described, history
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder
from tests.support.stacks import synthesized

PROJECT = Project.model_validate({"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": {"web": {}}})
CONFIGURATION = {"provider": {"aws": [{"default_tags": [{"tags": {}}]}]}, "resource": {}}
SERVICE = "web-service-shop-dev"
YES = Consent(auto_approve=True)
FIRST, SECOND = deployment(OLD, id="ecs-svc/1"), deployment(OLD, id="ecs-svc/2")


class Ecs:
    """A session whose ECS client is scripted."""

    def __init__(self) -> None:
        self.client_ = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stub = Stubber(self.client_)
        self.stub.activate()

    def client(self, service: str, **_: Any) -> Any:
        assert service == "ecs"
        return self.client_

    def service(self, *deployments: dict[str, Any]) -> None:
        found = described(deployments=list(deployments))
        self.stub.add_response("describe_services", {"services": [found]}, {"cluster": CLUSTER, "services": [SERVICE]})

    def history(self, *found: dict[str, Any]) -> None:
        asked = {"cluster": CLUSTER, "service": SERVICE, "createdAt": {"after": START}}
        self.stub.add_response("list_service_deployments", {"serviceDeployments": list(found)}, asked)

    def no_tasks(self) -> None:
        self.stub.add_response("list_tasks", {"taskArns": []})


class Terraform(FakeTerraform):
    """Plans one change of the service, and runs `on_apply` when it is applied."""

    def __init__(self, folder: Path, action: str = "update", on_apply: Callable[[], None] = lambda: None) -> None:
        address = "aws_ecs_service.web_service"
        change = {
            "address": address,
            "type": "aws_ecs_service",
            "mode": "managed",
            "change": {"actions": [action], "before": {}, "after": {}},
        }
        attributes = {"name": SERVICE, "task_definition": OLD}
        resource = {
            "mode": "managed",
            "type": "aws_ecs_service",
            "name": "web_service",
            "instances": [{"attributes": attributes}],
        }
        planned = Planned(address, "aws_ecs_service", "web_service", action)
        shown = {"planned_values": {}, "resource_changes": [change]}
        super().__init__(folder, [planned], shown=shown, state={"version": 4, "resources": [resource]})
        self._on_apply = on_apply

    def apply(self, plan: Path, *, on_event: Any) -> Any:
        self._on_apply()
        return super().apply(plan, on_event=on_event)


def stack(terraform: FakeTerraform, ecs: Ecs, *, exists: bool = True) -> Stack:
    written = synthesized("shop-dev", "dev", terraform.folder, CONFIGURATION)
    backend = Backend("s3", {"bucket": "states", "key": "shop"}, terraform.folder)
    return Stack(PROJECT, "shop-dev", written, terraform, backend, ecs, exists)  # type: ignore[arg-type]


def test_what_ecs_lists_before_the_apply_identifies_the_new_deployment(tmp_path: Path) -> None:
    """All run the same task definition: a change of capacity."""
    ecs = Ecs()
    ecs.service(FIRST)
    ecs.history(history(1, "SUCCESSFUL"))

    def applied() -> None:
        ecs.stub.assert_no_pending_responses()
        ecs.service(FIRST)
        ecs.history(history(1, "SUCCESSFUL"), history(2, "ROLLBACK_SUCCESSFUL", "Circuit breaker triggered."))
        ecs.no_tasks()

    with pytest.raises(AwsError) as failed:
        deploy(stack(Terraform(tmp_path, on_apply=applied), ecs), Recorder(), YES, timeout=60)

    assert sentences(failed.value) == (
        "service `web`: ECS rolled the deployment of web-shop-dev:1 back to the configuration from before (Circuit "
        "breaker triggered); check its logs: ecsforge logs web --env dev --since 30m"
    )
    ecs.stub.assert_no_pending_responses()


def test_a_new_deployment_of_the_same_task_definition_is_waited_for(tmp_path: Path) -> None:
    ecs = Ecs()
    ecs.service(FIRST)
    ecs.history(history(1, "SUCCESSFUL"))
    ecs.service(SECOND)
    ecs.history(history(2, "SUCCESSFUL"))
    ecs.no_tasks()

    assert deploy(stack(Terraform(tmp_path), ecs), Recorder(), YES, timeout=60) is not None
    ecs.stub.assert_no_pending_responses()


def test_a_stack_without_a_cluster_is_not_asked_before_the_apply(tmp_path: Path) -> None:
    ecs = Ecs()
    ecs.service(SECOND)
    ecs.stub.add_response("list_service_deployments", {"serviceDeployments": [history(2, "SUCCESSFUL")]})
    ecs.no_tasks()

    deploy(stack(Terraform(tmp_path, "create"), ecs, exists=False), Recorder(), YES, timeout=60)

    ecs.stub.assert_no_pending_responses()


def test_a_refusal_before_the_apply_is_a_detail(tmp_path: Path) -> None:
    ecs, reporter = Ecs(), Recorder()
    ecs.stub.add_client_error("describe_services", "AccessDeniedException")
    change = ResourceChange("aws_ecs_service.web", "aws_ecs_service", Place("web", "web", "service"), "update")

    before = before_apply(stack(Terraform(tmp_path), ecs), reporter, Plan("shop-dev", (change,)))

    assert before == {SERVICE: Baseline(known=False)}
    assert reporter.details == [
        "the deployments before the apply are unknown: AWS refused DescribeServices; the wait follows what ECS lists "
        "after it"
    ]


def test_without_a_wait_ecs_is_not_asked(tmp_path: Path) -> None:
    deploy(stack(Terraform(tmp_path), Ecs()), Recorder(), YES, timeout=None)


def test_a_denied_wait_says_that_the_deploy_is_done(tmp_path: Path) -> None:
    ecs = Ecs()
    ecs.service(FIRST)
    ecs.history()
    ecs.stub.add_client_error("describe_services", "AccessDeniedException", "not authorized to perform: ecs:X")

    with pytest.raises(AwsError) as denied:
        deploy(stack(Terraform(tmp_path), ecs), Recorder(), YES, timeout=60)

    assert sentences(denied.value) == (
        "service `web`: the deploy is done, but it is unknown whether ECS reaches a steady state: AWS refused "
        "DescribeServices; got AccessDeniedException: not authorized to perform: ecs:X; check the health with "
        "`ecsforge status web --env dev`\n"
        "  try: allow ecs:X for the user or role that deploys, then run the same command again; completed changes are "
        "kept"
    )
