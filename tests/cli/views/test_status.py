"""What `status` prints: a line a service on a pipe, a table and details on a terminal."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cli.console import Console
from cli.views.status import fields, show
from operations.health.model import (
    Deployment,
    Event,
    Job,
    LoadBalancerTarget,
    Queue,
    Revision,
    Run,
    ServiceHealth,
    StackHealth,
    Stopped,
    Tasks,
)

WHEN = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
DIGEST = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
WEB = ServiceHealth(
    "web",
    "web",
    tasks=Tasks(2, 3, 1),
    revisions=(Revision("web-shop-dev:7", 2, {"web": f"nginx:1.27@{DIGEST}", "metrics": "otel:1"}),),
    deployment=Deployment("IN_PROGRESS", "", 66, "web-shop-dev:8", 1, WHEN, WHEN),
    targets=(
        LoadBalancerTarget("10.0.0.10:80", "healthy", ""),
        LoadBalancerTarget("10.0.0.11:80", "initial", "Elb.RegistrationInProgress"),
    ),
    stopped=(Stopped("1a2b3c4d5e6f", WHEN, "CannotPullContainerError: \x1b[31mno\x1b[0m", True, "check the image"),),
    events=tuple(Event(WHEN, f"event {number}") for number in range(5)),
)
MAILER = ServiceHealth("mailer", "worker", tasks=Tasks(1, 1, 0), queue=Queue("q", 7, 2), dead_letters=0)
CLEANUP = ServiceHealth(
    "cleanup",
    "job",
    dead_letters=0,
    job=Job("cron(0 3 * * ? *)", "UTC", True, WHEN, Run("failed", "1a2b3c4d5e6f", WHEN, WHEN, "exit code 1")),
)
LONG_AGO = Run("succeeded", "1a2b3c4d5e6f", WHEN, WHEN, "Essential container in task exited")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, *services: ServiceHealth, screen: io.StringIO | None = None) -> str:
    screen = screen or Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "140")
    stack = StackHealth("shop-dev", "dev", "eu-west-1", "123456789012", "web-cluster-shop-dev", services)
    show(stack, Console(no_color=True))
    return "".join(f"{line.rstrip()}\n" for line in screen.getvalue().splitlines())


def test_a_terminal_gets_a_table_and_then_what_there_is_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, WEB, MAILER, CLEANUP) == (
        "Service  State      Tasks     Runs                                           Last deployment\n"
        "web      UNHEALTHY  2/3 (+1)  web-shop-dev:7 nginx:1.27@0123456789ab otel:1  2026-01-02T12:00:00Z\n"
        "mailer   healthy    1/1       -                                              -\n"
        "cleanup  UNHEALTHY  -         -                                              -\n"
        "\n"
        "web\n"
        "  problem         2 of 3 tasks running, 1 pending\n"
        "  deployment      IN_PROGRESS 66% of web-shop-dev:8, 1 task failed\n"
        "  load balancer   1 of 2 targets healthy\n"
        "                  10.0.0.11:80 initial Elb.RegistrationInProgress\n"
        "  stopped task    2026-01-02T12:00:00Z 1a2b3c4d CannotPullContainerError: no\n"
        "                  try: check the image\n"
        "  event           2026-01-02T12:00:00Z event 0\n"
        "  event           2026-01-02T12:00:00Z event 1\n"
        "  event           2026-01-02T12:00:00Z event 2\n"
        "\n"
        "mailer\n"
        "  queue           7 waiting, 2 in flight\n"
        "  dead letters    0\n"
        "\n"
        "cleanup\n"
        "  problem         its last run failed: exit code 1\n"
        "  schedule        cron(0 3 * * ? *) UTC\n"
        "  next run        2026-01-02T12:00:00Z\n"
        "  last run        failed 2026-01-02T12:00:00Z 1a2b3c4d exit code 1\n"
        "  dead letters    0\n"
    )


def test_a_pipe_gets_a_line_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    image = f"nginx:1.27@{DIGEST},otel:1"

    assert shown(monkeypatch, WEB, MAILER, CLEANUP, screen=io.StringIO()) == (
        f"web\tweb\tunhealthy\t2\t3\t1\tweb-shop-dev:7\t{image}\tIN_PROGRESS\t66%\t2026-01-02T12:00:00Z\t1/2\t-\t-\t-\t-\t"
        "2 of 3 tasks running, 1 pending\n"
        "mailer\tworker\thealthy\t1\t1\t0\t-\t-\t-\t-\t-\t-\t7\t0\t-\t-\t-\n"
        "cleanup\tjob\tunhealthy\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t0\t2026-01-02T12:00:00Z\tfailed\t"
        "its last run failed: exit code 1\n"
    )


@pytest.mark.parametrize("service", [WEB, MAILER, CLEANUP, ServiceHealth("web", "web", missing=("the ECS service",))])
def test_every_line_has_as_many_columns(service: ServiceHealth) -> None:
    assert len(fields(service)) == 17


def test_what_aws_passes_on_cannot_add_a_column_or_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = LoadBalancerTarget("10.0.0.10:80", "unhealthy", "one\ttwo\nthree\x1b[2J")

    lines = shown(monkeypatch, replace(WEB, targets=(bad,)), screen=io.StringIO()).splitlines()

    assert [line.count("\t") for line in lines] == [16]


def test_a_deployment_that_goes_well_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "web      deploying  3/3 " in shown(monkeypatch, replace(WEB, tasks=Tasks(3, 3, 0)), MAILER)


@pytest.mark.parametrize(
    ("job", "line"),
    [
        (Job("rate(1 hour)", "UTC", False, None, None), "  schedule        rate(1 hour) UTC, disabled\n"),
        (Job("rate(1 hour)", "UTC", True, None, None), "  last run        none yet\n"),
        (
            Job("rate(1 hour)", "UTC", True, None, LONG_AGO),
            "  last run        succeeded 2026-01-02T12:00:00Z 1a2b3c4d\n",
        ),
    ],
)
def test_a_job_tells_its_schedule_and_its_last_run(monkeypatch: pytest.MonkeyPatch, job: Job, line: str) -> None:
    assert line in shown(monkeypatch, ServiceHealth("cleanup", "job", job=job))
