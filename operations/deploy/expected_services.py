"""The services that a deploy waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.health.wait import ExpectedService
from stacks.naming import Names

if TYPE_CHECKING:
    from operations.state.document import StateDocument
    from stacks.project.models import Project


def services_to_wait_for(project: Project, state: StateDocument) -> tuple[str, list[ExpectedService]]:
    """The cluster, and the services in the state, each with the task definition that it should run.

    A service whose images are deployed outside of Terraform (`image_owner: external`) may run any task definition.
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
        logs = f"ecsforge logs {name} --env {names.env}"
        found.append(ExpectedService(name, str(instance.attributes["name"]), task_definition, logs))
    return names.cluster, found
