"""Another desired count, new tasks, and what will undo them."""

from __future__ import annotations

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.services.deployed import Changed
from operations.services.restart import restart
from operations.services.scale import scale
from operations.services.scaling import ScalableTarget
from stacks.errors import AwsError, UsageError
from tests.operations.services.conftest import Open
from tests.support.deployed import Deployed
from tests.support.reporter import Recorder

YES = Consent()


def test_the_next_deploy_sets_the_count_of_the_file(deployed: Deployed, opened: Open) -> None:
    reporter = Recorder()

    result = scale(opened("web"), "web", 5, reporter, YES, timeout=60)

    assert result is not None
    assert (result.before, result.count, result.target, result.count_of_deploy) == (2, 5, None, 2)
    assert deployed.service("web")["desiredCount"] == 5
    assert reporter.events[0] == Changed("web", "2 tasks -> 5")
    assert str(reporter.events[2]) == "service `web`: 5 of 5 tasks running; steady state"


def test_scaling_has_its_own_bounds(deployed: Deployed, opened: Open) -> None:
    deployed.scaling("mailer", 1, 4)
    environment = opened("mailer", changes={"mailer": {"count": {"min": 1, "max": 4, "cpu_percent": 60}}})

    result = scale(environment, "mailer", 3, Recorder(), YES, timeout=None)

    assert result is not None
    assert result.target == ScalableTarget("service/web-cluster-shop-dev/mailer-service-shop-dev", 1, 4)
    assert result.count_of_deploy is None


def test_the_same_count_changes_nothing(deployed: Deployed, opened: Open) -> None:
    reporter = Recorder()

    result = scale(opened("web"), "web", 2, reporter, YES, timeout=60)

    assert result is not None
    assert not result.changed
    assert reporter.events == []


def test_a_restart_is_a_new_deployment_of_the_same_revision(deployed: Deployed, opened: Open) -> None:
    (before,) = deployed.service("web")["deployments"]
    reporter = Recorder()

    assert restart(opened("web"), "web", reporter, YES, timeout=60)

    (after,) = deployed.service("web")["deployments"]
    assert after["id"] != before["id"]
    assert after["taskDefinition"] == before["taskDefinition"]
    assert str(reporter.events[2]) == "service `web`: 2 of 2 tasks running; steady state"


def test_a_job_has_neither_tasks_nor_a_count(deployed: Deployed, opened: Open) -> None:
    with pytest.raises(UsageError) as no_tasks:
        restart(opened("cleanup"), "cleanup", Recorder(), YES, timeout=None)
    with pytest.raises(UsageError) as no_count:
        scale(opened("cleanup"), "cleanup", 2, Recorder(), YES, timeout=None)

    assert sentences(no_tasks.value) == (
        "a job has no tasks to restart: each run starts new ones; got cleanup; restart a web service or a worker"
    )
    assert sentences(no_count.value) == (
        "a job has no desired count: `count` in the project file is the number of tasks in each run; got cleanup; "
        "scale a web service or a worker"
    )


def test_a_protected_environment_is_not_changed_without_the_name_of_its_stack(deployed: Deployed, opened: Open) -> None:
    environment, typed = opened("web", protected=True), Recorder("no")

    assert scale(environment, "web", 5, typed, YES, timeout=None) is None
    assert restart(environment, "web", typed, YES, timeout=None) is False
    assert typed.asked == [
        "dev is protected. To scale web to 5 tasks, type shop-dev",
        "dev is protected. To restart web, type shop-dev",
    ]
    assert (typed.events, deployed.service("web")["desiredCount"]) == ([], 2)
    assert scale(environment, "web", 5, Recorder(), Consent(stack="shop-dev"), timeout=None) is not None


def test_a_service_that_is_not_deployed_is_named(deployed: Deployed, opened: Open) -> None:
    deployed.aws("ecs").delete_service(
        cluster=deployed.names.cluster, service=deployed.names.service("mailer"), force=True
    )

    with pytest.raises(AwsError) as missing:
        scale(opened("mailer"), "mailer", 2, Recorder(), YES, timeout=None)
    assert sentences(missing.value) == (
        "service `mailer`: the ECS service mailer-service-shop-dev does not exist in eu-west-1, account 123456789012; "
        "deploy it: ecsforge deploy --env dev"
    )


def test_a_service_without_tasks_is_not_restarted(deployed: Deployed, opened: Open) -> None:
    scale(opened("web"), "web", 0, Recorder(), YES, timeout=None)

    with pytest.raises(AwsError) as none:
        restart(opened("web"), "web", Recorder(), YES, timeout=None)
    assert sentences(none.value) == (
        "service `web`: it has no tasks to restart: its desired count is 0; start some first: `ecsforge scale web 1`"
    )
