"""The schedule of a job and its last run, from scripted responses of the three services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from operations.health.jobs import job_of
from operations.health.model import Job, Run
from stacks.naming import Names

NAMES = Names("shop", "dev")
START = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
END = START + timedelta(minutes=5)
KEYS = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


class Script:
    """Clients for the three services with scripted responses, in order."""

    def __init__(self) -> None:
        self.clients: dict[str, Any] = {name: boto3.client(name, **KEYS) for name in ("ecs", "logs", "scheduler")}  # type: ignore[call-overload]
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}

    def schedule(self, expression: str = "rate(1 hour)", state: str = "ENABLED", runs: str = "cleanup:7") -> None:
        response: dict[str, Any] = {
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "State": state,
            "Target": {
                "Arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/web-cluster-shop-dev",
                "RoleArn": "arn:aws:iam::123456789012:role/shop-dev-cleanup-schedule",
                "EcsParameters": {"TaskDefinitionArn": f"arn:aws:ecs:eu-west-1:123456789012:task-definition/{runs}"},
            },
        }
        self.stubs["scheduler"].add_response("get_schedule", response, {"Name": "shop-dev-cleanup"})

    def tasks(self, state: str, *tasks: dict[str, Any]) -> None:
        asked = {"cluster": NAMES.cluster, "family": "cleanup-shop-dev", "desiredStatus": state, "maxResults": 100}
        arns = [task["taskArn"] for task in tasks]
        self.stubs["ecs"].add_response("list_tasks", {"taskArns": arns}, asked)
        if tasks:
            self.stubs["ecs"].add_response("describe_tasks", {"tasks": list(tasks)}, {"cluster": ANY, "tasks": arns})

    def streams(self, *streams: dict[str, Any]) -> None:
        asked = {
            "logGroupName": "/aws/ecs/shop-dev/cleanup",
            "orderBy": "LastEventTime",
            "descending": True,
            "limit": 1,
        }
        self.stubs["logs"].add_response("describe_log_streams", {"logStreams": list(streams)}, asked)

    def job(self) -> Job | None:
        for stub in self.stubs.values():
            stub.activate()
        found = job_of(self.clients, NAMES, "cleanup")
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        return found

    def last_run(self) -> Run | None:
        job = self.job()
        assert job
        return job.last_run


@pytest.fixture
def script() -> Script:
    return Script()


def task(name: str, *codes: int | None, container: str = "cleanup", minutes: int = 0, **more: Any) -> dict[str, Any]:
    containers = [{"name": container, **({} if code is None else {"exitCode": code})} for code in codes]
    started = {"createdAt": START + timedelta(minutes=minutes), "startedAt": START + timedelta(minutes=minutes)}
    return {"taskArn": f"arn:aws:ecs:eu-west-1:1:task/c/{name}", "containers": containers, **started, **more}


def ended(name: str, *codes: int | None, **more: Any) -> dict[str, Any]:
    reason = "Essential container in task exited"
    return task(name, *codes, stopCode="EssentialContainerExited", stoppedReason=reason, stoppedAt=END, **more)


def test_a_missing_schedule_is_none(script: Script) -> None:
    script.stubs["scheduler"].add_client_error("get_schedule", "ResourceNotFoundException", http_status_code=404)

    assert script.job() is None


def test_a_running_task_is_the_last_run(script: Script) -> None:
    script.schedule()
    script.tasks("STOPPED", ended("before", 0))
    script.tasks("RUNNING", task("now", minutes=60))

    assert script.job() == Job(
        "rate(1 hour)", "Europe/Berlin", True, None, Run("running", "now", START + timedelta(hours=1), None, ""),
        False, "cleanup:7",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stopped", "state"),
    [
        (ended("a", 0), "succeeded"),
        (ended("a", 1), "failed"),
        (ended("a", None), "failed"),
        (ended("a"), "failed"),
        (ended("a", 0, 0, container="from-a-template"), "succeeded"),
        (ended("a", 0, 1, container="from-a-template"), "failed"),
    ],
)
def test_a_run_succeeded_when_its_container_exited_with_0(script: Script, stopped: dict[str, Any], state: str) -> None:
    script.schedule()
    script.tasks("STOPPED", stopped)
    script.tasks("RUNNING")

    run = script.last_run()

    assert run and (run.state, run.started_at, run.stopped_at) == (state, START, END)


def test_a_task_that_is_still_stopping_has_not_ended(script: Script) -> None:
    """ECS reports the exit code when the container has stopped."""
    script.schedule()
    script.tasks("STOPPED", ended("a", None, lastStatus="STOPPING"))
    script.tasks("RUNNING")

    assert script.last_run() == Run("running", "a", START, None, "")


def test_a_task_whose_container_has_an_exit_code_has_ended_before_it_is_stopped(script: Script) -> None:
    script.schedule()
    script.tasks("STOPPED", ended("a", 0, lastStatus="DEACTIVATING"))
    script.tasks("RUNNING")

    run = script.last_run()

    assert run and run.state == "succeeded"


def test_a_sidecar_that_is_killed_at_the_end_is_not_a_failure(script: Script) -> None:
    done = ended("a", 0)
    done["containers"].append({"name": "metrics", "exitCode": 137})
    script.schedule()
    script.tasks("STOPPED", done)
    script.tasks("RUNNING")

    run = script.last_run()

    assert run and run.state == "succeeded"


def test_the_latest_stopped_task_is_the_last_run(script: Script) -> None:
    script.schedule()
    script.tasks("STOPPED", ended("earlier", 0), ended("latest", 1, minutes=30), ended("earliest", 0, minutes=-30))
    script.tasks("RUNNING")

    run = script.last_run()

    assert run and run.task == "latest"
    assert run.reason == "Essential container in task exited (container `cleanup` exit code 1: the program failed)"


def test_if_ecs_no_longer_lists_the_task_the_times_come_from_its_log_stream(script: Script) -> None:
    stream = {
        "logStreamName": "ecs/cleanup/1a2b",
        "firstEventTimestamp": int(START.timestamp() * 1000),
        "lastEventTimestamp": int(END.timestamp() * 1000),
    }
    script.schedule()
    script.tasks("STOPPED")
    script.tasks("RUNNING")
    script.streams(stream)

    assert script.last_run() == Run(
        "unknown", "1a2b", START, END, "ECS no longer lists the task; the times are those of its log stream"
    )


def test_a_job_that_has_never_run_has_no_last_run(script: Script) -> None:
    script.schedule()
    script.tasks("STOPPED")
    script.tasks("RUNNING")
    script.streams()

    assert script.last_run() is None


def test_a_disabled_job_has_no_next_run(script: Script) -> None:
    script.schedule("cron(0 3 * * ? *)", "DISABLED")
    script.tasks("STOPPED")
    script.tasks("RUNNING")
    script.streams()

    assert script.job() == Job("cron(0 3 * * ? *)", "Europe/Berlin", False, None, None, False, "cleanup:7")


@pytest.mark.parametrize(("runs", "follows"), [("cleanup-shop-dev", True), ("cleanup-shop-dev:7", False)])
def test_a_schedule_without_a_revision_follows_the_family(runs: str, follows: bool) -> None:
    script = Script()
    script.schedule(runs=runs)
    script.tasks("STOPPED")
    script.tasks("RUNNING")
    script.streams()

    job = script.job()

    assert job is not None
    assert job.follows_family is follows
