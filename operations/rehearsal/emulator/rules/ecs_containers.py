"""Containers of task definitions that ECS refuses.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/, pages API_ContainerDefinition, API_HealthCheck,
API_EnvironmentFile, API_Ulimit, API_SystemControl, API_FirelensConfiguration and API_LogConfiguration; the section on
tasks in https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.ecs_tasks import INVALID, OPERATION, containers_of, is_fargate

LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
"""The log drivers on Fargate (API_LogConfiguration)."""
LOG_OPTIONS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")
"""The options that awslogs needs on Fargate."""
STOP_TIMEOUT = range(2, 121)
HEALTH_CHECK = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
"""The range of each number of a health check (API_HealthCheck), both ends included."""
_NOT_ON_FARGATE = (
    *("disableNetworking", "dnsSearchDomains", "dnsServers", "dockerSecurityOptions", "extraHosts", "links"),
    "privileged",
)
LEAST_MEMORY = 6
"""The least MiB of a container."""
LONGEST_IMAGE = 255
MAX_ENV_FILES = 10
MOST = 2_147_483_647
"""The highest limit of a ulimit; -1 is unlimited."""
_IPC_PARAMETERS = frozenset(
    f"kernel.{name}" for name in ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced")
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


@rule("ecs", OPERATION)
def names_and_images(request: Request) -> None:
    """Names with other characters, and images that are empty or too long."""
    for container in containers_of(request):
        name, image = container.get("name", ""), container.get("image", "")
        text = "Container.name contains invalid characters or is longer than 255 characters."
        refused_unless(_NAME.fullmatch(name), INVALID, text)
        valid = image.strip() and len(image) <= LONGEST_IMAGE
        refused_unless(valid, INVALID, "Container.image must be 1 to 255 characters.")


@rule("ecs", OPERATION)
def secrets(request: Request) -> None:
    """A secret with the name of another secret or of an environment variable (API_ContainerDefinition, secrets)."""
    for container in containers_of(request):
        variables = {each.get("name") for each in container.get("environment", ())}
        found = Counter(each["name"] for each in container.get("secrets", ()))
        for name, count in found.items():
            text = (
                "The secret name must be unique and not shared with any new or existing environment variables set on "
            )
            refused_unless(count == 1 and name not in variables, INVALID, f"{text}the container, such as '{name}'.")


@rule("ecs", OPERATION)
def env_files(request: Request) -> None:
    """More than ten files, and files that do not end in .env."""
    for container in containers_of(request):
        files = [each.get("value", "") for each in container.get("environmentFiles", ())]
        refused_unless(len(files) <= MAX_ENV_FILES, INVALID, "A container can have at most 10 environment files.")
        for file in files:
            refused_unless(file.endswith(".env"), INVALID, f"The environment file {file} must have the extension .env.")


@rule("ecs", OPERATION)
def ulimits(request: Request) -> None:
    """Soft limits above the hard one."""
    for container in containers_of(request):
        for each in container.get("ulimits", ()):
            soft, hard = each.get("softLimit", 0), each.get("hardLimit", 0)
            fits = -1 <= soft <= MOST and -1 <= hard <= MOST and (hard == -1 or -1 < soft <= hard)
            text = f"The soft limit of ulimit {each.get('name')} must not be higher than its hard limit."
            refused_unless(fits, INVALID, text)


@rule("ecs", OPERATION)
def health_check_command(request: Request) -> None:
    """A command that begins with neither CMD nor CMD-SHELL."""
    for container in containers_of(request):
        command = container.get("healthCheck", {}).get("command")
        if command is not None:
            valid = len(command) > 1 and command[0] in ("CMD", "CMD-SHELL")
            refused_unless(valid, INVALID, "Health check command must begin with CMD or CMD-SHELL.")


@rule("ecs", OPERATION)
def logs(request: Request) -> None:
    """Log drivers that Fargate does not have, and awslogs without the options that it needs there."""
    for container in containers_of(request) if is_fargate(request) else ():
        log = container.get("logConfiguration")
        if not log:
            continue
        driver, options = log.get("logDriver"), log.get("options", {})
        text = f"Fargate compatible task definitions support only log drivers: {', '.join(LOG_DRIVERS)}."
        refused_unless(driver in LOG_DRIVERS, INVALID, text)
        missing = [name for name in LOG_OPTIONS if driver == "awslogs" and not options.get(name)]
        refused_unless(not missing, INVALID, f"Log driver awslogs requires options: {', '.join(missing)}.")


@rule("ecs", OPERATION)
def port_mappings(request: Request) -> None:
    """Ports and names of port mappings that two containers use, and host ports that differ with awsvpc."""
    mappings = [each for one in containers_of(request) for each in one.get("portMappings", ())]
    for each in mappings:
        port, host = each.get("containerPort"), each.get("hostPort")
        if port is not None:
            refused_unless(1 <= port <= 65535, INVALID, f"Invalid container port '{port}'.")
        if request.parameters.get("networkMode") == "awsvpc" and host:
            text = "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
            refused_unless(host == port, INVALID, text)
    ports = Counter((each.get("containerPort"), each.get("protocol", "tcp")) for each in mappings)
    if request.parameters.get("networkMode") == "awsvpc":
        twice = sorted(f"{port}/{protocol}" for (port, protocol), count in ports.items() if count > 1)
        refused_unless(not twice, INVALID, f"Duplicate port mappings: {', '.join(twice)}.")
    names = Counter(each["name"] for each in mappings if each.get("name"))
    twice = sorted(name for name, count in names.items() if count > 1)
    refused_unless(not twice, INVALID, f"Duplicate names of port mappings: {', '.join(twice)}.")


@rule("ecs", OPERATION)
def fargate_parameters(request: Request) -> None:
    """Parameters of containers that Fargate does not have (fargate-tasks-services.html)."""
    for container in containers_of(request) if is_fargate(request) else ():
        for name in _unsupported(container):
            raise Refused(INVALID, f"Fargate compatible task definitions do not support {name}.")


def _unsupported(container: Mapping[str, Any]) -> Iterator[str]:
    for name in _NOT_ON_FARGATE:
        if container.get(name):
            yield name
    linux = container.get("linuxParameters", {})
    for name in ("devices", "sharedMemorySize", "maxSwap", "swappiness"):
        if linux.get(name) is not None:
            yield f"linuxParameters.{name}"
    if set(linux.get("capabilities", {}).get("add", ())) - {"SYS_PTRACE"}:
        yield "linuxParameters.capabilities.add other than SYS_PTRACE"


@rule("ecs", OPERATION)
def numbers(request: Request) -> None:
    """Health checks, stop timeouts and memory outside their range."""
    for container in containers_of(request):
        memory = [container[name] for name in ("memory", "memoryReservation") if container.get(name)]
        text = (
            f"Invalid 'memory' setting for container {container.get('name')}. It must be at least {LEAST_MEMORY} MiB."
        )
        refused_unless(all(each >= LEAST_MEMORY for each in memory), INVALID, text)
        timeout = container.get("stopTimeout")
        text = f"Stop timeout must be between {STOP_TIMEOUT[0]} and {STOP_TIMEOUT[-1]} seconds on Fargate."
        refused_unless(not is_fargate(request) or timeout is None or timeout in STOP_TIMEOUT, INVALID, text)
        for name, (low, high) in HEALTH_CHECK.items():
            value = container.get("healthCheck", {}).get(name)
            text = f"Health check {name} must be between {low} and {high}."
            refused_unless(value is None or low <= value <= high, INVALID, text)


@rule("ecs", OPERATION)
def firelens(request: Request) -> None:
    """Logs for a router without one, two routers, and what Fargate does not have (API_FirelensConfiguration)."""
    routers = [each["firelensConfiguration"] for each in containers_of(request) if each.get("firelensConfiguration")]
    refused_unless(len(routers) <= 1, INVALID, "A task definition can have only one FireLens container.")
    drivers = {each.get("logConfiguration", {}).get("logDriver") for each in containers_of(request)}
    text = "A container uses the awsfirelens log driver, but no container has a FireLens configuration."
    refused_unless("awsfirelens" not in drivers or routers, INVALID, text)
    for router in routers if is_fargate(request) else ():
        text = "Fargate supports only the FireLens configuration file type file."
        refused_unless(router.get("options", {}).get("config-file-type", "file") == "file", INVALID, text)


@rule("ecs", OPERATION)
def system_controls(request: Request) -> None:
    """Kernel parameters that are in no namespace of a container (API_SystemControl)."""
    for container in containers_of(request):
        for each in container.get("systemControls", ()):
            name = each.get("namespace", "")
            known = name in _IPC_PARAMETERS or name.startswith(("net.", "fs.mqueue."))
            refused_unless(known, INVALID, f"Invalid namespace '{name}' in systemControls.")
