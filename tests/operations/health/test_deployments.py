"""What ECS lists before an apply, and its service deployments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.health.deployments import (
    FAILURES_IN_A_ROW,
    Baseline,
    ServiceDeployment,
    ServiceDeployments,
    deployments_before,
)
from tests.operations.health.ecs import CLUSTER, OLD, START, OlderClient, deployment, described, history

SERVICE = "web-service-shop-dev"


class Script:
    """A scripted client of ECS."""

    def __init__(self) -> None:
        self.client: Any = boto3.client(
            "ecs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.stub = Stubber(self.client)

    def page(self, *found: dict[str, Any], more: str | None = None, **asked: Any) -> None:
        answer = {"serviceDeployments": list(found)} | ({"nextToken": more} if more else {})
        request = {"cluster": CLUSTER, "service": SERVICE, **asked}
        self.stub.add_response("list_service_deployments", answer, request)

    def error(self, code: str, status: int) -> None:
        self.stub.add_client_error("list_service_deployments", code, http_status_code=status)


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    with script.stub:
        yield script
    script.stub.assert_no_pending_responses()


def test_all_pages_are_read(script: Script) -> None:
    script.page(history(1, "SUCCESSFUL", "done"), more="next", createdAt={"after": START})
    script.page(history(2, "PENDING"), createdAt={"after": START}, nextToken="next")

    found = ServiceDeployments(script.client, CLUSTER).since(SERVICE, START)

    prefix, at = "arn:aws:ecs:eu-west-1:123456789012", (START + timedelta(seconds=1)).timestamp()
    arn, revision = f"{prefix}:service-deployment/c/s", f"{prefix}:service-revision/c/s"
    assert found == (
        ServiceDeployment(f"{arn}/1", "ecs-svc/1", "SUCCESSFUL", "done", at, f"{revision}/1"),
        ServiceDeployment(f"{arn}/2", "ecs-svc/2", "PENDING", "", at, f"{revision}/2"),
    )


def test_a_boto3_without_the_api_is_not_asked() -> None:
    assert ServiceDeployments(OlderClient(Script().client), CLUSTER).since(SERVICE, None) is None


@pytest.mark.parametrize(("code", "status"), [("AccessDeniedException", 400), ("NotImplementedByEmulator", 501)])
def test_an_endpoint_without_it_is_asked_once(script: Script, code: str, status: int) -> None:
    script.error(code, status)
    listed = ServiceDeployments(script.client, CLUSTER)

    assert [listed.since(SERVICE, None) for _ in range(5)] == [None] * 5


def test_after_some_temporary_errors_in_a_row_it_is_not_asked_again(script: Script) -> None:
    listed = ServiceDeployments(script.client, CLUSTER)
    script.error("ThrottlingException", 400)
    script.page()
    for _ in range(FAILURES_IN_A_ROW):
        script.error("ThrottlingException", 400)

    assert [listed.since(SERVICE, None) for _ in range(9)] == [None, (), *[None] * 7]


def test_the_baseline_of_each_service(script: Script) -> None:
    before = [
        deployment(OLD, id="ecs-svc/1"),
        deployment(OLD, "ACTIVE", id="ecs-svc/0", createdAt=START + timedelta(1)),
    ]
    script.stub.add_response(
        "describe_services",
        {"services": [described(deployments=before, events=[(60, "new"), (0, "old")])]},
        {"cluster": CLUSTER, "services": [SERVICE, "api"]},
    )
    script.page(history(5, "ROLLBACK_SUCCESSFUL"), createdAt={"after": START + timedelta(1)})

    assert deployments_before(script.client, CLUSTER, [SERVICE, "api"]) == {
        SERVICE: Baseline(
            frozenset({"ecs-svc/0", "ecs-svc/1"}),
            OLD,
            START + timedelta(1),
            frozenset({"arn:aws:ecs:eu-west-1:123456789012:service-deployment/c/s/5"}),
            START + timedelta(minutes=1),
        ),
        "api": Baseline(),
    }
