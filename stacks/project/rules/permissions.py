"""Rules of the IAM statements that a project adds. Source: the IAM User Guide, "Grammar of the IAM JSON policy"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project, Statement
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated, service_path

_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+", re.I)
_RESOURCE = re.compile(r"\*|arn:[a-z*-]+:[a-z0-9*-]*:.*", re.DOTALL)
# Every resource of every service, for example arn:aws:*:*:*:*.
_EVERY_RESOURCE = re.compile(r"\*+|arn:[a-z*-]+:\*+(?::\*+)+")
_FULL_ACCESS = re.compile(r"arn:aws(?:-[a-z]+)*:iam::aws:policy/(?:[\w/-]*FullAccess(?:_v\d+)?|PowerUserAccess)")
_ADMINISTRATOR = re.compile(r"arn:aws(?:-[a-z]+)*:iam::aws:policy/AdministratorAccess")


def statements(project: Project) -> Iterator[tuple[Path, Statement]]:
    """The statements that services add to their roles."""
    for name, service in project.services.items():
        for key in ("statements", "execution_statements"):
            for index, statement in enumerate(getattr(service.permissions, key)):
                yield service_path(name, "permissions", key, index), statement


def grammar(project: Project) -> Iterator[Finding]:
    """Actions and resources are valid for IAM, and there is at least one of each."""
    for path, statement in statements(project):
        for index, action in enumerate(statement.actions):
            if not _ACTION.fullmatch(action):
                what = f"{dotted((*path, 'actions', index))} must be an IAM action"
                yield Finding(((*path, "actions", index),), what, action or '""', "for example s3:GetObject")
        for index, resource in enumerate(statement.resources):
            if not _RESOURCE.fullmatch(resource):
                what = f"{dotted((*path, 'resources', index))} must be an ARN"
                yield Finding(
                    ((*path, "resources", index),), what, resource or '""', "for example arn:aws:s3:::bucket/*"
                )
        for key in ("actions", "resources"):
            if not getattr(statement, key):
                what = f"{dotted((*path, key))} must not be empty"
                yield Finding(((*path, key),), what, "an empty list", "add one, or remove the statement")


def wildcards(project: Project) -> Iterator[Finding]:
    """No statement allows everything; every action of a service is a warning."""
    for path, statement in statements(project):
        if statement.effect == "Deny":
            continue
        if "*" in statement.actions and any(map(_EVERY_RESOURCE.fullmatch, statement.resources)):
            paths = (*path, "actions"), (*path, "resources")
            what = f"{dotted(path)} must not allow every action on every resource"
            yield Finding(paths, what, "action * on resource *", "name the actions and resources the service needs")
            continue
        for index, action in enumerate(statement.actions):
            service, _, name = action.partition(":")
            if _ACTION.fullmatch(action) and not (name or service).strip("*?"):
                at = (*path, "actions", index)
                what = f"{dotted(at)} allows " + (f"every action of {service}" if name else "every action of AWS")
                fix = "name the actions the service needs"
                yield Finding((at,), what, action, fix, severity="warning")


def managed_policies(project: Project) -> Iterator[Finding]:
    """A policy is attached once. AdministratorAccess is an error, a FullAccess policy a warning."""
    for name, service in project.services.items():
        yield from repeated(service_path(name, "permissions", "managed_policies"), service.permissions.managed_policies)
        for index, arn in enumerate(service.permissions.managed_policies):
            path = service_path(name, "permissions", "managed_policies", index)
            fix = "attach a policy that allows only what the service needs"
            if _ADMINISTRATOR.fullmatch(arn):
                yield Finding((path,), f"{dotted(path)} must not allow every action on every resource", arn, fix)
            elif _FULL_ACCESS.fullmatch(arn):
                what = f"{dotted(path)} allows every action of a service on every resource"
                yield Finding((path,), what, arn, fix, severity="warning")


RULES: tuple[Rule, ...] = (grammar, wildcards, managed_policies)
