"""The services that a deploy waits for, and what ECS lists for them before the apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from operations.health.deployments import Baseline, deployments_before
from operations.health.wait import ExpectedService
from stacks.naming import Names

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.state.document import StateDocument
    from stacks.project.models import Project

NONE_CHANGED: Mapping[str, Baseline] = {}


def services_to_wait_for(
    project: Project, state: StateDocument, before: Mapping[str, Baseline] = NONE_CHANGED
) -> tuple[str, list[ExpectedService]]:
    """The cluster, and the services in the state, each with the task definition that it should run.

    A service whose images are deployed outside of Terraform (`image_owner: external`) may run any task definition.
    `before` is the result of `changed_services`.
    """
    names = Names(project.project_id, project.env)
    services = {names.service(name): (name, service) for name, service in project.services.items()}
    found = []
    for instance in state.managed:
        known = services.get(str(instance.attributes.get("name")))
        if instance.type != "aws_ecs_service" or known is None:
            continue
        name, service = known
        external = service.deployment.image_owner == "external"
        task_definition = None if external else str(instance.attributes["task_definition"])
        logs, status = (f"ecsforge {command} {name} --env {names.env}" for command in ("logs", "status"))
        ecs_name = str(instance.attributes["name"])
        found.append(ExpectedService(name, ecs_name, task_definition, logs, status, before.get(ecs_name)))
    return names.cluster, found


def changed_services(project: Project, plan: Plan, ecs: Any | None) -> dict[str, Baseline]:
    """What ECS lists for the services that a plan creates or changes, by their name in ECS.

    `ecs` is a boto3 client; None when the cluster does not exist yet. Raises botocore.exceptions.ClientError when AWS
    refuses a request.
    """
    names = Names(project.project_id, project.env)
    changed = {
        names.service(each.place.service)
        for each in plan.resources
        if each.type == "aws_ecs_service"
        and each.action in ("create", "update", "replace", "import")
        and each.place.service
    }
    if ecs is None or not changed:
        return dict.fromkeys(changed, Baseline())
    return deployments_before(ecs, names.cluster, sorted(changed))
