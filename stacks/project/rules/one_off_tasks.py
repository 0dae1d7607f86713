"""Rules of `deployment.before` and `deployment.after`, the one-off tasks around a deployment.

Sources: the ECS API reference (RunTask, `overrides`) and the ECS Developer Guide ("Service Connect": only tasks of a
service can use an endpoint).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from stacks.project.models import OneOffTask, Project, Service, written_texts
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path

MAX_TASKS = 5
# "A total of 8192 characters are allowed for overrides. This limit includes the JSON formatting characters."
MAX_OVERRIDES = 8192
_KEYS = ("before", "after")
_FOR_HOSTS = re.compile(r"(?:^|_)(?:HOSTS?|HOSTNAME|URL|URI|ADDR|ADDRESS|ENDPOINT|SERVER|SERVICE|UPSTREAM)(?:_|$)")


def overrides(container: str, command: tuple[str, ...]) -> dict[str, list[dict[str, object]]]:
    """The `overrides` of RunTask that replace the command of a container."""
    return {"containerOverrides": [{"name": container, "command": list(command)}]}


def tasks(project: Project) -> Iterator[Finding]:
    """One-off tasks have a command that ECS accepts, and a service whose deployment they belong to."""
    for name, service in project.services.items():
        for key in _KEYS:
            found: tuple[OneOffTask, ...] = getattr(service.deployment, key)
            path = service_path(name, "deployment", key)
            if found:
                yield from _service(service, path)
            if len(found) > MAX_TASKS:
                what = f"{dotted(path)} must have at most {MAX_TASKS} tasks"
                yield Finding((path,), what, str(len(found)), "run several commands in one task, as a script")
            for index, task in enumerate(found):
                yield from _command(name, task, (*path, index, "command"))


def _service(service: Service, path: Path) -> Iterator[Finding]:
    """The service must be one that a deploy changes."""
    kind = (*path[:2], "type")
    if service.type == "job":
        what = f"{dotted(path)} is only for services of type web or worker: a job has no deployment"
        yield Finding((path, kind), what, "type job", "remove it, or write it in the service that it belongs to", "key")


def _command(name: str, task: OneOffTask, path: Path) -> Iterator[Finding]:
    if not task.command or not task.command[0].strip():
        what = f"{dotted(path)} must start with a program"
        yield Finding((path,), what, json.dumps(list(task.command)), f"for example {path[-1]}: [npm, run, migrate]")
    size = len(json.dumps(overrides(name, task.command)))
    if size > MAX_OVERRIDES:
        what = f"{dotted(path)} must be at most {MAX_OVERRIDES} characters as JSON"
        yield Finding((path,), what, str(size), "put the commands into a script in the image")


def unreachable(project: Project) -> Iterator[Finding]:
    """The variables of a service that name a Service Connect endpoint, which its one-off tasks can't reach."""
    aliases = _aliases(project)
    for name, service in project.services.items():
        keys = [key for key in _KEYS if getattr(service.deployment, key)]
        if not keys or not service.connect:
            continue
        for variable, value in written_texts(service.environment).items():
            alias = next((each for each in aliases if _names(variable, value, each)), None)
            if alias is not None:
                path = service_path(name, "environment", variable)
                tasks_path = service_path(name, "deployment", keys[0])
                what = (
                    f"{dotted(path)} names {alias} of Service Connect, which the tasks of {dotted(tasks_path)} can't "
                    "reach: only tasks of a service are in Service Connect"
                )
                fix = "make sure that their commands don't call it"
                yield Finding((path,), what, None, fix, severity="warning")


def _aliases(project: Project) -> Mapping[str, str]:
    """The names in Service Connect, each with its service."""
    found: dict[str, str] = {}
    for name, service in project.services.items():
        if service.connect and service.served_port is not None:
            alias = None if isinstance(service.connect, bool) else service.connect.alias
            found.setdefault(alias or name, name)
    return found


def _names(variable: str, value: str, alias: str) -> bool:
    """Whether the value of a variable has the alias as a host: in a URL, before a port, or as all of its text."""
    host = re.escape(alias)
    if value == alias:
        return bool(_FOR_HOSTS.search(variable.upper()))
    return bool(re.search(rf"(?://|@){host}(?![\w.-])|(?<![\w./@:-]){host}:\d", value))


RULES: tuple[Rule, ...] = (tasks, unreachable)
