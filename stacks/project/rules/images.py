"""Rules of images: their names, and images that do not listen on the port of their service.

Source: the ECS API reference (ContainerDefinition, image).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.image_reference import ImageReference, InvalidImageError
from stacks.project.data.images import INIT_PLACEHOLDER, known_port
from stacks.project.models import Project, Service
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule, containers, service_path

_MAX_IMAGE = 255
_DIGEST = "sha256:"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def images(project: Project) -> Iterator[Finding]:
    """An image is `[registry/]repository[:tag][@digest]`."""
    for container in containers(project):
        path, image = (*container.path, "image"), container.image
        if image is not None and (fault := _fault(image)):
            yield Finding((path,), f"{dotted(path)} {fault.what}", fault.got, _fix(image, fault))


def _fault(image: str) -> InvalidImageError | None:
    """The first fault of an image; None for one that ECS accepts."""
    length = len(image.partition("@")[0])
    if length > _MAX_IMAGE:
        what = f"must be at most {_MAX_IMAGE} characters before a digest"
        return InvalidImageError(what, f"{length} characters", "use a shorter repository or tag")
    try:
        digest = ImageReference.parse(image).digest
    except InvalidImageError as error:
        return error
    if digest is not None and not digest.startswith(_DIGEST):
        what = f"has a digest that is not {_DIGEST} followed by 64 hex digits"
        return InvalidImageError(what, digest, "copy the digest from the registry, or use a tag")
    return None


def _fix(image: str, fault: InvalidImageError) -> str:
    """The corrected image for a scheme, white space, or upper case; otherwise how to fix it."""
    name, at, digest = _SCHEME.sub("", "".join(image.split())).partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, colon, tag = name, "", ""
    corrected = f"{repository.lower()}{colon}{tag}{at}{digest.lower()}"
    return f"write {corrected}" if corrected and _fault(corrected) is None else fault.fix


def missing_images(project: Project) -> Iterator[Finding]:
    """A service without an image runs a placeholder."""
    for name, service in project.services.items():
        if "image" not in service.model_fields_set and not service.image_is_deployed:
            path = service_path(name)
            what = f"{dotted(path)} has no image, so it runs the placeholder {service.image}"
            fix = "add image: registry.example.com/team/app:1.2 with your own image"
            yield Finding((path, service_path(name, "image")), what, None, fix, "missing", "warning")


def placeholder_images(project: Project) -> Iterator[Finding]:
    """An image that is known to listen on another port fails the health check; a placeholder is to be replaced."""
    for name, service in project.services.items():
        yield from _other_port(name, service)
        path, image = service_path(name, "image"), service.image
        if "image" in service.model_fields_set and image == INIT_PLACEHOLDER and not [*_other_port(name, service)]:
            what = f"{dotted(path)} is the placeholder that ecsforge init writes"
            yield Finding((path,), what, image, "replace it with your own image", severity="warning")


def _other_port(name: str, service: Service) -> Iterator[Finding]:
    """A finding if the container that receives requests has an image that is known to listen on another port."""
    target, path = service.target or service, service_path(name)
    if service.target is not None:
        path = (*path, "sidecars", str(service.target_container))
    if service.type != "web" or target.command or target.entrypoint or "image" not in target.model_fields_set:
        return
    port, reached = known_port(target.image), service.reached_port
    if reached is not None and port not in (None, reached):
        container = name if service.target is None else str(service.target_container)
        what = f"{target.image} listens on port {port} by default, but the port of {container} is {reached}"
        must = f"use an image that listens on port {reached}, or write port: {port}"
        paths = (*path, "image"), (*path, "port")
        yield Finding(paths, what, target.image, f"the health check will fail: {must}", severity="warning")


RULES: tuple[Rule, ...] = (images, missing_images, placeholder_images)
