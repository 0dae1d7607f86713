"""Rules of images: their names, and images that do not listen on the port of their service.

Sources: the ECS API reference (ContainerDefinition, image) and the grammar of image references of the registry project
`distribution`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stacks.project.data.images import INIT_PLACEHOLDER, known_port
from stacks.project.models import Project, Service
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule, containers, service_path

_MAX_IMAGE = 255
_MAX_TAG = 128
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_REGISTRY = rf"(?:(?=[^/]*[.:]|localhost/){_HOST}(?:\.{_HOST})*(?::\d{{1,5}})?/)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r"\w[\w.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
_IMAGE = re.compile(rf"{_REGISTRY}{_COMPONENT}(?:/{_COMPONENT})*(?::{_TAG})?(?:@{_DIGEST})?", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
_EXAMPLE = "for example registry.example.com/team/app:1.2"


@dataclass(frozen=True)
class _Fault:
    """What is wrong with an image, as a sentence with `{}` for its path, what was found, and the fix."""

    what: str
    got: str
    fix: str


def images(project: Project) -> Iterator[Finding]:
    """An image is `[registry/]repository[:tag][@digest]`."""
    for container in containers(project):
        path = (*container.path, "image")
        if container.image is not None and (fault := _fault(container.image)):
            yield Finding((path,), fault.what.format(dotted(path)), fault.got, fault.fix)


def _fault(image: str) -> _Fault | None:
    """The first fault of an image; None for a valid one."""
    name, at, digest = image.partition("@")
    if _is_valid(image):
        return None
    if re.search(r"\s", image):
        return _Fault("{} must not contain white space", image, _instead("".join(image.split()), "remove it"))
    if scheme := _SCHEME.match(image):
        fix = _instead(image[scheme.end() :].rstrip("/"), f"remove {scheme[0]}")
        return _Fault("{} must not have a scheme", image, fix)
    if at and not re.fullmatch(_DIGEST, digest):
        fix = _instead(f"{name}@{digest.lower()}", "copy the digest from the registry, or use a tag")
        return _Fault("the digest in {} must be sha256: followed by 64 hex digits", digest or "nothing", fix)
    return _name_fault(image, name)


def _is_valid(image: str) -> bool:
    return len(image.partition("@")[0]) <= _MAX_IMAGE and _IMAGE.fullmatch(image) is not None


def _name_fault(image: str, name: str) -> _Fault:
    """The fault of the part before the digest."""
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, colon, tag = name, "", ""
    if colon and len(tag) > _MAX_TAG:
        return _Fault(f"the tag in {{}} must be at most {_MAX_TAG} characters", f"{len(tag)} characters", "shorten it")
    if len(name) > _MAX_IMAGE:
        what = f"{{}} must be at most {_MAX_IMAGE} characters before a digest"
        return _Fault(what, f"{len(name)} characters", "use a shorter repository or tag")
    if colon and not re.fullmatch(_TAG, tag, re.ASCII):
        fix = _instead(repository, _EXAMPLE)
        return _Fault(
            "the tag in {} must be letters, digits, _, . and -, and not start with . or -", tag or "nothing", fix
        )
    registry, slash, _ = repository.partition("/")
    host = f"{registry}{slash}" if slash and re.search(r"[.:]|^localhost$", registry) else ""
    if repository.removeprefix(host) != repository.removeprefix(host).lower():
        lower = host + image.removeprefix(host)[: len(repository) - len(host)].lower() + image[len(repository) :]
        return _Fault("the repository in {} must be in lower case", image, _instead(lower, _EXAMPLE))
    return _Fault("{} must be an image: [registry/]repository[:tag]", image or '""', _EXAMPLE)


def _instead(image: str, otherwise: str) -> str:
    """`write IMAGE` when that image is valid."""
    return f"write {image}" if _is_valid(image) else otherwise


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
        path, image = service_path(name, "image"), service.image
        if "image" not in service.model_fields_set:
            continue
        if (port := _other_port(service)) is not None:
            what = f"{image} listens on port {port} by default, but the port of {name} is {service.port}"
            must = f"use an image that listens on port {service.port}, or write port: {port}"
            fix = f"the health check will fail: {must}"
            yield Finding((path, service_path(name, "port")), what, image, fix, severity="warning")
        elif image == INIT_PLACEHOLDER:
            what = f"{dotted(path)} is the placeholder that ecsforge init writes"
            yield Finding((path,), what, image, "replace it with your own image", severity="warning")


def _other_port(service: Service) -> int | None:
    """The port that a web service's image is known to listen on, where it is not the service's port."""
    if service.type != "web" or service.command or service.entrypoint:
        return None
    port = known_port(service.image)
    return None if port == service.port else port


RULES: tuple[Rule, ...] = (images, missing_images, placeholder_images)
