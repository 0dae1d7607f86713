"""Rules of a task: its size, its containers and their dependencies.

Sources: the ECS API reference (RegisterTaskDefinition, ContainerDefinition) and the Fargate table of task sizes
in the ECS Developer Guide.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Container, Finding, Rule, containers, containers_of, service_path
from stacks.project.rules.quotas import MAX_INTEGER
from stacks.project.suggest import did_you_mean, listed

MEMORY_BY_CPU: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
    32768: (61440, 122880, 249856),
}
"""The sizes of Fargate tasks: CPU units to MiB of memory."""

MAX_CONTAINERS = 10
ULIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc"),
    *("rss", "rtprio", "rttime", "sigpending", "stack"),
)
_CONTAINER_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_UNLIMITED = -1
_LISTED_SIZES = 8


def task_size(project: Project) -> Iterator[Finding]:
    """Fargate has fixed pairs of cpu and memory."""
    for name, service in project.services.items():
        paths = service_path(name, "cpu"), service_path(name, "memory")
        legal = MEMORY_BY_CPU.get(service.cpu)
        if legal is None:
            what = f"{dotted(paths[0])} must be {listed(MEMORY_BY_CPU)}"
            yield Finding(paths[:1], what, str(service.cpu), _size_fix(service))
        elif service.memory not in legal:
            what = f"{dotted(paths[1])} must be {_sizes(legal)} with cpu {service.cpu}"
            yield Finding(paths, what, str(service.memory), _size_fix(service))


def _size_fix(service: Service) -> str:
    cpu, memory = nearest_size(service.cpu, service.memory)
    return f"the nearest valid pair is cpu: {cpu} with memory: {memory}"


def nearest_size(cpu: int, memory: int) -> tuple[int, int]:
    """The valid pair whose cpu and memory differ by the smallest factors; the larger one of two."""

    def distance(pair: tuple[int, int]) -> tuple[float, int]:
        factors = abs(math.log2(pair[0] / max(cpu, 1))) + abs(math.log2(pair[1] / max(memory, 1)))
        return factors, -pair[1]

    return min(((size, legal) for size, all_legal in MEMORY_BY_CPU.items() for legal in all_legal), key=distance)


def _sizes(legal: tuple[int, ...]) -> str:
    if len(legal) <= _LISTED_SIZES:
        return f"{listed(legal)} MiB"
    return f"{legal[0]} to {legal[-1]} MiB in steps of {legal[1] - legal[0]}"


def container_count(project: Project) -> Iterator[Finding]:
    """A task has at most ten containers."""
    for name, service in project.services.items():
        most = MAX_CONTAINERS - 1 - service.logs.adds_router
        if len(service.sidecars) > most:
            path = service_path(name, "sidecars")
            router = ", with the log router" if service.logs.adds_router else ""
            limit = f"at most {most} sidecars: a task has at most {MAX_CONTAINERS} containers{router}"
            what, fix = f"{dotted(path)} must have {limit}", "remove some, or move them to a service of their own"
            yield Finding((path,), what, str(len(service.sidecars)), fix, "key")


def container_names(project: Project) -> Iterator[Finding]:
    """Names of containers and volumes are valid for ECS; a sidecar's name differs from its service's."""
    for name, service in project.services.items():
        for section, names in (("sidecars", service.sidecars), ("volumes", service.volumes)):
            for key in names:
                path = service_path(name, section, key)
                if not _CONTAINER_NAME.fullmatch(key):
                    what = f"names in {dotted(path[:-1])} must be 1 to 255 letters, digits, dashes and underscores"
                    yield Finding((path,), what, key or '""', "rename it", "name")
        if name in service.sidecars:
            path = service_path(name, "sidecars", name)
            what = f"a sidecar can't be named {name}: the service's own container has that name"
            yield Finding((path,), what, name, "rename the sidecar", "name")


def container_sizes(project: Project) -> Iterator[Finding]:
    """The reservations of sidecars fit into the task, separately and together."""
    for name, service in project.services.items():
        for key, total in (("cpu", service.cpu), ("memory", service.memory)):
            reserved = {c.path: getattr(c.config, key) or 0 for c in containers_of(name, service)[1:]}
            too_large = [path for path, size in reserved.items() if size > total]
            task = service_path(name, key)
            for path in too_large:
                what = f"{dotted((*path, key))} must be at most the task's {key} of {total}"
                fix = f"lower it, or raise {dotted(task)}"
                yield Finding(((*path, key), task), what, str(reserved[path]), fix)
            if not too_large and sum(reserved.values()) > total:
                paths = (*((*path, key) for path, size in reserved.items() if size), task)
                what = f"the {key} of all sidecars of {name} must be at most the task's {key} of {total}"
                yield Finding(paths, what, str(sum(reserved.values())), f"lower one of them, or raise {dotted(task)}")


def container_ports(project: Project) -> Iterator[Finding]:
    """Containers of a task share one network interface, so no two listen on the same port of a protocol."""
    for name, service in project.services.items():
        taken: dict[tuple[int, str], Path] = {}
        if service.served_port is not None:
            own_tcp = service.tcp and service.tcp.port and service.target is None
            key = "connect" if service.type != "web" else "tcp" if own_tcp else "port"
            taken[service.served_port, "tcp"] = service_path(name, key)
        for key, sidecar in service.sidecars.items():
            path = service_path(name, "sidecars", key, "port")
            if sidecar.port is None:
                if "protocol" in sidecar.model_fields_set:
                    what = f"{dotted((*path[:-1], 'protocol'))} has no effect without a port"
                    yield Finding(((*path[:-1], "protocol"),), what, None, "add port, or remove it", "key", "warning")
                continue
            if other := taken.get((sidecar.port, sidecar.protocol)):
                reason = "because the containers of a task share a network interface"
                what = f"{dotted(path)} must differ from {dotted(other)}, {reason}"
                yield Finding((path, other), what, str(sidecar.port), "give one of them another port")
            taken.setdefault((sidecar.port, sidecar.protocol), path)


def health_commands(project: Project) -> Iterator[Finding]:
    """A container health check's command starts with CMD or CMD-SHELL."""
    for container in containers(project):
        check = container.health_check
        path = (*container.health_check_path, "command")
        if check is not None and (check.command[:1] not in (("CMD",), ("CMD-SHELL",)) or len(check.command) < 2):
            what = f"{dotted(path)} must start with CMD or CMD-SHELL, followed by the command"
            got = f"a list that starts with {check.command[0]}" if check.command else "an empty list"
            if check.command[:1] in (("CMD",), ("CMD-SHELL",)):
                got = f"only {check.command[0]}"
            yield Finding((path,), what, got, 'for example [CMD-SHELL, "curl -f localhost:3000"]')


def dependencies(project: Project) -> Iterator[Finding]:
    """A container depends on another one of its task, with a condition that can be reached."""
    for name, service in project.services.items():
        group = {container.name: container for container in containers_of(name, service)}
        for container in group.values():
            for target, condition in container.config.depends_on.items():
                yield from _dependency(container, target, condition, group, project.services)


def _dependency(
    container: Container, target: str, condition: str, group: dict[str, Container], services: Mapping[str, Service]
) -> Iterator[Finding]:
    path = (*container.path, "depends_on", target)
    others = [name for name in group if name != container.name]
    if target == container.name:
        yield Finding((path,), f"{container.name} can't depend on itself", target, "remove it", "key")
    elif target not in group:
        what = f"{dotted(path[:-1])} must name containers of the same task"
        fix = did_you_mean(target, others, "the containers are") if others else "add it under sidecars, or remove it"
        fix = "remove it; services start independently" if target in services else fix
        yield Finding((path, (*path[:2], "sidecars", target)), what, target, fix, "key")
    elif condition == "HEALTHY" and group[target].health_check is None:
        check = group[target].health_check_path
        what = f"{dotted(path)} is HEALTHY, but {target} has no {check[-1]}"
        yield Finding((check[:-1], path, check), what, None, f"add one to {target}, or use START", "missing")
    elif condition in ("COMPLETE", "SUCCESS") and group[target].essential:
        what = f"{dotted(path)} is {condition}, but {target} is essential, so the task stops with it"
        essential = (*group[target].path, "essential")
        fix = f"write essential: false for {target}, or use START or HEALTHY"
        yield Finding((path, essential), what, condition, fix)


def dependency_cycles(project: Project) -> Iterator[Finding]:
    """Containers have no dependency cycle, because they would never start."""
    for name, service in project.services.items():
        if len(service.sidecars) >= MAX_CONTAINERS:
            continue
        group = {container.name: container for container in containers_of(name, service)}
        cycle = _cycle({key: [t for t in c.config.depends_on if t in group and t != key] for key, c in group.items()})
        if cycle:
            pairs = zip(cycle, [*cycle[1:], cycle[0]], strict=True)
            paths = tuple((*group[one].path, "depends_on", other) for one, other in pairs)
            what = f"containers of {name} have a dependency cycle: {' -> '.join([*cycle, cycle[0]])}"
            yield Finding(paths, what, None, "remove one of these dependencies", "key")


def _cycle(graph: dict[str, list[str]]) -> list[str]:
    """The names on a cycle of the graph, in order; empty when it has none."""
    done: set[str] = set()

    def walk(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return trail[trail.index(node) :]
        if node in done:
            return []
        for target in graph[node]:
            if found := walk(target, [*trail, node]):
                return found
        done.add(node)
        return []

    return next((found for node in graph if (found := walk(node, []))), [])


def ulimits(project: Project) -> Iterator[Finding]:
    """Limits have Linux's names, and a soft limit is at most the hard one."""
    for name, service in project.services.items():
        for limit, (soft, hard) in service.ulimits.items():
            path = service_path(name, "ulimits", limit)
            if limit not in ULIMITS:
                what = f"names in {dotted(path[:-1])} must be {listed(ULIMITS)}"
                yield Finding((path,), what, limit, did_you_mean(limit, ULIMITS, "choose one of"), "name")
            elif not _legal_limits(soft, hard):
                what = f"{dotted(path)} must be [soft, hard] with soft from 0 to hard, or -1 for unlimited"
                low, high = sorted(min(max(number, 0), MAX_INTEGER) for number in (soft, hard))
                yield Finding((path,), what, f"[{soft}, {hard}]", f"write [{low}, {high}]")


def _legal_limits(soft: int, hard: int) -> bool:
    """Whether ECS accepts the limits; -1 is unlimited, which a soft limit can only be with an unlimited hard one."""
    if hard == _UNLIMITED:
        return soft == _UNLIMITED or 0 <= soft <= MAX_INTEGER
    return 0 <= soft <= hard <= MAX_INTEGER


RULES: tuple[Rule, ...] = (
    task_size,
    container_count,
    container_names,
    container_sizes,
    container_ports,
    health_commands,
    dependencies,
    dependency_cycles,
    ulimits,
)
