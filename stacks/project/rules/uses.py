"""Rules of what services use."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.project.models import Project, Service, Use
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.rules.variables import SET_BY_ECS, variable_name
from stacks.project.suggest import listed, nearest
from stacks.project.uses import NOUNS, PROPERTIES, QUEUE, kind_of, usable


def uses(project: Project) -> Iterator[Finding]:
    """A service uses resources and the queues of other workers, with the properties that these have."""
    for name, service in project.services.items():
        for target, use in service.uses.items():
            yield from _target(project, name, target, use)


def _target(project: Project, name: str, target: str, use: Use) -> Iterator[Finding]:
    path, kind = service_path(name, "uses", target), kind_of(project, target)
    if target == name:
        own = ", which has the URL of its own queue in QUEUE_URL" if kind == QUEUE else ""
        what = f"{dotted(path)} must be something else than the service itself{own}"
        yield Finding((path,), what, target, "remove it", "name")
    elif kind is None and target in project.services:
        what = f"{dotted(path)} must be a resource or a worker with a queue"
        fix = f"give {target} type: worker and queue: {{}}, or connect: true to call it"
        yield Finding((path, service_path(target, "queue")), what, f"a service without one, {target}", fix, "name")
    elif kind is None:
        what = f"{dotted(path)} must be a resource or a worker with a queue"
        near = nearest(target, usable(project))
        add = "add it to resources at the top level of the file, or remove it from uses"
        fix = f"did you mean {near}?" if near else add
        # The other path: a resource that is not valid itself has a message of its own.
        yield Finding((path, ("resources", target)), what, target or '""', fix, "name")
    else:
        yield from _properties(path, target, kind, use)


def _properties(path: Path, target: str, kind: str, use: Use) -> Iterator[Finding]:
    offered = PROPERTIES[kind]
    for key in use.model_fields_set:
        if key not in offered and (key == "access" or getattr(use, key) is not None):
            what = f"{dotted((*path, key))} is not a property of {NOUNS[kind]}"
            fix = f"use {listed(offered)}" if key != "access" else "remove it; " + _given(kind)
            yield Finding(((*path, key), ("resources", target, "type")), what, key, fix, "key")


def _given(kind: str) -> str:
    """What a service may do with a target that has no `access`."""
    if kind == "topic":
        return "the service may publish"
    return "the service may send messages" if kind == QUEUE else "the service may connect"


def use_variables(project: Project) -> Iterator[Finding]:
    """The variables have names that containers can have, and no other place sets them."""
    for name, service in project.services.items():
        taken: dict[str, Path] = {}
        for path, variable in variables_of(name, service):
            yield from _variable(path, variable, service, taken)
            taken.setdefault(variable, path)


def variables_of(name: str, service: Service) -> Iterator[tuple[Path, str]]:
    """The variables in `uses` of a service, and where they are written."""
    for target, use in service.uses.items():
        for key, variable in use.variables.items():
            yield service_path(name, "uses", target, key), variable


def _variable(path: Path, variable: str, service: Service, taken: dict[str, Path]) -> Iterator[Finding]:
    section = next((key for key in ("environment", "secrets") if variable in getattr(service, key)), None)
    if section is not None:
        other = (*path[:2], section, variable)
        what = f"{dotted(path)} and {dotted(other)} set the same variable"
        yield Finding((path, other), what, variable, "remove one of them, or name another variable")
    elif variable in taken:
        what = f"{dotted(path)} and {dotted(taken[variable])} set the same variable"
        yield Finding((path, taken[variable]), what, variable, "name another variable")
    elif variable in SET_BY_ECS:
        yield Finding((path,), f"{dotted(path)} must be a variable that ECS does not set", variable, "name another one")
    elif variable in _set_by_ecsforge(service):
        what = f"{dotted(path)} must be a variable that ecsforge does not set"
        yield Finding((path,), what, variable, "name another one")
    else:
        yield from variable_name(path, variable)


def _set_by_ecsforge(service: Service) -> set[str]:
    port = {"PORT"} if service.served_port else set()
    return port | ({"QUEUE_URL"} if service.queue is not None else set())


RULES: tuple[Rule, ...] = (uses, use_variables)
