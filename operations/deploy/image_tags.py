"""The tags of images that a deploy sets and removes in the shared repositories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from operations.deploy.deployed_tags import in_own_repositories, mark_deployed, unmark_deployed
from operations.plan.variables import deployed_images
from stacks.naming import IMAGES_OUTPUT

if TYPE_CHECKING:
    from operations.reporter import Reporter
    from operations.stack import Stack
    from operations.terraform.stream import Outputs


def tag_images(stack: Stack, reporter: Reporter, outputs: Outputs) -> None:
    """Tag what the services run now, so that ECR keeps it, and remove the tags of services that are gone."""
    found = outputs.values.get(IMAGES_OUTPUT)
    images: Mapping[str, str] = found.value if found and isinstance(found.value, dict) else {}
    before, services = deployed_images(stack.state_before), stack.project.services
    released = {name for name in images if name in services and services[name].deployment.image_owner == "external"}
    known = {name for name in released if before.get(name) == images[name]}  # `release` has tagged what runs now
    mark_deployed(stack.project, {name: images[name] for name in images if name not in known}, reporter)
    gone = {name: image for name, image in before.items() if name not in images}
    unmark_deployed(stack.project, sorted(in_own_repositories(stack.project, gone)), reporter)


def untag_images(stack: Stack, reporter: Reporter) -> None:
    """Remove the tags of a destroyed environment."""
    services = {name for name, service in stack.project.services.items() if service.has_shared_repository}
    deployed = in_own_repositories(stack.project, deployed_images(stack.state_before))
    unmark_deployed(stack.project, sorted(services | deployed), reporter)
