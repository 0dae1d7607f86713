"""RunTask, and why ECS does not start a task."""

from __future__ import annotations

from dataclasses import replace

import botocore.session
import pytest
from botocore.validate import ParamValidator

from cli.sentences import sentences
from operations.tasks.start import ROLE_SECONDS, start
from stacks.errors import AwsError
from tests.support.fake_tasks import DEFINITION, REQUEST, TASK, Clock, FakeTasks, refused, task

WHERE = "services.web.deployment.before[0]"


def error(tasks: FakeTasks) -> str:
    clock = Clock()
    with pytest.raises(AwsError) as raised:
        start(tasks, REQUEST, sleep=clock.sleep, clock=clock)
    return sentences(raised.value)


def test_the_request_is_that_of_the_service_on_demand() -> None:
    tasks = FakeTasks(task("RUNNING"))

    assert start(tasks, REQUEST) == TASK
    assert tasks.requests == [
        {
            "cluster": "cluster",
            "taskDefinition": DEFINITION,
            "count": 1,
            "launchType": "FARGATE",
            "platformVersion": "LATEST",
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": ["subnet-a", "subnet-b"],
                    "securityGroups": ["sg-1"],
                    "assignPublicIp": "DISABLED",
                }
            },
            "overrides": {"containerOverrides": [{"name": "web", "command": ["npm", "run", "migrate"]}]},
            "enableECSManagedTags": True,
            "propagateTags": "TASK_DEFINITION",
            "startedBy": f"ecsforge/{'t' * 32}",
            "clientToken": "t" * 32,
        }
    ]


def test_the_request_is_one_that_the_api_knows() -> None:
    model = botocore.session.get_session().get_service_model("ecs").operation_model("RunTask").input_shape
    public = replace(REQUEST, public_ip=True, command=())

    for request in (REQUEST, public):
        assert not ParamValidator().validate(request.arguments, model).has_errors()
    assert public.arguments["overrides"] == {"containerOverrides": [{"name": "web"}]}


def test_a_request_overrides_what_it_sets() -> None:
    request = replace(REQUEST, command=(), env_vars={"LEVEL": "debug"}, cpu=512, memory=1024)

    assert request.overrides == {
        "containerOverrides": [{"name": "web", "environment": [{"name": "LEVEL", "value": "debug"}]}],
        "cpu": "512",
        "memory": "1024",
    }
    assert "debug" not in repr(request)


def test_two_runs_have_two_tokens_and_one_run_has_one() -> None:
    first, second = (
        replace(REQUEST, token=type(REQUEST).__dataclass_fields__["token"].default_factory()) for _ in "ab"
    )

    assert first.token != second.token
    assert first.arguments["clientToken"] == first.arguments["clientToken"]


REASONS = {
    "Capacity is unavailable at this time. Please try again later or in a different availability zone": (
        "Fargate has no capacity in these availability zones: try again in some minutes, or use more zones"
    ),
    "RESOURCE:ENI": (
        "the subnets have no free address, or the account no free network interface: use larger subnets, or raise the "
        "quota `Network interfaces per Region`"
    ),
    "You've reached the limit on the number of vCPUs you can run concurrently": (
        "raise the quota `Fargate On-Demand vCPU resource count` of the account, or stop other tasks"
    ),
    "ACCESS_DENIED": "allow ecs:RunTask for the user or role that deploys",
    "SOMETHING": "fix the reported cause",
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_failure_of_run_task_has_advice(reason: str) -> None:
    tasks = FakeTasks(task("RUNNING"))
    tasks.started = [{"tasks": [], "failures": [{"arn": "a", "reason": reason, "detail": "more."}]}]

    assert error(tasks) == f"{WHERE}: ECS did not start the task; got {reason}: more; {REASONS[reason]}"


def test_a_refused_request_has_advice() -> None:
    tasks = FakeTasks(task("RUNNING"))
    message = "User is not authorized to perform: iam:PassRole on resource: arn"
    tasks.started = [refused("RunTask", "AccessDeniedException", message)]

    assert error(tasks) == (
        f"{WHERE}: AWS refused RunTask; got AccessDeniedException: {message}; allow iam:PassRole on the task's roles "
        "for the user or role that deploys"
    )


def test_a_role_that_was_just_created_is_tried_again() -> None:
    tasks, clock = FakeTasks(task("RUNNING")), Clock()
    unknown = refused("RunTask", "ClientException", "ECS was unable to assume the role 'arn:x' that was provided")
    tasks.started = [unknown, unknown, {"tasks": [{"taskArn": TASK}], "failures": []}]

    assert start(tasks, REQUEST, sleep=clock.sleep, clock=clock) == TASK
    assert clock.now == 10


def test_a_role_that_can_not_be_assumed_is_an_error_after_a_while() -> None:
    tasks, clock = FakeTasks(task("RUNNING")), Clock()
    tasks.started = [refused("RunTask", "ClientException", "ECS was unable to assume the role 'arn:x'")]

    with pytest.raises(AwsError) as raised:
        start(tasks, REQUEST, sleep=clock.sleep, clock=clock)

    assert clock.now >= ROLE_SECONDS
    assert "check the trust policy of the task's roles" in sentences(raised.value)
