"""The services that a deploy changes, and those that it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from operations.health.deployments import Baseline
from operations.health.wait import ExpectedService
from stacks.naming import Names

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.state.document import StateDocument
    from stacks.project.models import Project

_CHANGES = ("create", "update", "replace", "import")
NONE_CHANGED: Mapping[str, Baseline] = {}


def services_to_wait_for(
    project: Project, state: StateDocument, before: Mapping[str, Baseline] = NONE_CHANGED
) -> tuple[str, list[ExpectedService]]:
    """The cluster, and the services in the state, each with the task definition that it should run.

    A service whose images are deployed outside of Terraform (`image_owner: external`) may run any task definition.
    `before` is what ECS listed before the apply for those that it changes, by their name in ECS.
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


def changed_services(project: Project, plan: Plan) -> list[str]:
    """The names in ECS of the services that a plan creates or changes."""
    names = Names(project.project_id, project.env)
    changed = [each for each in plan.resources if each.type == "aws_ecs_service" and each.action in _CHANGES]
    return sorted({names.service(each.place.service) for each in changed if each.place.service})
