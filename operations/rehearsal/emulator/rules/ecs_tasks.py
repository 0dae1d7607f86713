"""Task definitions that ECS refuses.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/, pages API_RegisterTaskDefinition and
API_Volume; https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html and
service-quotas.html.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.principals import role_of

INVALID = "ClientException"
OPERATION = "RegisterTaskDefinition"
SIZES: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
    32768: (61440, 122880, 249856),
}
"""The pairs of CPU units and MiB that Fargate runs."""
MAX_BYTES = 64 * 1024
"""The largest task definition (service-quotas.html: 64 KiB)."""
MAX_CONTAINERS = 10
STORAGE_GIB = range(21, 201)
_VOLUME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PARTS = re.compile(r"(?P<number>\d*\.?\d+)\s*(?P<unit>vcpu|gb)?", re.IGNORECASE)


def containers_of(request: Request) -> list[Mapping[str, Any]]:
    """The containers of a task definition."""
    return list(request.parameters.get("containerDefinitions", ()))


def is_fargate(request: Request) -> bool:
    """Whether a task definition is for Fargate."""
    return "FARGATE" in request.parameters.get("requiresCompatibilities", ())


def _units(value: str | None) -> int | None:
    """CPU units or MiB, which can also be written as `1 vCPU` and `2 GB`."""
    parts = _PARTS.fullmatch(value.strip()) if value else None
    if parts is None:
        return None
    return int(float(parts["number"]) * (1024 if parts["unit"] else 1))


@rule("ecs", OPERATION)
def fargate_size(request: Request) -> None:
    """CPU and memory that Fargate does not have as a pair."""
    if is_fargate(request):
        cpu, memory = (_units(request.parameters.get(name)) for name in ("cpu", "memory"))
        text = "Fargate requires that 'cpu' and 'memory' be defined at the task level."
        refused_unless(cpu and memory, INVALID, text)
        known = memory in SIZES.get(cpu or 0, ())
        refused_unless(known, INVALID, "No Fargate configuration exists for given values.")


@rule("ecs", OPERATION)
def fargate_network_mode(request: Request) -> None:
    """Another network mode than awsvpc on Fargate."""
    if is_fargate(request):
        valid = request.parameters.get("networkMode") == "awsvpc"
        refused_unless(valid, INVALID, "Fargate only supports network mode 'awsvpc'.")


@rule("ecs", OPERATION)
def container_sizes(request: Request) -> None:
    """Containers that need more CPU or memory than their task has."""
    for name, members in (("cpu", ("cpu",)), ("memory", ("memoryReservation", "memory"))):
        limit = _units(request.parameters.get(name))
        sizes = [next((each[member] for member in members if each.get(member)), 0) for each in containers_of(request)]
        if limit is not None and sum(sizes) > limit:
            raise Refused(
                INVALID, f"Total {name} of containers '{sum(sizes)}' exceeds the {name} '{limit}' of the task."
            )


@rule("ecs", OPERATION)
def containers(request: Request) -> None:
    """No container, more than ten, two of one name, and none that is essential."""
    found = containers_of(request)
    refused_unless(found, INVALID, "Container list cannot be empty.")
    text = f"Too many containers: a task definition can have at most {MAX_CONTAINERS}."
    refused_unless(len(found) <= MAX_CONTAINERS, INVALID, text)
    twice = [name for name, count in Counter(each.get("name") for each in found).items() if count > 1]
    refused_unless(not twice, INVALID, f"Container.name must be unique, found duplicate container name {twice}.")
    essential = any(each.get("essential", True) for each in found)
    refused_unless(essential, INVALID, "At least one container in the task definition must be marked essential.")


@rule("ecs", OPERATION)
def dependencies(request: Request) -> None:
    """Dependencies on unknown containers, in a cycle, or on a state that the container does not reach."""
    found = {each.get("name"): each for each in containers_of(request)}
    for name, container in found.items():
        for each in container.get("dependsOn", ()):
            other, condition = found.get(each["containerName"]), each["condition"]
            if other is None:
                raise Refused(INVALID, f"Container {name} depends on unknown container {each['containerName']}.")
            if condition == "HEALTHY" and not other.get("healthCheck"):
                text = "A dependency container with HEALTHY condition must have a health check defined"
                raise Refused(INVALID, text)
            if condition in ("SUCCESS", "COMPLETE") and other.get("essential", True):
                text = "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container"
                raise Refused(INVALID, text)
    if _is_cyclic({name: [each["containerName"] for each in one.get("dependsOn", ())] for name, one in found.items()}):
        raise Refused(INVALID, "Container dependencies have a cycle.")


def _is_cyclic(edges: Mapping[Any, list[str]]) -> bool:
    remaining = dict(edges)
    while remaining:
        free = [name for name, others in remaining.items() if not any(other in remaining for other in others)]
        if not free:
            return True
        for name in free:
            del remaining[name]
    return False


@rule("ecs", OPERATION)
def volumes(request: Request) -> None:
    """Mount points of unknown volumes, volumes of one name, and paths of the host on Fargate."""
    found = request.parameters.get("volumes", ())
    names = [each.get("name") for each in found]
    twice = [name for name, count in Counter(names).items() if count > 1]
    refused_unless(not twice, INVALID, f"Duplicate volume name {twice}.")
    for name in names:
        text = "Volume.name contains invalid characters or is longer than 255 characters."
        refused_unless(_VOLUME.fullmatch(name or ""), INVALID, text)
    for container in containers_of(request):
        for mount in container.get("mountPoints", ()):
            refused_unless(
                mount.get("sourceVolume") in names, INVALID, f"Unknown volume '{mount.get('sourceVolume')}'."
            )
    for each in found:
        if is_fargate(request) and each.get("host", {}).get("sourcePath"):
            raise Refused(INVALID, "Fargate tasks do not support host.sourcePath.")


@rule("ecs", OPERATION)
def file_systems(request: Request) -> None:
    """An access point with a root directory, and IAM without encryption in transit (API_EFSVolumeConfiguration)."""
    for each in request.parameters.get("volumes", ()):
        efs = each.get("efsVolumeConfiguration", {})
        access = efs.get("authorizationConfig", {})
        root = efs.get("rootDirectory", "/")
        if access.get("accessPointId"):
            text = "Root directory must not be specified, or set to /, when an access point is specified."
            refused_unless(root in ("", "/"), INVALID, text)
        if access.get("accessPointId") or access.get("iam") == "ENABLED":
            text = "Transit encryption must be enabled when IAM authorization or an access point is used."
            refused_unless(efs.get("transitEncryption") == "ENABLED", INVALID, text)


@rule("ecs", OPERATION)
def execution_role(request: Request) -> None:
    """Secrets, environment files, credentials, awslogs on Fargate and images of ECR without an execution role."""
    if request.parameters.get("executionRoleArn"):
        return
    for container in containers_of(request):
        log = container.get("logConfiguration", {})
        if container.get("secrets") or log.get("secretOptions"):
            text = "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
            raise Refused(INVALID, text)
        if container.get("environmentFiles") or container.get("repositoryCredentials"):
            raise Refused(
                INVALID, "Environment files and repository credentials require a value for 'executionRoleArn'."
            )
        text = "Fargate requires task definition to have execution role ARN to support"
        if is_fargate(request) and log.get("logDriver") == "awslogs":
            raise Refused(INVALID, f"{text} log driver awslogs.")
        if is_fargate(request) and re.match(r"\d{12}\.dkr\.ecr\.", container.get("image", "")):
            raise Refused(INVALID, f"{text} ECR images.")


@rule("ecs", OPERATION)
def roles(request: Request) -> None:
    """Roles that do not exist in the account."""
    for name in ("taskRoleArn", "executionRoleArn"):
        arn = request.parameters.get(name)
        if arn and (not arn.startswith("arn:") or arn.split(":")[4] == request.account):
            refused_unless(role_of(request, arn) is not None, INVALID, "Role is not valid")


@rule("ecs", OPERATION)
def ephemeral_storage(request: Request) -> None:
    """Ephemeral storage outside its range."""
    storage = request.parameters.get("ephemeralStorage", {}).get("sizeInGiB")
    text = "Ephemeral storage size must be between 21 and 200 GiB."
    refused_unless(storage is None or storage in STORAGE_GIB, INVALID, text)


@rule("ecs", OPERATION)
def size(request: Request) -> None:
    """A task definition of more than 64 KiB."""
    length = len(json.dumps(request.parameters, separators=(",", ":"), default=str).encode())
    text = f"Actual length: '{length}'. Max allowed length is '{MAX_BYTES}' bytes."
    refused_unless(length <= MAX_BYTES, INVALID, text)
