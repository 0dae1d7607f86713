"""A command runs once in a task of its own; see `tests.support.emulator_with_tasks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.deploy.release_images import WantedImage
from operations.services.one_off import MOST_OVERRIDES, OneOff, run_once
from operations.services.stop import stop
from operations.tasks.result import TaskResult
from stacks.errors import AwsError, EcsforgeError, UsageError
from tests.operations.services.conftest import Open
from tests.support.deployed import Deployed
from tests.support.emulator_with_tasks import EmulatorWithTasks
from tests.support.fake_tasks import Clock
from tests.support.faults import Fault, faulty
from tests.support.reporter import Recorder


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorWithTasks]:
    with EmulatorWithTasks() as running:
        yield running


@pytest.fixture
def logging(deployed: Deployed) -> Deployed:
    """The environment, whose service `web` and job run a definition with logs and a secret."""
    deployed.deploy("web", deployed.register_with_logs("web"))
    deployed.register_with_logs("cleanup")
    return deployed


def run(
    opened: Open,
    *command: str,
    service: str = "web",
    reporter: Recorder | None = None,
    consent: Consent | None = None,
    clock: Clock | None = None,
    settings: dict[str, Any] | None = None,
    on_line: Callable[[str], None] = lambda line: None,
    **what: Any,
) -> TaskResult | None:
    clock = clock or Clock()
    return run_once(
        opened(service, **(settings or {})),
        service,
        OneOff(command, **what),
        reporter or Recorder(),
        consent or Consent(),
        on_line,
        sleep=clock.sleep,
        clock=clock,
    )


def refused(opened: Open, *command: str, error: type[EcsforgeError] = AwsError, **options: Any) -> str:
    with pytest.raises(error) as raised:
        run(opened, *command, **options)
    return sentences(raised.value)


def tasks(deployed: Deployed) -> list[dict[str, Any]]:
    """All tasks that were started, with what RunTask was given."""
    ecs, cluster = deployed.aws("ecs"), deployed.names.cluster
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
    ]
    return list(ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]) if arns else []


def test_a_command_runs_as_the_service_and_its_lines_are_passed_on(logging: Deployed, opened: Open) -> None:
    lines: list[str] = []
    reporter = Recorder()

    result = run(opened, "emulated", "print=one|two", reporter=reporter, on_line=lines.append)

    (task,) = tasks(logging)
    assert result is not None
    assert (result.exit_code, lines) == (0, ["one", "two"])
    assert task["taskDefinitionArn"].endswith("/web-shop-dev:2")
    assert reporter.messages == [
        f"Running `emulated 'print=one|two'` of web-shop-dev:2 as task {result.task.id}",
    ]


def test_the_exit_code_is_that_of_the_container(logging: Deployed, opened: Open) -> None:
    result = run(opened, "emulated", "exit=3")

    assert result is not None
    assert result.exit_code == 3


def test_a_job_runs_what_its_schedule_runs(logging: Deployed, opened: Open) -> None:
    logging.complete_schedule(2)
    reporter = Recorder()

    result = run(opened, service="cleanup", reporter=reporter)

    assert result is not None
    assert result.exit_code == 0
    assert reporter.messages == [f"Running the default command of cleanup-shop-dev:2 as task {result.task.id}"]


def test_the_overrides_are_those_of_the_options(
    logging: Deployed, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = opened("web")
    requests: list[Any] = []
    environment.session.events.register(
        "provide-client-params.ecs.RunTask", lambda params, **_: requests.append(params)
    )
    clock = Clock()

    what = OneOff(("emulated",), 1024, 4096, {"LEVEL": "debug", "EMPTY": ""})
    run_once(environment, "web", what, Recorder(), Consent(), lambda line: None, sleep=clock.sleep, clock=clock)

    (request,) = requests
    assert request["overrides"] == {
        "containerOverrides": [
            {
                "name": "web",
                "command": ["emulated"],
                "environment": [{"name": "LEVEL", "value": "debug"}, {"name": "EMPTY", "value": ""}],
            }
        ],
        "cpu": "1024",
        "memory": "4096",
    }
    assert "debug" not in repr(what)


@pytest.mark.parametrize(
    ("size", "got", "nearest"),
    [
        ({"cpu": 300}, "300 CPU units with 512 MiB", "--cpu 256 --memory 512"),
        ({"memory": 4096}, "256 CPU units with 4096 MiB", "--cpu 512 --memory 4096"),
        ({"cpu": 1024, "memory": 1024}, "1024 CPU units with 1024 MiB", "--cpu 1024 --memory 2048"),
    ],
)
def test_a_size_that_fargate_does_not_have(
    logging: Deployed, opened: Open, size: dict[str, int], got: str, nearest: str
) -> None:
    assert refused(opened, "emulated", error=UsageError, **size) == (
        f"--cpu, --memory: not a size of Fargate tasks; got {got}; the nearest is {nearest}"
    )
    assert tasks(logging) == []


def test_a_variable_with_the_name_of_a_secret(logging: Deployed, opened: Open) -> None:
    message = refused(opened, "emulated", error=UsageError, env_vars={"TOKEN": "hunter2"})

    assert message == (
        "--env-var: the service gets this variable from a secret; got TOKEN; leave it out, or use another name"
    )


def test_a_command_that_is_too_long(logging: Deployed, opened: Open) -> None:
    message = refused(opened, "x" * MOST_OVERRIDES, error=UsageError)

    assert message == (
        "the command and the variables are longer than ECS accepts: 8192 characters as JSON; got 8250; put them into a "
        "file of the image, or into S3"
    )


def families(deployed: Deployed, status: str) -> list[str]:
    arns = deployed.aws("ecs").list_task_definitions(familyPrefix="web-shop-dev_run", status=status)
    return [arn.rpartition("/")[2] for arn in arns["taskDefinitionArns"]]


def test_another_image_has_a_revision_that_is_deregistered_afterwards(logging: Deployed, opened: Open) -> None:
    reporter = Recorder()

    run(opened, "emulated", reporter=reporter, image=WantedImage.parse("nginx:1.28", None))

    (task,) = tasks(logging)
    found = logging.aws("ecs").describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
    assert (found["family"], found["containerDefinitions"][0]["image"]) == (
        "web-shop-dev_run",
        "docker.io/library/nginx:1.28",
    )
    assert (families(logging, "ACTIVE"), families(logging, "INACTIVE")) == ([], ["web-shop-dev_run:1"])
    assert reporter.warnings == []


def test_an_interrupt_stops_the_task_and_deregisters_its_revision(logging: Deployed, opened: Open) -> None:
    reporter = Recorder()

    with pytest.raises(KeyboardInterrupt):
        run(
            opened,
            "emulated",
            "polls=99",
            reporter=reporter,
            clock=Clock(interrupt_at=3),
            image=WantedImage.parse("nginx:1.28", None),
        )

    (task,) = tasks(logging)
    assert task["desiredStatus"] == "STOPPED"
    assert reporter.warnings == [f"stopped task {task['taskArn'].rpartition('/')[2]}"]
    assert families(logging, "ACTIVE") == []


def test_a_closed_output_stops_the_task(logging: Deployed, opened: Open) -> None:
    def close(line: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(opened, "emulated", "polls=99", on_line=close)

    (task,) = tasks(logging)
    assert task["desiredStatus"] == "STOPPED"


def test_a_command_that_takes_too_long(logging: Deployed, opened: Open) -> None:
    message = refused(opened, "emulated", "polls=99", timeout=60)

    (task,) = tasks(logging)
    assert message.splitlines() == [
        "service `web`: `emulated polls=99` did not end within 1 min and was stopped; pass a longer --timeout",
        f"  task {task['taskArn'].rpartition('/')[2]}",
    ]


def test_a_command_may_take_any_time(logging: Deployed, opened: Open) -> None:
    result = run(opened, "emulated", "polls=300")

    assert result is not None
    assert result.exit_code == 0


def test_a_task_that_ecs_does_not_start(logging: Deployed, opened: Open) -> None:
    assert refused(opened, "emulated", "fails=RESOURCE:ENI").startswith(
        "service `web`: ECS did not start the task; got RESOURCE:ENI; the subnets have no free address"
    )


def test_a_protected_environment_asks(logging: Deployed, opened: Open) -> None:
    reporter = Recorder(answer="no")

    assert run(opened, "emulated", reporter=reporter, settings={"protected": True}) is None

    assert reporter.asked == ["dev is protected. To run a task of web, type shop-dev"]
    assert tasks(logging) == []


def test_a_stopped_environment(logging: Deployed, opened: Open) -> None:
    stop(opened(), Recorder(), Consent(), timeout=None)

    message = refused(opened, "emulated")

    assert message.startswith("shop-dev: the environment has been stopped since ")
    assert message.endswith("; start it first: `ecsforge start`")


def test_an_environment_that_is_not_deployed(logging: Deployed, opened: Open) -> None:
    environment = opened("web", project_id="other")

    with pytest.raises(AwsError) as raised:
        run_once(environment, "web", OneOff(), Recorder(), Consent(), lambda line: None)

    assert sentences(raised.value) == (
        "other-dev: the environment is not deployed: ECS cluster web-cluster-other-dev does not exist in eu-west-1, "
        "account 123456789012; deploy it first: ecsforge deploy --env dev"
    )


def test_a_deregistered_definition(logging: Deployed, opened: Open) -> None:
    logging.aws("ecs").deregister_task_definition(taskDefinition="web-shop-dev:2")

    assert refused(opened, "emulated") == (
        "service `web`: the task definition that it runs is deregistered, so ECS starts no more tasks from it; got "
        "web-shop-dev:2; deploy it again: `ecsforge deploy`"
    )


@pytest.mark.parametrize(
    "fault",
    [Fault(400, "ThrottlingException", "Rate exceeded"), Fault(500, "ServerException", "Service is unavailable")],
)
def test_a_fault_of_ecs_starts_nothing(
    logging: Deployed, opened: Open, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    with faulty(logging.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail("RunTask", fault=fault)

        message = refused(opened, "emulated")

    assert message.startswith(f"service `web`: AWS refused RunTask; got {fault.code}: {fault.message}")
    assert tasks(logging) == []


def test_a_revision_that_can_not_be_deregistered_is_named(
    logging: Deployed, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = Recorder()
    with faulty(logging.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        faults.fail("DeregisterTaskDefinition", fault=Fault(400, "AccessDeniedException", "no"))

        result = run(opened, "emulated", reporter=reporter, image=WantedImage.parse("nginx:1.28", None))

    assert result is not None
    assert reporter.warnings == [
        "deregistering web-shop-dev_run:1: AWS refused DeregisterTaskDefinition; got AccessDeniedException: no; "
        "deregister it with `aws ecs deregister-task-definition --task-definition web-shop-dev_run:1`"
    ]
