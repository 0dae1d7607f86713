"""Whether the images of the services exist and fit their architecture, where AWS knows them: in private ECR registries.

ECS pulls them when a task starts (ECS Developer Guide, "CannotPullContainerError"); for another architecture the
container ends with "exec format error".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from operations.checks.answers import denied
from operations.checks.ecr import FoundImage, find_image
from operations.checks.model import CheckResult, Status
from operations.checks.target import Target
from operations.clients import Requests
from operations.text import counted
from stacks.errors import AwsError, Position, Problem
from stacks.image_reference import ImageReference, ecr_repository
from stacks.project.models.build import PLATFORMS


def images(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The checks of the images in ECR; none if no service uses one.

    Deploys find the images of services with `build` or `repository` themselves.
    """
    results, checked = [], 0
    found: dict[str, FoundImage] = {}
    for service, path, text in _images(target):
        ecr = ecr_repository(text)
        if ecr is None:
            continue
        checked += 1
        try:
            if text not in found:
                found[text] = find_image(requests, ImageReference.parse(text), ecr)
        except AwsError as error:
            results.append(denied("images", error, requests))
            continue
        platform = PLATFORMS[target.project.services[service].architecture]
        problems = _problems(service, path, text, found[text], platform)
        status = _severity(target, service)
        results += [CheckResult.of("images", each, status=status, calls=requests.calls) for each in problems]
        results += _unread(path, text, found[text], requests)
    yield from results
    if checked and not results:
        yield CheckResult("images", "ok", f"{counted(checked, 'image')} in ECR", calls=tuple(requests.calls))


def _images(target: Target) -> Iterator[tuple[str, str, str]]:
    """The service, the field and the image of each container whose image is in the project file."""
    for name, service in target.project.services.items():
        if not service.image_is_deployed:
            yield name, f"services.{name}.image", service.image
        for sidecar, container in service.sidecars.items():
            yield name, f"services.{name}.sidecars.{sidecar}.image", container.image


def _unread(path: str, text: str, found: FoundImage, requests: Requests) -> Iterator[CheckResult]:
    """The warning for an image that exists, but whose platforms could not be read."""
    if found.unread is not None:
        cause = found.unread.problems[0]
        what = f"its architecture was not checked: {cause.what}"
        problem = replace(cause, where=Position(path), what=what, got=cause.got or text)
        yield CheckResult.of("images", problem, status="warning", calls=requests.calls)


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
