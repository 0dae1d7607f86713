"""Rules of a service's own task definition template: the one place where the project file names another file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from stacks.naming import Names
from stacks.project.data.functions import READ_FILES
from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, service_path
from stacks.project.targets import targets_of
from stacks.shared_registry import example_image

_MAX_BYTES = 1024 * 1024
_LONGEST = 200
_BUILT_IN = "start from stacks/templates/service.json.tpl"


def template_findings(project: Project, root: FilePath) -> Iterator[Finding]:
    """A template is a file in the project's folder that renders to a task definition. `root` is that folder.

    One that exceeds a limit is not rendered again for other services: with thousands, that would take hours.
    """
    too_large: dict[str, _Fault] = {}
    for name, service in project.services.items():
        if service.task_definition_template is None:
            continue
        path = service_path(name, "task_definition_template")
        text = _text(root, service.task_definition_template)
        if isinstance(text, _Fault):
            yield text.finding(path, service.task_definition_template)
        elif fault := too_large.get(text) or _fault(text, template_variables(project, name, service), name):
            if fault.too_large:
                too_large[text] = fault
            yield fault.finding(path, service.task_definition_template)


class _Fault:
    """What is wrong with a template, and how to fix it."""

    def __init__(self, what: str, fix: str, *, too_large: bool = False) -> None:
        self._what, self._fix, self.too_large = what, fix, too_large

    def finding(self, path: Path, file: str) -> Finding:
        return Finding((path,), f"{dotted(path)} {self._what}", file or '""', self._fix)


def _text(root: FilePath, name: str) -> str | _Fault:
    """The template's text."""
    try:
        file, folder = (root / name).resolve(), root.resolve()
        if FilePath(name).is_absolute() or not file.is_relative_to(folder):
            return _Fault("must be in the project file's folder", "move it there, and name it relative to that folder")
        if not file.exists():
            return _Fault("names a file that does not exist", "check the path; it is relative to the project file")
        if not file.is_file():
            return _Fault("must be a file", "use the path of the template file")
        data = file.read_bytes() if file.stat().st_size <= _MAX_BYTES else None
    except (OSError, ValueError, RuntimeError):
        return _Fault("names a file that can't be read", "check its permissions")
    if data is None:
        return _Fault("must be a file of at most 1 MiB", "check that this is the template")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _Fault("must be text in UTF-8", "check that this is the template")


def _fault(text: str, variables: dict[str, Any], name: str) -> _Fault | None:
    """What is wrong with the rendered template; None when nothing is, or when only Terraform can check it."""
    # Most projects use the built-in template, and loading the reader of expressions takes time.
    from stacks.project.template import TemplateError, TooLarge, UndefinedVariable, Unknown, called, render

    if function := called(text, READ_FILES):
        what = f"can't call {function}(), which can read any file on the machine that runs the plan"
        return _Fault(what, "write the text itself, or pass it in environment")
    try:
        rendered = render(text, variables)
        definition = json.loads(rendered)
    except Unknown:
        return None
    except TooLarge as error:
        what = f"{error.limit}, on line {error.line} of the template"
        return _Fault(what, "remove nested loops and repeated text", too_large=True)
    except TemplateError as error:
        undefined = isinstance(error, UndefinedVariable)
        fix = f"its variables are {', '.join(sorted(variables))}" if undefined else _BUILT_IN
        return _Fault(f"can't be rendered: {str(error)[:_LONGEST]}", fix)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of more than 4,300 digits
        where = f" at line {error.lineno} of the rendered text" if isinstance(error, json.JSONDecodeError) else ""
        return _Fault(f"is not valid JSON once rendered{where}", f"put text through jsonencode(), or {_BUILT_IN}")
    containers = definition.get("containerDefinitions") if isinstance(definition, dict) else None
    if not isinstance(containers, list):
        return _Fault("must render to an object with containerDefinitions", _BUILT_IN)
    if not any(isinstance(container, dict) and container.get("name") == name for container in containers):
        return _Fault(f"must define a container named {name}, like its service", "name it with ${jsonencode(name)}")
    return None


def template_variables(project: Project, name: str, service: Service) -> dict[str, Any]:
    """The variables of a template, with example values for those that AWS assigns."""
    names = Names(project.project_id, project.env)
    port = service.served_port
    ports = [port] if port else []
    further = targets_of(name, service)[1:]
    ports += [target.port for target in further if target.container == name and target.port != port]
    role = "arn:aws:iam::123456789012:role/example"
    return {
        "family": names.task_definition(name),
        "env": project.env,
        "project_id": project.project_id,
        "name": name,
        "image": example_image(project, name, service),
        "port": port,
        "cpu": service.cpu,
        "memory": service.memory,
        "memory_reservation": service.memory,
        "cpu_architecture": "ARM64" if service.architecture == "arm64" else "X86_64",
        "aws_region": project.region,
        "launch_type": "FARGATE",
        "network_mode": "awsvpc",
        "log_group": names.log_group(name),
        "ecs_execution_role": role,
        "ecs_task_role": role,
        "port_mappings": [{"containerPort": each, "hostPort": each, "protocol": "tcp"} for each in ports],
        "environment": [{"name": key, "value": str(value)} for key, value in sorted(service.environment.items())],
        "secrets": [{"name": key, "valueFrom": str(value)} for key, value in sorted(service.secrets.items())],
        "container_options": {"command": list(service.command)} if service.command else {},
        "task_options": {},
        "sidecars": [{"name": key, "image": sidecar.image} for key, sidecar in service.sidecars.items()],
    }
