"""Whether the images of the services exist and fit their architecture, where AWS knows them: in private ECR registries.

ECS pulls them when a task starts (ECS Developer Guide, "CannotPullContainerError"); for another architecture the
container ends with "exec format error".
"""

from __future__ import annotations

from collections.abc import Iterator

from operations.checks.answers import denied
from operations.checks.ecr import EcrImage, FoundImage, find_image
from operations.checks.model import CheckResult, Status
from operations.checks.target import Target
from operations.clients import Requests
from operations.text import counted
from stacks.errors import AwsError, Position, Problem

_PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}


def images(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The checks of the images in ECR; none if no service uses one."""
    results, checked = [], 0
    found: dict[EcrImage, FoundImage] = {}
    for service, path, text in _images(target):
        image = EcrImage.parse(text)
        if image is None:
            continue
        checked += 1
        try:
            if image not in found:
                found[image] = find_image(requests, image)
        except AwsError as error:
            results.append(denied("images", error, requests))
            continue
        platform = _PLATFORMS[target.project.services[service].architecture]
        problems = _problems(service, path, text, found[image], platform)
        status = _severity(target, service)
        results += [CheckResult.of("images", each, status=status, calls=requests.calls) for each in problems]
    yield from results
    if checked and not results:
        yield CheckResult("images", "ok", f"{counted(checked, 'image')} in ECR", calls=tuple(requests.calls))


def _images(target: Target) -> Iterator[tuple[str, str, str]]:
    """The service, the field and the image of each container."""
    for name, service in target.project.services.items():
        yield name, f"services.{name}.image", service.image
        for sidecar, container in service.sidecars.items():
            yield name, f"services.{name}.sidecars.{sidecar}.image", container.image


def _severity(target: Target, service: str) -> Status:
    """A pipeline that owns the image has deployed others since: a deploy does not change the running one."""
    owner = target.project.services[service].deployment.image_owner
    return "warning" if target.deployed and owner == "external" else "missing"


def _problems(service: str, path: str, text: str, found: FoundImage, platform: str) -> Iterator[Problem]:
    where = Position(path)
    if not found.repository:
        yield Problem(where, "the repository does not exist", text, "create it and push the image, or correct its name")
    elif not found.image:
        yield Problem(where, "the image does not exist", text, "push it, or correct its tag or digest")
    elif found.platforms and platform not in found.platforms:
        fix = f"build it for {platform}, or set services.{service}.architecture"
        yield Problem(where, f"the image is not for {platform}", f"{text} for {', '.join(found.platforms)}", fix)
