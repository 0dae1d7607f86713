"""Rules of what containers of a task are for and how they run: the target of requests, and kernel parameters.

Sources: the ECS API reference (LoadBalancer, SystemControl).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project, Service
from stacks.project.nodes import dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.suggest import did_you_mean, listed, nearest

IPC_PARAMETERS = tuple(
    f"kernel.{name}" for name in ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced")
)
_PARAMETER = re.compile(r"(?:net|fs\.mqueue)(?:\.[A-Za-z0-9_-]+)+", re.ASCII)


def is_system_control(parameter: str) -> bool:
    """Whether Fargate can set a kernel parameter (ECS API reference, SystemControl)."""
    return parameter in IPC_PARAMETERS or _PARAMETER.fullmatch(parameter) is not None


def target_containers(project: Project) -> Iterator[Finding]:
    """The target is a sidecar that listens on a TCP port."""
    for name, service in project.services.items():
        if service.target_container is not None:
            yield from _target_container(name, service, service.target_container)


def _target_container(name: str, service: Service, target: str) -> Iterator[Finding]:
    path, sidecar = service_path(name, "target_container"), service_path(name, "sidecars", target)
    if target == name:
        what = f"{dotted(path)} must be a sidecar: the service's own container is the target without it"
        yield Finding((path,), what, target, "remove it")
    elif target not in service.sidecars:
        fix = (
            did_you_mean(target, service.sidecars, "the sidecars are") if service.sidecars else "add it under sidecars"
        )
        yield Finding((path,), f"{dotted(path)} must be a sidecar", target or '""', fix)
    elif service.sidecars[target].port is None:
        what = f"{dotted(sidecar)} receives the requests, so it needs a port"
        yield Finding(
            (sidecar, path, (*sidecar, "port")), what, None, "add port: 80, or the port it listens on", "missing"
        )
    elif service.sidecars[target].protocol != "tcp":
        what = f"{dotted((*sidecar, 'protocol'))} must be tcp, because the load balancer reaches {target}"
        yield Finding(((*sidecar, "protocol"), path), what, service.sidecars[target].protocol, "write protocol: tcp")


def system_controls(project: Project) -> Iterator[Finding]:
    """Kernel parameters are in a namespace of the container, and have a value."""
    for name, service in project.services.items():
        for parameter, value in service.system_controls.items():
            path = service_path(name, "system_controls", parameter)
            if not is_system_control(parameter):
                what = (
                    f"names in {dotted(path[:-1])} must start with net. or fs.mqueue., or be {listed(IPC_PARAMETERS)}"
                )
                near = nearest(parameter, IPC_PARAMETERS)
                fix = f"did you mean {near}?" if near else "remove it, because Fargate can't set it"
                yield Finding((path,), what, parameter or '""', fix, "name")
            elif not value.strip():
                yield Finding((path,), f"{dotted(path)} must have a value", '""', 'for example "1024"')


RULES: tuple[Rule, ...] = (target_containers, system_controls)
