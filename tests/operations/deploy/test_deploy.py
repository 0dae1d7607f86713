"""The steps of a deploy, with Terraform replaced; tests/e2e runs the real one."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.deploy import deploy as module
from operations.deploy.consent import Consent
from operations.deploy.deploy import deploy, destroy, plan
from operations.deploy.orphans import Unfinished
from operations.health.stopped import Stopped
from operations.reporter import Finished, Started
from operations.stack import Stack
from operations.state.apply_marker import last_ending, marked
from operations.state.backend import Backend
from operations.terraform.stream import Planned
from stacks.addresses import Place
from stacks.errors import AwsError, TerraformError, UsageError
from stacks.naming import Names
from stacks.project.models import Project
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder
from tests.support.stacks import synthesized

PROJECT = Project.model_validate({"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": {"web": {}}})
CREATE_QUEUE = Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "create")
CREATE_CLUSTER = Planned("aws_ecs_cluster.web_cluster", "aws_ecs_cluster", "web_cluster", "create")
DELETE_QUEUE = Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "delete")
TAGS = {"Project": "shop", "Environment": "dev", "ManagedBy": "ecsforge"}
CONFIGURATION = {
    "provider": {"aws": [{"default_tags": [{"tags": TAGS}]}]},
    "resource": {"aws_security_group": {"web": {"tags": {"Name": "web-shop-dev"}}}},
}
SERVICE = {
    "variable": {"web_force_new_deployment": {"type": "bool", "default": False}},
    "resource": {"aws_ecs_service": {"web": {"force_new_deployment": "${var.web_force_new_deployment}"}}},
}
YES = Consent(auto_approve=True)


def stack(terraform: FakeTerraform, project: Project = PROJECT, **more: Any) -> Stack:
    name = f"{project.project_id}-{project.env}"
    backend = Backend("s3", {"bucket": "states", "key": "shop"}, terraform.folder)
    fields = {"session": None, **more}
    written = synthesized(name, project.env, terraform.folder, CONFIGURATION)
    return Stack(project, name, written, terraform, backend, **fields)  # type: ignore[arg-type]


def destroys_everything(folder: Path) -> FakeTerraform:
    """A Terraform whose plans destroy every resource."""
    change = {
        "address": "aws_sqs_queue.web",
        "type": "aws_sqs_queue",
        "mode": "managed",
        "change": {"actions": ["delete"], "before": {}, "after": None},
    }
    return FakeTerraform(folder, [DELETE_QUEUE], shown={"planned_values": {}, "resource_changes": [change]})


def test_a_plan_is_shown_confirmed_and_applied(tmp_path: Path) -> None:
    terraform, reporter = FakeTerraform(tmp_path, [CREATE_QUEUE]), Recorder(True)

    outputs = deploy(stack(terraform), reporter, Consent(), timeout=None)

    assert outputs is not None
    assert list(outputs.values) == ["cluster"]
    assert terraform.calls == ["pull_state", "plan", "show", "apply"]
    assert [shown.count("create") for shown in reporter.plans] == [1]
    assert reporter.asked == ["Apply this plan to shop-dev?"]
    assert reporter.messages == ["Deployed shop-dev"]
    assert reporter.events == [
        Started("Planning shop-dev"),
        Finished("Planning shop-dev"),
        Started("Applying shop-dev", 1, {"aws_sqs_queue.web": Place("web", "web", "queue")}),
        Finished("Applying shop-dev"),
    ]
    assert last_ending(tmp_path) is None


def test_a_declined_plan_is_not_applied(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE_QUEUE])

    assert deploy(stack(terraform), Recorder(False), Consent(), timeout=None) is None
    assert terraform.calls == ["pull_state", "plan", "show"]


def test_without_a_terminal_a_plan_is_not_applied(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE_QUEUE])

    with pytest.raises(UsageError):
        deploy(stack(terraform), Recorder(), Consent(), timeout=None)
    assert terraform.calls == ["pull_state", "plan", "show"]


def test_a_failed_apply_is_marked_for_the_next_command(tmp_path: Path) -> None:
    class Failing(FakeTerraform):
        def apply(self, plan: Path, *, on_event: Callable[[Any], None]) -> Any:
            raise TerraformError.of("applying", "AccessDenied")

    with pytest.raises(TerraformError):
        deploy(stack(Failing(tmp_path, [CREATE_QUEUE])), Recorder(), YES, timeout=None)

    assert last_ending(tmp_path) == "failed"


def test_without_changes_the_marker_is_removed_and_the_outputs_are_read(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), marked(tmp_path):
        raise KeyboardInterrupt
    terraform = FakeTerraform(tmp_path)

    outputs = deploy(stack(terraform), Recorder(), Consent(), timeout=None)

    assert outputs is not None
    assert terraform.calls == ["pull_state", "plan", "output"]
    assert last_ending(tmp_path) is None


def service_state(**more: Any) -> dict[str, Any]:
    attributes = {
        "name": Names("shop", "dev").service("web"),
        "task_definition": "arn:aws:ecs:eu-west-1:1:task-definition/web:1",
        **more,
    }
    resource = {"mode": "managed", "type": "aws_ecs_service", "name": "web", "instances": [{"attributes": attributes}]}
    return {"version": 4, "resources": [resource]}


def test_a_deploy_without_changes_still_reports_unhealthy_services(tmp_path: Path, account: boto3.Session) -> None:
    """The previous deploy may have failed in ECS: running it again must not succeed."""
    terraform = FakeTerraform(tmp_path, state=service_state())

    with pytest.raises(AwsError):  # the cluster does not exist
        deploy(stack(terraform, session=account), Recorder(), Consent(), timeout=1)

    assert deploy(stack(terraform, session=account), Recorder(), Consent(), timeout=None) is not None


def test_an_interrupted_wait_says_that_the_deploy_is_done(tmp_path: Path) -> None:
    class Interrupted:
        def client(self, *arguments: object, **options: object) -> None:
            raise KeyboardInterrupt

    terraform, reporter = FakeTerraform(tmp_path, [CREATE_QUEUE], state=service_state()), Recorder()

    with pytest.raises(KeyboardInterrupt):
        deploy(stack(terraform, session=Interrupted()), reporter, YES, timeout=60)

    assert reporter.warnings == [
        "no longer waiting: shop-dev is deployed, and ECS continues without this command; see its health with "
        "`ecsforge status --env dev`"
    ]


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_a_stack_that_exists_but_is_not_in_the_state_is_refused(tmp_path: Path, command: str) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE_CLUSTER] if command == "deploy" else [])
    existing = stack(terraform, exists=True)

    with pytest.raises(TerraformError, match="the stack exists in the account but is not in this state"):
        if command == "deploy":
            deploy(existing, Recorder(), YES, timeout=None)
        else:
            destroy(existing, Recorder(), YES)
    assert "apply" not in terraform.calls


def test_a_saved_plan_is_applied_without_planning_again(tmp_path: Path, account: boto3.Session) -> None:
    file = tmp_path / "saved"
    file.write_text("plan")
    terraform = destroys_everything(tmp_path)
    reporter = Recorder()

    deploy(stack(terraform, session=account), reporter, Consent(stack="shop-dev"), saved_plan=file, timeout=None)

    assert terraform.calls == ["show", "pull_state", "apply"]
    assert reporter.messages == ["Destroyed shop-dev"]
    assert file.exists()


def test_a_saved_plan_to_destroy_is_refused_for_a_protected_environment(tmp_path: Path) -> None:
    protected = PROJECT.model_copy(update={"env": "prod", "protected": True})
    terraform = destroys_everything(tmp_path)

    with pytest.raises(TerraformError, match="this environment is protected"):
        deploy(stack(terraform, protected), Recorder(), Consent(stack="shop-prod"), saved_plan=tmp_path, timeout=None)
    assert "apply" not in terraform.calls


def test_destroy_shows_the_plan_asks_and_destroys(tmp_path: Path, account: boto3.Session) -> None:
    terraform, reporter = destroys_everything(tmp_path), Recorder("shop-dev")

    assert destroy(stack(terraform, session=account), reporter, Consent())

    assert terraform.calls == ["pull_state", "plan", "show", "apply"]
    assert reporter.asked == ["This destroys 1 resource of shop-dev. To continue, type shop-dev"]
    assert reporter.messages == ["Destroyed shop-dev"]


def test_destroying_an_empty_stack_is_reported(tmp_path: Path, account: boto3.Session) -> None:
    reporter = Recorder()

    assert destroy(stack(FakeTerraform(tmp_path), session=account), reporter, Consent())
    assert reporter.messages == ["shop-dev: nothing to destroy"]


def test_destroy_refuses_a_protected_environment_before_it_plans(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path)

    with pytest.raises(TerraformError, match="this environment is protected"):
        destroy(stack(terraform, PROJECT.model_copy(update={"protected": True})), Recorder(), YES)
    assert "plan" not in terraform.calls


def deployed_as(*, protected: bool) -> dict[str, Any]:
    return {"version": 4, "outputs": {"protected": {"value": protected, "type": "bool"}}, "resources": []}


def test_destroy_refuses_what_is_deployed_as_protected_although_the_project_file_is_not(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, state=deployed_as(protected=True))

    with pytest.raises(TerraformError, match="this environment is protected"):
        destroy(stack(terraform), Recorder(), Consent(stack="shop-dev"))
    assert terraform.calls == ["pull_state"]


def test_a_saved_plan_to_destroy_is_refused_for_what_is_deployed_as_protected(tmp_path: Path) -> None:
    terraform = destroys_everything(tmp_path)
    terraform.state = deployed_as(protected=True)

    with pytest.raises(TerraformError, match="this environment is protected"):
        deploy(stack(terraform), Recorder(), Consent(stack="shop-dev"), saved_plan=tmp_path, timeout=None)
    assert "apply" not in terraform.calls


def test_the_deploy_that_removes_the_protection_asks_for_the_name(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE_QUEUE], state=deployed_as(protected=True))
    reporter = Recorder("shop-dev")

    assert deploy(stack(terraform), reporter, YES, timeout=None) is not None
    assert reporter.asked == ["dev is protected. To continue, type shop-dev"]


def test_once_a_deploy_has_removed_the_protection_the_stack_can_be_destroyed(
    tmp_path: Path, account: boto3.Session
) -> None:
    terraform = destroys_everything(tmp_path)
    terraform.state = deployed_as(protected=False)

    assert destroy(stack(terraform, session=account), Recorder(), Consent(stack="shop-dev"))


def test_the_values_of_variables_are_passed_to_every_plan(tmp_path: Path) -> None:
    """From the state, as long as the service does not change."""
    terraform = FakeTerraform(tmp_path, state=service_state(force_new_deployment=True))
    written = synthesized("shop-dev", "dev", tmp_path, {**CONFIGURATION, **SERVICE})
    ready = replace(stack(terraform), synthesized=written)

    plan(ready, Recorder(), tmp_path / "plan")
    assert terraform.variables == {"web_force_new_deployment": "true"}

    plan(ready, Recorder(), tmp_path / "plan", destroy=True)
    assert terraform.variables == {"web_force_new_deployment": "true"}
    assert terraform.calls == ["pull_state", "plan", "plan"]


def test_resources_of_an_unfinished_apply_are_imported_and_completed(tmp_path: Path, account: boto3.Session) -> None:
    left = Unfinished("interrupted", {"aws_lb.main": "arn:aws:lb"}, ("aws_eip.nat",))
    terraform, reporter = FakeTerraform(tmp_path, [CREATE_QUEUE]), Recorder()

    deploy(stack(terraform, unfinished=left, session=account), reporter, YES, timeout=None)

    assert terraform.imported == {"aws_lb.main": "arn:aws:lb"}
    assert terraform.untainted == ["aws_eip.nat"]
    assert reporter.messages[0] == "Keeping aws_eip.nat, which the last deploy did not complete"


@pytest.mark.parametrize(
    ("unfinished", "closes"),
    [(Unfinished(), False), (Unfinished("failed"), True), (Unfinished(adopting=True), True)],
)
def test_after_an_unfinished_apply_its_security_groups_are_closed(
    tmp_path: Path, account: boto3.Session, unfinished: Unfinished, closes: bool
) -> None:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    ec2.create_security_group(
        GroupName="web-shop-dev",
        Description="x",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],  # type: ignore[list-item]
    )
    reporter = Recorder()

    deploy(
        stack(FakeTerraform(tmp_path, [CREATE_QUEUE]), unfinished=unfinished, session=account),
        reporter,
        YES,
        timeout=None,
    )

    closed = "Closed the security group web-shop-dev, which the last deploy left open"
    assert (closed in reporter.messages) is closes


def test_each_module_is_called_at_most_twice(tmp_path: Path, account: boto3.Session) -> None:
    """The call path stays short: each fact is looked up once and passed on."""
    terraform = FakeTerraform(tmp_path, [CREATE_QUEUE], state=service_state())
    unfinished = Unfinished("failed", {"aws_lb.main": "arn:aws:lb"})
    ready = replace(stack(terraform, session=account), unfinished=unfinished)
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: object) -> None:
        caller = frame.f_back
        if event != "call" or caller is None or caller.f_globals.get("__name__") != module.__name__:
            return
        called = str(frame.f_globals.get("__name__"))
        # All steps report; resuming a generator is not a call.
        own = called.startswith(("operations.", "stacks.")) and called not in (module.__name__, "operations.reporter")
        if own and frame.f_lasti <= 2:
            calls[called] += 1

    sys.setprofile(count)
    try:
        with pytest.raises(AwsError):  # the cluster does not exist
            deploy(ready, Recorder(), YES, timeout=1)
    finally:
        sys.setprofile(None)

    assert {name for name, number in calls.items() if number > 2} == set(), calls
    assert calls["operations.plan.make"] > 0


def test_a_plan_without_changes_is_read_only_with_details(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path)

    plan(stack(terraform), Recorder(), tmp_path / "plan")
    plan(stack(terraform), Recorder(), tmp_path / "plan", details=True)

    assert terraform.calls == ["pull_state", "plan", "pull_state", "plan", "show"]


STOPPED = Stopped(datetime(2026, 1, 31, 20, 0, tzinfo=UTC))


def test_a_stopped_environment_is_not_deployed(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, [CREATE_QUEUE])

    with pytest.raises(TerraformError) as refused:
        deploy(stack(terraform, stopped=STOPPED), Recorder(True), YES, timeout=None)
    assert sentences(refused.value) == (
        "shop-dev: the environment has been stopped since 2026-01-31T20:00:00Z, and a deploy would start a part of it; "
        "start it first: `ecsforge start`"
    )
    assert terraform.calls == []


def test_the_plan_of_a_stopped_environment_says_so(tmp_path: Path) -> None:
    reporter = Recorder()

    plan(stack(FakeTerraform(tmp_path, [CREATE_QUEUE]), stopped=STOPPED), reporter, tmp_path / "plan")

    assert reporter.warnings == [
        "shop-dev: the environment has been stopped since 2026-01-31T20:00:00Z, so the plan also shows what was "
        "stopped; deploy refuses until `ecsforge start --env dev`"
    ]
