"""An environment is stopped and started again, also when either is interrupted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.health.status import status
from operations.services.restart import restart
from operations.services.rollback import rollback
from operations.services.scale import scale
from operations.services.start import start
from operations.services.stop import stop
from stacks.errors import AwsError
from tests.operations.services.conftest import Open
from tests.support.deployed import Deployed
from tests.support.faults import Fault, faulty
from tests.support.reporter import Recorder

YES = Consent()
ACTIVITIES = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
NOW = datetime(2026, 1, 31, 20, 0, tzinfo=UTC)


def found(deployed: Deployed) -> dict[str, Any]:
    """The counts, the suspended activities of the mailer, the schedule and the record."""
    (target,) = deployed.aws("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
        "ScalableTargets"
    ]
    (cluster,) = deployed.aws("ecs").describe_clusters(clusters=[deployed.names.cluster], include=["TAGS"])["clusters"]
    return {
        "web": deployed.service("web")["desiredCount"],
        "mailer": deployed.service("mailer")["desiredCount"],
        "suspended": "".join("-+"[bool(target.get("SuspendedState", {}).get(each))] for each in ACTIVITIES),
        "bounds": (target["MinCapacity"], target["MaxCapacity"]),
        "cleanup": deployed.aws("scheduler").get_schedule(Name=deployed.names.schedule("cleanup"))["State"],
        "record": {each["key"]: each["value"] for each in cluster.get("tags", ())},
    }


@pytest.fixture
def scaled(deployed: Deployed) -> Deployed:
    """An environment whose mailer scales, and whose web service was scaled by hand."""
    deployed.scaling("mailer", 1, 4)
    deployed.aws("ecs").update_service(
        cluster=deployed.names.cluster, service=deployed.names.service("web"), desiredCount=5
    )
    return deployed


RUNNING = {"web": 5, "mailer": 1, "suspended": "---", "bounds": (1, 4), "cleanup": "ENABLED", "record": {}}
STOPPED = {
    "web": 0,
    "mailer": 0,
    "suspended": "+++",
    "bounds": (1, 4),
    "cleanup": "DISABLED",
    "record": {"ecsforge:stopped": "2026-01-31T20:00:00Z", "ecsforge:stopped-1": "web=5 mailer=1 cleanup=on"},
}


def test_everything_is_stopped_and_restored(scaled: Deployed, opened: Open) -> None:
    stopping, starting = Recorder(), Recorder()
    assert found(scaled) == RUNNING

    assert stop(opened(), stopping, YES, timeout=60, now=lambda: NOW)
    assert found(scaled) == STOPPED
    assert start(opened(), starting, YES, timeout=60)
    assert found(scaled) == RUNNING

    assert [str(each) for each in stopping.events[:3]] == [
        "service `web`: 5 tasks -> 0",
        "service `mailer`: 1 task -> 0, scaling suspended",
        "service `cleanup`: schedule disabled",
    ]
    assert [str(each) for each in starting.events[:3]] == [
        "service `web`: 0 -> 5 tasks",
        "service `mailer`: 0 -> 1 task, scaling resumed",
        "service `cleanup`: schedule enabled",
    ]


def test_a_stopped_environment_is_healthy_and_says_since_when(scaled: Deployed, opened: Open) -> None:
    stop(opened(), Recorder(), YES, timeout=None, now=lambda: NOW)

    health = status(opened())

    assert health.stopped is not None
    assert health.stopped.since == NOW
    assert health.healthy


def test_what_was_off_before_stays_off(scaled: Deployed, opened: Open) -> None:
    scheduler, name = scaled.aws("scheduler"), scaled.names.schedule("cleanup")
    known = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    schedule = scheduler.get_schedule(Name=name)
    scheduler.update_schedule(**{key: schedule[key] for key in known}, State="DISABLED")
    scaled.aws("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{scaled.names.cluster}/{scaled.names.service('mailer')}",
        ScalableDimension="ecs:service:DesiredCount",
        SuspendedState={"DynamicScalingInSuspended": True},
    )
    scaled.aws("ecs").update_service(
        cluster=scaled.names.cluster, service=scaled.names.service("mailer"), desiredCount=0
    )
    before = found(scaled)

    stop(opened(), Recorder(), YES, timeout=None, now=lambda: NOW)
    assert found(scaled)["record"]["ecsforge:stopped-1"] == "web=5 mailer=0:i cleanup=off"
    start(opened(), Recorder(), YES, timeout=None)

    assert found(scaled) == before


@pytest.mark.parametrize("operation", ["UpdateService", "RegisterScalableTarget", "PUT /schedules/shop-dev-cleanup"])
def test_an_interrupted_stop_is_repeated_or_started(
    scaled: Deployed, opened: Open, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    with faulty(scaled.emulator.endpoint) as faults:
        monkeypatch.setenv("AWS_ENDPOINT_URL", faults.endpoint)
        fault = Fault(400, "ExpiredTokenException", "The security token included in the request is expired")
        faults.fail(operation, fault=fault)
        with pytest.raises(AwsError) as interrupted:
            stop(opened(), Recorder(), YES, timeout=None, now=lambda: NOW)
        assert interrupted.value.codes == {"ExpiredTokenException"}
        faults.succeed()
        start(opened(), Recorder(), YES, timeout=None)
        assert found(scaled) == RUNNING

        faults.fail(operation, fault=fault)
        with pytest.raises(AwsError):
            stop(opened(), Recorder(), YES, timeout=None, now=lambda: NOW)
        faults.succeed()
        stop(opened(), Recorder(), YES, timeout=None)
        assert found(scaled) == STOPPED

        faults.fail(operation, fault=fault)
        with pytest.raises(AwsError):
            start(opened(), Recorder(), YES, timeout=None)
        faults.succeed()
        assert start(opened(), Recorder(), YES, timeout=None)
        assert found(scaled) == RUNNING


def test_a_record_that_terraform_removed_is_replaced_by_the_project_file(scaled: Deployed, opened: Open) -> None:
    stop(opened(), Recorder(), YES, timeout=None)
    cluster = scaled.aws("ecs").describe_clusters(clusters=[scaled.names.cluster])["clusters"][0]["clusterArn"]
    scaled.aws("ecs").untag_resource(resourceArn=cluster, tagKeys=["ecsforge:stopped", "ecsforge:stopped-1"])
    reporter = Recorder()

    start(opened(), reporter, YES, timeout=None)

    assert found(scaled) == RUNNING | {"web": 2}
    assert reporter.messages == [
        "What ran before the stop is not recorded: services without tasks get the count of the file"
    ]


def test_an_environment_that_runs_is_not_started(scaled: Deployed, opened: Open) -> None:
    reporter = Recorder()

    assert start(opened(), reporter, YES, timeout=None)
    assert (reporter.messages, reporter.events) == (["shop-dev is not stopped: nothing to start"], [])


def test_a_stopped_service_is_not_changed(scaled: Deployed, opened: Open) -> None:
    stop(opened(), Recorder(), YES, timeout=None, now=lambda: NOW)

    for change in (
        lambda: restart(opened("web"), "web", Recorder(), YES, timeout=None),
        lambda: scale(opened("web"), "web", 3, Recorder(), YES, timeout=None),
        lambda: rollback(opened("web"), "web", Recorder(), YES, timeout=None),
    ):
        with pytest.raises(AwsError) as refused:
            change()
        assert sentences(refused.value) == (
            "shop-dev: the environment has been stopped since 2026-01-31T20:00:00Z; start it first: `ecsforge start`"
        )


def test_a_service_that_is_not_deployed_yet_does_not_prevent_a_stop(scaled: Deployed, opened: Open) -> None:
    changes = {"api": {"type": "worker"}, "report": {"type": "job", "schedule": "rate(1 day)"}}
    services = {"web": {"port": 80}, "mailer": {"type": "worker", "queue": {}}, "cleanup": {"type": "job"} | {
        "schedule": "cron(0 3 * * ? *)"}}  # fmt: skip
    environment = opened(services=services | changes)

    stop(environment, Recorder(), YES, timeout=60, now=lambda: NOW)

    assert found(scaled) == STOPPED


def test_a_protected_environment_asks_before_it_is_stopped_or_started(scaled: Deployed, opened: Open) -> None:
    typed = Recorder("no")

    assert stop(opened(protected=True), typed, YES, timeout=None) is False
    assert found(scaled) == RUNNING
    assert stop(opened(protected=True), Recorder("shop-dev"), YES, timeout=None, now=lambda: NOW)
    assert start(opened(protected=True), typed, YES, timeout=None) is False
    assert found(scaled) == STOPPED
    assert typed.asked == [
        "dev is protected. To stop shop-dev, type shop-dev",
        "dev is protected. To start shop-dev, type shop-dev",
    ]


def test_a_service_that_left_the_project_file_is_reported(scaled: Deployed, opened: Open) -> None:
    reporter = Recorder()
    services = {"web": {"port": 80}, "cleanup": {"type": "job", "schedule": "cron(0 3 * * ? *)"}}

    stop(opened(services=services), reporter, YES, timeout=None)

    assert reporter.warnings == [
        "shop-dev: services that are not in the project file continue to run; got mailer-service-shop-dev; remove "
        "them: ecsforge deploy --env dev"
    ]
    assert scaled.service("web")["desiredCount"] == 0


def test_tasks_that_do_not_stop_in_time_are_an_error(scaled: Deployed, opened: Open) -> None:
    """The emulator stops tasks at once, so its answers are replaced."""
    environment = opened()
    pauses: list[float] = []

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        for service in parsed["services"]:
            service["runningCount"] = 1

    environment.session.events.register("after-call.ecs.DescribeServices", answer)
    with pytest.raises(AwsError) as late:
        stop(environment, Recorder(), YES, timeout=5, sleep=pauses.append)

    assert sum(pauses) >= 5
    assert sentences(late.value) == (
        "shop-dev: 2 tasks still running 5 s after the request to stop; ECS continues to stop them; see them with "
        "`ecsforge status --env dev`"
    )
