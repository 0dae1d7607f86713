"""Running tasks of what an apply removes are stopped when nothing starts new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations.advice import advice_for
from operations.deploy.consent import Consent
from operations.deploy.deploy import deploy, destroy
from operations.deploy.running_tasks import stop_tasks
from operations.terraform.stream import Outputs, Planned, Step, StepState
from stacks.errors import TerraformError
from stacks.project.models import Project
from tests.operations.deploy.test_deploy import YES, stack
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder

CLUSTER = "web-cluster-shop-dev"
SCHEDULE = "aws_scheduler_schedule.nightly"
PROJECT = Project.model_validate(
    {
        "project_id": "shop",
        "env": "dev",
        "region": "eu-west-1",
        "services": {"web": {}, "nightly": {"type": "job", "schedule": "rate(1 day)"}},
    }
)
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/"
STATE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "type": kind,
            "name": name,
            "instances": [{"attributes": attributes}],
        }
        for kind, name, attributes in (
            ("aws_ecs_task_definition", "web", {"family": "web-shop-dev"}),
            ("aws_ecs_task_definition", "nightly", {"family": "nightly-shop-dev"}),
            ("aws_ecs_service", "web", {"task_definition": f"{DEFINITION}web-shop-dev:3"}),
            (
                "aws_scheduler_schedule",
                "nightly",
                {"target": [{"ecs_parameters": [{"task_definition_arn": f"{DEFINITION}nightly-shop-dev:7"}]}]},
            ),
        )
    ],
}
EVERYTHING = (
    ("aws_ecs_service", "web"),
    ("aws_scheduler_schedule", "nightly"),
    ("aws_ecs_task_definition", "web"),
    ("aws_ecs_task_definition", "nightly"),
    ("aws_ecs_cluster", "web_cluster"),
)
JOB = (("aws_scheduler_schedule", "nightly"), ("aws_ecs_task_definition", "nightly"))


class Destroying(FakeTerraform):
    """A Terraform that destroys resources; `at` is called with each step of its apply that a test is about."""

    def __init__(self, folder: Path, removed: Sequence[tuple[str, str]], *, keeps: bool = False) -> None:
        kept = [("aws_sqs_queue", name, "no-op") for name in ("a", "b", "c") if keeps]
        changes = [Planned(f"{kind}.{name}", kind, name, "delete") for kind, name in removed]
        planned = [
            {
                "address": f"{kind}.{name}",
                "type": kind,
                "mode": "managed",
                "change": {"actions": [action], "before": {}, "after": None},
            }
            for kind, name, action in [*((*each, "delete") for each in removed), *kept]
        ]
        shown = {"planned_values": {}, "resource_changes": planned}
        super().__init__(folder, changes, shown=shown, state=STATE)
        self.steps: list[tuple[str, StepState]] = []
        self.before: dict[int, Callable[[], object]] = {}

    def apply(self, plan: Path, *, on_event: Callable[[Any], None]) -> Outputs:
        for number, (address, state) in enumerate(self.steps):
            self.before.get(number, lambda: None)()
            kind, _, name = address.partition(".")
            on_event(Step(address, kind, name, "delete", state))
        return super().apply(plan, on_event=on_event)


@pytest.fixture
def run(account: boto3.Session) -> Callable[[str], str]:
    """`run(family)` starts a task of the family and returns its ID."""
    ec2, ecs = account.client("ec2"), account.client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    network: Any = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": []}}

    def started(family: str) -> str:
        ecs.register_task_definition(
            family=family,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "main", "image": "app:1", "memory": 512}],
        )
        answer = ecs.run_task(
            cluster=CLUSTER, taskDefinition=family, launchType="FARGATE", networkConfiguration=network
        )
        return str(answer["tasks"][0]["taskArn"]).rpartition("/")[2]

    return started


def statuses(account: boto3.Session, *tasks: str) -> list[str]:
    found = account.client("ecs").describe_tasks(cluster=CLUSTER, tasks=list(tasks))["tasks"]
    return [str(each["desiredStatus"]) for each in found]


def refuse(account: boto3.Session, operation: str) -> None:
    """Let clients of the session refuse an operation, as IAM does."""

    def refused(params: object, **more: object) -> None:
        from botocore.exceptions import ClientError

        message = f"User: arn:aws:sts::1:x is not authorized to perform: ecs:{operation} on resource: *"
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, operation)

    account.events.register(f"before-parameter-build.ecs.{operation}", refused)


def test_a_destroy_stops_the_running_task_of_a_job_when_its_schedule_is_gone(
    tmp_path: Path, account: boto3.Session, run: Callable[[str], str]
) -> None:
    task, other = run("nightly-shop-dev"), run("nightly-shop-prod")
    terraform, reporter = Destroying(tmp_path, EVERYTHING), Recorder()
    terraform.steps = [(SCHEDULE, "started"), (SCHEDULE, "done")]
    during: list[str] = []
    terraform.before = {1: lambda: during.extend(statuses(account, task))}

    assert destroy(stack(terraform, PROJECT, session=account), reporter, Consent(stack="shop-dev"))

    risks = {each.address: each.risk.text for each in reporter.plans[0].risks if each.risk is not None}
    assert risks[SCHEDULE] == "a running task of the job stops"
    assert during == ["RUNNING"]
    assert statuses(account, task, other) == ["STOPPED", "RUNNING"]
    assert reporter.messages[0] == f"Stopped 1 running task of nightly-shop-dev: {task}"
    stopped = account.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[task])["tasks"][0]
    assert stopped["stoppedReason"] == "ecsforge removed what started this task"


def test_a_run_that_begins_while_the_schedule_is_deleted_is_stopped_too(
    tmp_path: Path, account: boto3.Session, run: Callable[[str], str]
) -> None:
    terraform, reporter = Destroying(tmp_path, EVERYTHING), Recorder()
    terraform.steps = [(SCHEDULE, "done"), ("aws_security_group.nightly", "progress")]
    late: list[str] = []
    terraform.before = {1: lambda: late.append(run("nightly-shop-dev"))}

    destroy(stack(terraform, PROJECT, session=account), reporter, Consent(stack="shop-dev"))

    assert statuses(account, *late) == ["STOPPED"]
    assert reporter.messages[0] == f"Stopped 1 running task of nightly-shop-dev: {late[0]}"


def test_single_tasks_of_a_service_are_stopped_when_the_service_is_gone(
    tmp_path: Path, account: boto3.Session, run: Callable[[str], str]
) -> None:
    tasks = [run("web-shop-dev"), run("web-shop-dev")]
    terraform, reporter = Destroying(tmp_path, EVERYTHING), Recorder()
    terraform.steps = [("aws_ecs_service.web", "done")]

    destroy(stack(terraform, PROJECT, session=account), reporter, Consent(stack="shop-dev"))

    assert statuses(account, *tasks) == ["STOPPED", "STOPPED"]
    assert reporter.messages[0].startswith("Stopped 2 running tasks of web-shop-dev: ")


def test_a_deploy_that_removes_a_job_stops_only_its_tasks(
    tmp_path: Path, account: boto3.Session, run: Callable[[str], str]
) -> None:
    job, web = run("nightly-shop-dev"), run("web-shop-dev")
    terraform = Destroying(tmp_path, JOB, keeps=True)
    terraform.steps = [(SCHEDULE, "done"), ("aws_ecs_service.web", "done")]

    deploy(stack(terraform, session=account), Recorder(), YES, timeout=None)

    assert statuses(account, job, web) == ["STOPPED", "RUNNING"]


def test_a_destroy_after_an_interrupted_one_stops_tasks_before_it_begins(
    tmp_path: Path, account: boto3.Session, run: Callable[[str], str]
) -> None:
    task = run("nightly-shop-dev")
    terraform = Destroying(tmp_path, [("aws_ecs_cluster", "web_cluster")])
    terraform.steps = [("aws_ecs_cluster.web_cluster", "started")]
    during: list[str] = []
    terraform.before = {0: lambda: during.extend(statuses(account, task))}

    destroy(stack(terraform, PROJECT, session=account), Recorder(), Consent(stack="shop-dev"))

    assert during == ["STOPPED"]


def test_tasks_run_on_when_their_schedule_could_not_be_deleted(
    tmp_path: Path, account: boto3.Session, run: Callable[[str], str]
) -> None:
    class Failing(Destroying):
        def apply(self, plan: Path, *, on_event: Callable[[Any], None]) -> Outputs:
            super().apply(plan, on_event=on_event)
            raise TerraformError.of("destroying", "AccessDenied")

    task = run("nightly-shop-dev")
    terraform = Failing(tmp_path, EVERYTHING)
    terraform.steps = [(SCHEDULE, "failed"), ("aws_security_group.nightly", "progress")]

    with pytest.raises(TerraformError):
        destroy(stack(terraform, PROJECT, session=account), Recorder(), Consent(stack="shop-dev"))

    assert statuses(account, task) == ["RUNNING"]


@pytest.mark.parametrize("operation", ["ListTasks", "StopTask"])
def test_without_the_permission_a_warning_has_the_commands(
    tmp_path: Path, account: boto3.Session, run: Callable[[str], str], operation: str
) -> None:
    run("nightly-shop-dev")
    terraform, reporter = Destroying(tmp_path, EVERYTHING), Recorder()
    terraform.steps = [
        (SCHEDULE, "done"),
        ("aws_ecs_service.web", "started"),
        ("aws_security_group.nightly", "progress"),
    ]
    refuse(account, operation)

    assert destroy(stack(terraform, PROJECT, session=account), reporter, Consent(stack="shop-dev"))

    assert reporter.warnings == [
        f"stopping the tasks of nightly-shop-dev: AWS refused {operation}; got AccessDeniedException: User: "
        f"arn:aws:sts::1:x is not authorized to perform: ecs:{operation} on resource: *; stop them: `aws ecs "
        "list-tasks --cluster web-cluster-shop-dev --family nightly-shop-dev`, then `aws ecs stop-task --cluster "
        "web-cluster-shop-dev --task ID` for each; or allow ecs:ListTasks and ecs:StopTask for the user or role that "
        "deploys"
    ]


def test_without_a_cluster_there_is_nothing_to_stop(account: boto3.Session) -> None:
    assert stop_tasks(account.client("ecs"), CLUSTER, "web-shop-dev") == []


def test_tasks_of_others_in_the_cluster_are_named_as_the_cause() -> None:
    text = "ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active."

    assert advice_for(text, applying=True) == (
        "tasks run in the cluster that this stack did not start: stop them with `aws ecs stop-task`, then run the same "
        "command again; completed changes are kept"
    )
