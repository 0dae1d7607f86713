"""The service deployments of ECS, and what it listed for a service before an apply: they identify the new deployment.

ECS keeps service deployments for 90 days: one says that it was rolled back even after DescribeServices has forgotten
it, and also when the rollback stays within one task definition. Its target service revision ends with the number of the
deployment that DescribeServices lists as `ecs-svc/NUMBER`. Not every endpoint has this API. Sources:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html, and `findPrimaryDeploymentARN` in
internal/service/ecs/service.go of terraform-provider-aws, which relates the two in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations import aws
from operations.health.services import EcsService, describe_services
from stacks.errors import AwsError

FAILURES_IN_A_ROW = 3
"""Temporary errors of ListServiceDeployments in a row after which it counts as unavailable."""
ROLLBACKS = ("ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
"""The states of a service deployment that failed; ROLLBACK_REQUESTED can still become SUCCESSFUL."""


@dataclass(frozen=True)
class ServiceDeployment:
    """A service deployment.

    Attributes:
        arn: Its ARN.
        deployment: The ID of its deployment in DescribeServices: `ecs-svc/1234`.
        status: A `ServiceDeploymentStatus` of ECS's API model.
        reason: Why it is in this state, in ECS's words; empty if ECS does not report a reason.
        created_at: Seconds since 1970; 0 if ECS does not report it.
        revision_arn: The ARN of the service revision that it deploys; empty if ECS does not report it.
    """

    arn: str
    deployment: str
    status: str
    reason: str = ""
    created_at: float = 0.0
    revision_arn: str = ""


@dataclass(frozen=True)
class Baseline:
    """What ECS listed for a service before an apply. The default is that of a service that did not exist.

    Attributes:
        deployments: The IDs of its deployments.
        task_definition: The ARN that its current deployment runs; empty without one.
        since: When its newest deployment was created; None without one.
        service_deployments: The ARNs of its service deployments since then; None if they could not be listed.
        last_event: When its last event happened; None without one.
        known: Whether ECS was asked with success; if not, nothing else is known.
        redeploys: Whether the change starts a deployment; another desired count does not.
    """

    deployments: frozenset[str] = frozenset()
    task_definition: str = ""
    since: datetime | None = None
    service_deployments: frozenset[str] | None = frozenset()
    last_event: datetime | None = None
    known: bool = True
    redeploys: bool = True


class ServiceDeployments:
    """Lists service deployments until it is clear that this endpoint or these permissions do not allow it."""

    def __init__(self, ecs: Any, cluster: str) -> None:
        self._ecs, self._cluster = ecs, cluster
        self._failures = 0
        # boto3 before 1.35.52 does not have the operation.
        self.available = hasattr(ecs, "list_service_deployments")

    def since(self, service: str, moment: datetime | None) -> tuple[ServiceDeployment, ...] | None:
        """The service deployments that were created after `moment`, or all; None when they can't be listed."""
        if not self.available:
            return None
        try:
            with aws.errors("service deployments"):
                found = tuple(map(_service_deployment, self._pages(service, moment)))
        except AwsError as error:
            self._failures += 1
            self.available = aws.trouble(error) == "temporary" and self._failures < FAILURES_IN_A_ROW
            return None
        self._failures = 0
        return found

    def _pages(self, service: str, moment: datetime | None) -> Iterable[dict[str, Any]]:
        request: dict[str, Any] = {"cluster": self._cluster, "service": service}
        if moment is not None:
            request["createdAt"] = {"after": moment}
        while True:
            answer = self._ecs.list_service_deployments(**request)
            yield from answer.get("serviceDeployments", ())
            if not answer.get("nextToken"):
                return
            request["nextToken"] = answer["nextToken"]


def deployments_before(ecs: Any, cluster: str, names: Iterable[str]) -> dict[str, Baseline]:
    """What ECS lists for the services with these names, by name.

    Raises botocore.exceptions.ClientError when AWS refuses DescribeServices.
    """
    names, history = list(names), ServiceDeployments(ecs, cluster)
    found = describe_services(ecs, cluster, names)
    return {name: _baseline(found.get(name), history) for name in names}


def _baseline(service: EcsService | None, history: ServiceDeployments) -> Baseline:
    if service is None or service.primary is None:
        return Baseline()
    since = max((each.started_at for each in service.deployments if each.started_at), default=None)
    listed = history.since(service.name, since)
    return Baseline(
        frozenset(each.key for each in service.deployments),
        service.primary.task_definition,
        since,
        None if listed is None else frozenset(each.arn for each in listed),
        max((each.at for each in service.events), default=None),
    )


def _service_deployment(answer: Mapping[str, Any]) -> ServiceDeployment:
    revision_arn, created = answer.get("targetServiceRevisionArn", ""), answer.get("createdAt")
    return ServiceDeployment(
        answer["serviceDeploymentArn"],
        f"ecs-svc/{revision_arn.rpartition('/')[2]}",
        answer.get("status", ""),
        answer.get("statusReason", ""),
        created.timestamp() if created else 0.0,
        revision_arn,
    )
