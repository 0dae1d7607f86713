"""The output of `status`: a table and details on a terminal, one line per service on a pipe, or JSON."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cli.console import Console
from cli.views.status import fields, rendered, show
from cli.views.status_json import report_json
from operations.health.model import (
    Alarm,
    Job,
    LoadBalancerTarget,
    NewerRevision,
    Queue,
    ResourceHealth,
    Revision,
    Run,
    ServiceHealth,
    StackHealth,
)
from operations.health.services import Deployment, EcsService, ServiceEvent
from operations.health.stopped import Stopped
from operations.health.stopped_tasks import StoppedTask

WHEN = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NOW = WHEN + timedelta(minutes=5)
NEXT = NOW + timedelta(hours=5, minutes=5)
DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
DEPLOYMENT = Deployment("task-definition/web-shop-dev:8", "IN_PROGRESS", "", 2, 3, 1, WHEN, WHEN)
ECS = EcsService(
    "web-service-shop-dev",
    running=2,
    desired=3,
    pending=1,
    deployments=(DEPLOYMENT,),
    events=tuple(ServiceEvent(WHEN, f"event {number}") for number in range(7)),
)
REASON = "CannotPullContainerError: \x1b[31mno\x1b[0m"
WEB = ServiceHealth(
    "web",
    "web",
    ecs=ECS,
    revisions=(Revision("web-shop-dev:7", 2, {"web": f"nginx:1.27@{DIGEST}", "metrics": "otel:1"}),),
    targets=(
        LoadBalancerTarget("10.0.0.10:80", "healthy", ""),
        LoadBalancerTarget("10.0.0.11:80", "initial", "Elb.RegistrationInProgress"),
    ),
    stopped=(
        StoppedTask("1a2b3c4d5e6f", "task-definition/web-shop-dev:8", "TaskFailedToStart", REASON, stopped_at=WHEN),
    ),
    alarms=(Alarm("shop-dev-web-cpu-percent", "OK", "", WHEN),),
)
MAILER = ServiceHealth(
    "mailer", "worker", ecs=EcsService("mailer", running=1, desired=1), queue=Queue("q", 7, 2, 125), dead_letters=0
)
CLEANUP = ServiceHealth(
    "cleanup",
    "job",
    dead_letters=0,
    job=Job(
        "cron(0 3 * * ? *)",
        "UTC",
        True,
        NEXT,
        Run("failed", "1a2b3c4d5e6f", WHEN, WHEN, "exit code 1"),
        task_definition="cleanup-shop-dev:4",
    ),
)
ENDED = "container `web` exit code 1: the program failed"
LONG_AGO = Run("succeeded", "1a2b3c4d5e6f", WHEN, WHEN, "Essential container in task exited")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def stack(*services: ServiceHealth) -> StackHealth:
    return StackHealth("shop-dev", "dev", "eu-west-1", "123456789012", "web-cluster-shop-dev", services)


def shown(monkeypatch: pytest.MonkeyPatch, *services: ServiceHealth, screen: io.StringIO | None = None) -> str:
    screen = screen or Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "140")
    show(stack(*services), Console(no_color=True), NOW)
    return "".join(f"{line.rstrip()}\n" for line in screen.getvalue().splitlines())


def test_a_terminal_shows_a_table_and_details(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, WEB, MAILER, CLEANUP) == (
        "Service  State      Tasks     Runs                                           Last deployment\n"
        "web      UNHEALTHY  2/3 (+1)  web-shop-dev:7 nginx:1.27@0123456789ab otel:1  5 min ago\n"
        "mailer   healthy    1/1       -                                              -\n"
        "cleanup  UNHEALTHY  -         cleanup-shop-dev:4                             -\n"
        "\n"
        "web\n"
        "  problem         2 of 3 tasks running, 1 pending\n"
        "  deployment      IN_PROGRESS 66% of web-shop-dev:8, 1 task failed, started 5 min ago\n"
        "                  5 min ago: event 4\n"
        "                  5 min ago: event 3\n"
        "                  5 min ago: event 2\n"
        "                  5 min ago: event 1\n"
        "                  5 min ago: event 0\n"
        "  load balancer   1 of 2 targets healthy\n"
        "                  10.0.0.11:80 initial Elb.RegistrationInProgress\n"
        "  alarm           shop-dev-web-cpu-percent OK, 5 min ago\n"
        "  stopped task    1a2b3c4d 5 min ago, it could not start: CannotPullContainerError: no\n"
        "                  next: check the image's name and tag, and that the tasks can reach its registry\n"
        "\n"
        "mailer\n"
        "  queue           7 waiting, the oldest for 2 min, 2 in flight\n"
        "  dead letters    0\n"
        "\n"
        "cleanup\n"
        "  problem         the last run failed: exit code 1\n"
        "  schedule        cron(0 3 * * ? *) UTC\n"
        "  next run        in 5 h, at 2026-01-02T17:10:00Z\n"
        "  last run        failed 5 min ago 1a2b3c4d exit code 1\n"
        "                  next: read its last lines: ecsforge logs cleanup --task 1a2b3c4d --since 2h\n"
        "  dead letters    0\n"
    )


def test_a_terminal_shows_the_status_of_a_cluster_that_is_not_active(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)

    show(replace(stack(), cluster_status="PROVISIONING"), Console())

    assert screen.getvalue().startswith("cluster web-cluster-shop-dev: PROVISIONING\n\n")


def test_a_pipe_has_one_line_per_service(monkeypatch: pytest.MonkeyPatch) -> None:
    image = f"nginx:1.27@{DIGEST},otel:1"

    assert shown(monkeypatch, WEB, MAILER, CLEANUP, screen=io.StringIO()) == (
        f"web\tweb\tunhealthy\t2\t3\t1\tweb-shop-dev:7\t{image}\tIN_PROGRESS\t66%\t2026-01-02T12:00:00Z\t1/2\t-\t-\t-\t-\t"
        "2 of 3 tasks running, 1 pending\t-\t-\t-\n"
        "mailer\tworker\thealthy\t1\t1\t0\t-\t-\t-\t-\t-\t-\t7\t0\t-\t-\t-\t-\t125\t-\n"
        "cleanup\tjob\tunhealthy\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t0\t2026-01-02T17:10:00Z\tfailed\t"
        "the last run failed: exit code 1\t-\t-\t-\n"
    )


@pytest.mark.parametrize("service", [WEB, MAILER, CLEANUP, ServiceHealth("web", "web", missing=("the ECS service",))])
def test_every_line_has_the_same_columns(service: ServiceHealth) -> None:
    assert len(fields(service)) == 20


def test_text_from_aws_adds_neither_a_column_nor_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = LoadBalancerTarget("10.0.0.10:80", "unhealthy", "one\ttwo\nthree\x1b[2J")

    lines = shown(monkeypatch, replace(WEB, targets=(bad,)), screen=io.StringIO()).splitlines()

    assert [line.count("\t") for line in lines] == [19]


def test_a_deployment_in_progress_is_not_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "web      deploying  3/3 " in shown(
        monkeypatch, replace(WEB, ecs=replace(ECS, running=3, pending=0)), MAILER
    )


@pytest.mark.parametrize(
    ("job", "line"),
    [
        (Job("rate(1 hour)", "UTC", False, None, None), "  schedule        rate(1 hour) UTC, disabled\n"),
        (Job("rate(1 hour)", "UTC", True, None, None), "  last run        none yet\n"),
        (
            Job("rate(1 hour)", "UTC", True, None, LONG_AGO),
            "  last run        succeeded 5 min ago 1a2b3c4d\n",
        ),
    ],
)
def test_a_job_has_its_schedule_and_its_last_run(monkeypatch: pytest.MonkeyPatch, job: Job, line: str) -> None:
    assert line in shown(monkeypatch, ServiceHealth("cleanup", "job", job=job))


def test_json_has_every_field_in_its_own_form() -> None:
    failed = replace(DEPLOYMENT, state="FAILED", reason="tasks failed to start.", primary=False)
    web = replace(WEB, ecs=replace(ECS, deployments=(DEPLOYMENT, failed)))

    found = report_json(stack(web, MAILER, CLEANUP))

    assert found["healthy"] is False
    services = {service["name"]: service for service in found["services"]}
    assert [(name, each["healthy"]) for name, each in services.items()] == [
        ("web", False),
        ("mailer", True),
        ("cleanup", False),
    ]
    assert services["web"]["problems"] == [
        "2 of 3 tasks running, 1 pending",
        "the deployment of web-shop-dev:8 failed (tasks failed to start)",
    ]
    assert services["web"]["deployment"] == {
        "state": "IN_PROGRESS",
        "reason": "",
        "percent": 66,
        "task_definition": "web-shop-dev:8",
        "failed_tasks": 1,
        "started_at": "2026-01-02T12:00:00Z",
        "updated_at": "2026-01-02T12:00:00Z",
    }
    assert services["web"]["rolled_back"] == services["web"]["deployment"] | {
        "state": "FAILED",
        "reason": "tasks failed to start.",
    }
    assert services["web"]["stopped"] == [
        {
            "task": "1a2b3c4d5e6f",
            "stopped_at": "2026-01-02T12:00:00Z",
            "reason": REASON,
            "crashed": True,
            "advice": "check the image's name and tag, and that the tasks can reach its registry",
            "explanation": f"it could not start: {REASON}",
            "next_step": "check the image's name and tag, and that the tasks can reach its registry",
        }
    ]
    assert services["web"]["events"] == [
        {"at": "2026-01-02T12:00:00Z", "message": f"event {number}"} for number in range(5)
    ]
    assert services["mailer"]["queue"] == {"name": "q", "waiting": 7, "in_flight": 2, "oldest_seconds": 125}
    assert services["cleanup"]["tasks"] is None
    assert services["cleanup"]["job"] == {
        "schedule": "cron(0 3 * * ? *)",
        "timezone": "UTC",
        "enabled": True,
        "next_run": "2026-01-02T17:10:00Z",
        "last_run": {
            "state": "failed",
            "task": "1a2b3c4d5e6f",
            "started_at": "2026-01-02T12:00:00Z",
            "stopped_at": "2026-01-02T12:00:00Z",
            "reason": "exit code 1",
        },
        "follows_family": False,
        "task_definition": "cleanup-shop-dev:4",
    }
    assert services["web"]["alarms"] == [
        {"name": "shop-dev-web-cpu-percent", "state": "OK", "reason": "", "since": "2026-01-02T12:00:00Z"}
    ]
    assert services["web"]["newer_revision"] is None


def test_a_schedule_that_follows_its_family_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CLEANUP.job is not None
    follows = replace(CLEANUP, job=replace(CLEANUP.job, follows_family=True))

    assert (
        "  schedule        cron(0 3 * * ? *) UTC\n"
        "  warning         runs the newest revision, also one that a deploy registers with the `image` of the\n"
        '                  project file: move the schedule to a revision, see "When CI owns the image" in\n'
        "                  docs/deploy.md\n"
    ) in shown(monkeypatch, follows)


@pytest.mark.parametrize(
    ("deployed_next", "line"),
    [
        (True, "web-shop-dev:7 runs, the project file asks for web-shop-dev:9: the next deploy brings it back"),
        (False, "web-shop-dev:7 runs, web-shop-dev:9 is newer; deploys don't change it (`image_owner: external`)"),
    ],
)
def test_after_a_rollback_it_says_what_a_deploy_does(
    monkeypatch: pytest.MonkeyPatch, deployed_next: bool, line: str
) -> None:
    newer = NewerRevision("web-shop-dev:7", "web-shop-dev:9", deployed_next)

    text = " ".join(shown(monkeypatch, replace(WEB, newer=newer)).split())
    assert f" revision {line} load balancer " in text


def test_a_stopped_environment_says_how_to_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    assert CLEANUP.job is not None
    job = replace(CLEANUP, job=replace(CLEANUP.job, enabled=False, last_run=None, next_run=None), is_stopped=True)
    stopped = replace(stack(job), stopped=Stopped(WHEN), options="--env dev")

    show(stopped, Console(no_color=True), NOW)

    text = screen.getvalue()
    assert text.startswith("stopped 5 min ago; start it with `ecsforge start --env dev`\n\n")
    assert "cleanup  stopped  " in text
    assert "  schedule        cron(0 3 * * ? *) UTC, stopped\n" in text
    assert report_json(stopped)["stopped_since"] == "2026-01-02T12:00:00Z"
    assert [problem.what for problem in stopped.unsettled] == [
        "the environment has been stopped since 2026-01-02T12:00:00Z"
    ]
    assert stopped.healthy


def test_long_values_continue_below_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.views.status.text_width", lambda console, stream: 60)
    image = "public.ecr.aws/docker/library/python:3.12-slim"
    web = replace(WEB, revisions=(Revision("web-shop-dev:7", 2, {"web": image}),))

    text = shown(monkeypatch, web)

    assert "  web-shop-dev:7 python:3.12-slim  " in text
    assert (
        "                  next: check the image's name and tag, and\n"
        "                  that the tasks can reach its registry\n"
    ) in text


@pytest.mark.parametrize(
    ("code", "reason", "explanation", "step"),
    [
        ("EssentialContainerExited", "Essential container in task exited",
         "a container of it ended: container `web` exit code 1: the program failed", "read its last lines: LOGS"),
        ("UserInitiated", "Task stopped by user", "somebody stopped it: Task stopped by user (container `web` exit "
         "code 1: the program failed)", None),
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)",
         "ECS stopped it for a deployment or to scale in", None),
        ("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group arn)",
         "Task failed ELB health checks in (target-group arn) (container `web` exit code 1: the program failed)",
         "the container must pass its health check in time: check `port`, `health_check` and `grace_period`"),
        ("SpotInterruption", "Your Spot Task was interrupted.", "AWS took back its Spot capacity",
         "nothing: ECS starts another one"),
    ],
)  # fmt: skip
def test_a_stopped_task_is_explained_with_the_next_step(
    code: str, reason: str, explanation: str, step: str | None
) -> None:
    task = StoppedTask(
        "1a2b", "task-definition/web:8", code, reason, ("container `web` exit code 1: the program failed",)
    )

    assert (task.explanation, task.next_step("LOGS")) == (explanation, step)


def test_resources_are_a_table_below_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "100")
    resources = (
        ResourceHealth("uploads", "bucket", "available", "shop-dev-uploads-123456789012"),
        ResourceHealth("events", "topic", "missing"),
    )

    lines = rendered(replace(stack(CLEANUP), resources=resources), Console(no_color=True), WHEN).splitlines()

    assert [line.split() for line in lines[-3:]] == [
        ["Resource", "Type", "State", "In", "AWS"],
        ["uploads", "bucket", "available", "shop-dev-uploads-123456789012"],
        ["events", "topic", "missing", "-"],
    ]
