"""A service runs an earlier revision after a rollback, and its result says what a deploy will do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.services.deployed import Changed
from operations.services.revisions import TaskRevision, endings
from operations.services.rollback import Revisions, revisions, rollback
from stacks.errors import AwsError, UsageError
from tests.operations.services.conftest import Open
from tests.support.deployed import FAMILIES, IMAGE, Deployed
from tests.support.reporter import Recorder

OLD, NEW = f"{FAMILIES}/web-shop-dev:1", f"{FAMILIES}/web-shop-dev:2"
YES = Consent()


def deploy_new(deployed: Deployed, image: str = "nginx:1.28") -> None:
    deployed.deploy("web", deployed.register("web", image))


def refused(error: type[AwsError | UsageError], opened: Open, service: str = "web", **options: Any) -> str:
    with pytest.raises(error) as caught:
        rollback(opened(service), service, Recorder(), YES, timeout=None, **options)
    return sentences(caught.value)


def test_a_service_goes_back_to_the_revision_before(deployed: Deployed, opened: Open) -> None:
    deploy_new(deployed)
    reporter = Recorder()

    result = rollback(opened("web"), "web", reporter, YES, timeout=60)

    assert result is not None
    assert (result.before, result.after.name, result.newest.name) == (
        "web-shop-dev:2",
        "web-shop-dev:1",
        "web-shop-dev:2",
    )
    assert result.after.images == {"web": IMAGE}
    assert (result.is_external, result.image_changed_in_file) == (False, True)
    assert deployed.service("web")["taskDefinition"] == OLD
    assert reporter.events[0] == Changed("web", "web-shop-dev:2 -> web-shop-dev:1")
    assert str(reporter.events[2]) == "service `web`: 2 of 2 tasks running; steady state"


def test_a_revision_can_be_named(deployed: Deployed, opened: Open) -> None:
    deploy_new(deployed)
    deploy_new(deployed)

    for to, now in (("1", OLD), ("web-shop-dev:2", NEW), (OLD, OLD)):
        result = rollback(opened("web"), "web", Recorder(), YES, to=to, timeout=None)
        assert result is not None
        assert result.after.arn == deployed.service("web")["taskDefinition"] == now


def test_the_revision_that_runs_is_left_unchanged(deployed: Deployed, opened: Open) -> None:
    reporter = Recorder()

    result = rollback(opened("web"), "web", reporter, YES, to="1", timeout=None)

    assert result is not None
    assert not result.changed
    assert reporter.events == []


def test_the_revisions_are_listed_newest_first(deployed: Deployed, opened: Open) -> None:
    deploy_new(deployed)
    deployed.register("web", "nginx:1.29")

    found = revisions(opened("web"), "web")

    assert [(each.number, each.image("web")) for each in found.listed] == [
        (3, "nginx:1.29"),
        (2, "nginx:1.28"),
        (1, IMAGE),
    ]
    assert (found.current, found.current_number) == (NEW, 2)


def test_a_job_runs_the_earlier_revision_from_its_schedule(deployed: Deployed, opened: Open) -> None:
    newer = deployed.register("cleanup", "python:3.13")
    environment = opened("cleanup")
    scheduler, name = deployed.aws("scheduler"), deployed.names.schedule("cleanup")
    before = scheduler.get_schedule(Name=name)

    def runs() -> str:
        return str(scheduler.get_schedule(Name=name)["Target"]["EcsParameters"]["TaskDefinitionArn"])

    rollback(environment, "cleanup", Recorder(), YES, to="2", timeout=None)
    assert runs() == newer
    result = rollback(environment, "cleanup", Recorder(), YES, timeout=None)

    assert result is not None
    assert result.after.name == "cleanup-shop-dev:1"
    after = scheduler.get_schedule(Name=name)
    for each in (before, after):
        del each["ResponseMetadata"], each["LastModificationDate"]
    assert after == before


def test_a_schedule_without_a_revision_runs_the_newest(deployed: Deployed, opened: Open) -> None:
    assert (
        Revisions("cleanup", f"{FAMILIES}/cleanup-shop-dev", (TaskRevision("x/cleanup-shop-dev:3"),)).current_number
        == 3
    )


def test_a_revision_whose_deployment_failed_is_skipped() -> None:
    listed = tuple(TaskRevision(f"x/web:{number}", ending=ending) for number, ending in  # type: ignore[arg-type]
                   ((5, "completed"), (4, "failed"), (3, ""), (2, "completed"), (1, "")))  # fmt: skip

    def previous(*numbers: int) -> str | None:
        found = Revisions("web", "x/web:5", tuple(each for each in listed if each.number in numbers)).previous
        return found.name if found else None

    assert previous(5, 4, 3, 2, 1) == "web:2"
    assert previous(5, 4, 3, 1) == "web:3"
    assert previous(5, 4) is None


def test_the_endings_come_from_the_service_deployments() -> None:
    client: Any = boto3.client("ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    prefix = "arn:aws:ecs:eu-west-1:1"
    deployments = [
        {"serviceDeploymentArn": f"{prefix}:d/{number}", "targetServiceRevisionArn": f"{prefix}:r/{number}",
         "status": status, "createdAt": datetime(2026, 1, number, tzinfo=UTC)}
        for number, status in ((3, "ROLLBACK_SUCCESSFUL"), (2, "SUCCESSFUL"), (1, "STOPPED"))
    ]  # fmt: skip
    answer = [
        {"serviceRevisionArn": f"{prefix}:r/{number}", "taskDefinition": f"x/web:{number}"} for number in (1, 2, 3)
    ]
    with Stubber(client) as stub:
        stub.add_response("list_service_deployments", {"serviceDeployments": [], "nextToken": "more"})
        stub.add_response("list_service_deployments", {"serviceDeployments": deployments})
        asked = {"serviceRevisionArns": [f"{prefix}:r/{number}" for number in (3, 2, 1)]}
        stub.add_response("describe_service_revisions", {"serviceRevisions": answer}, asked)
        found = endings(client, "cluster", "web")

    assert {definition: each.ending for definition, each in found.items()} == {
        "x/web:3": "failed",
        "x/web:2": "completed",
        "x/web:1": "stopped",
    }


def test_what_can_not_be_rolled_back_is_one_error(deployed: Deployed, opened: Open) -> None:
    assert refused(AwsError, opened) == (
        "service `web`: it has no earlier revision than web-shop-dev:1 that was deployed successfully; got the active "
        "revisions web-shop-dev:1; pass one with --to"
    )
    assert refused(AwsError, opened, to="9") == (
        "service `web`: this revision does not exist; got web-shop-dev:9; list the revisions: `ecsforge rollback web "
        "--list`"
    )
    assert refused(UsageError, opened, to="api-shop-dev:1") == (
        "--to: not a revision of this service; got api-shop-dev:1; write it as 7 or web-shop-dev:7"
    )
    deploy_new(deployed)
    deployed.aws("ecs").deregister_task_definition(taskDefinition=OLD)
    assert refused(AwsError, opened, to="1") == (
        "service `web`: this revision is deregistered, so ECS starts no tasks from it; got web-shop-dev:1; list the "
        "revisions: `ecsforge rollback web --list`"
    )


def test_a_revision_that_does_not_fit_the_service_changes_nothing(deployed: Deployed, opened: Open) -> None:
    """ECS checks the container and port of a load balancer; the emulator's rules do too."""
    deployed.aws("ecs").register_task_definition(
        family=deployed.names.task_definition("web"),
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": IMAGE, "memory": 512}],
    )
    environment, reporter = opened("web"), Recorder()
    client = environment.client("ecs")

    with Stubber(client) as stub, pytest.raises(AwsError) as caught:
        script_update(stub, deployed, "InvalidParameterException", "The container web did not have a port 80 defined.")
        rollback(Scripted(environment, client), "web", reporter, YES, to="2", timeout=None)  # type: ignore[arg-type]
    assert sentences(caught.value) == (
        "service `web`: ECS can't run web-shop-dev:2 in the service as it is today; nothing was changed; got "
        "InvalidParameterException: The container web did not have a port 80 defined.; list the revisions: `ecsforge "
        "rollback web --list`"
    )
    assert reporter.events == []


def test_a_service_that_is_deleted_in_the_middle_is_named(deployed: Deployed, opened: Open) -> None:
    deployed.register("web")
    environment = opened("web")
    client = environment.client("ecs")

    with Stubber(client) as stub, pytest.raises(AwsError) as caught:
        script_update(stub, deployed, "ServiceNotActiveException", "Service was not ACTIVE.")
        rollback(Scripted(environment, client), "web", Recorder(), YES, to="2", timeout=None)  # type: ignore[arg-type]
    assert sentences(caught.value) == (
        "service `web`: the ECS service web-service-shop-dev does not exist in eu-west-1, account 123456789012; deploy "
        "it: ecsforge deploy --env dev"
    )


def script_update(stub: Stubber, deployed: Deployed, code: str, message: str) -> None:
    """The answers of the emulator to every request before UpdateService, which fails."""
    ecs, names = deployed.aws("ecs"), deployed.names
    described = ecs.describe_services(cluster=names.cluster, services=[names.service("web")])
    stub.add_response("describe_clusters", ecs.describe_clusters(clusters=[names.cluster]))
    stub.add_response("describe_services", described)
    stub.add_response("list_task_definitions", {"taskDefinitionArns": []})
    stub.add_response("list_service_deployments", {"serviceDeployments": []})
    stub.add_response("describe_task_definition", ecs.describe_task_definition(taskDefinition="web-shop-dev:2"))
    stub.add_response("describe_services", described)
    stub.add_response("list_service_deployments", {"serviceDeployments": []})
    stub.add_client_error("update_service", code, message)


class Scripted:
    """An environment whose ECS client is scripted."""

    def __init__(self, environment: Any, ecs: Any) -> None:
        self._environment, self._ecs = environment, ecs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._environment, name)

    def client(self, service: str) -> Any:
        return self._ecs if service == "ecs" else self._environment.client(service)
