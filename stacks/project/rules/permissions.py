"""Rules of the IAM statements that a project adds. Source: the IAM User Guide, "Grammar of the IAM JSON policy"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project, Statement, written
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, repeated, service_path
from stacks.references import partition_of

_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+", re.I)
_PART = r"(?:[A-Za-z0-9*?-]|\$\{[^}]*\})"
_RESOURCE = re.compile(rf"\*|arn:[a-z*?-]+:{_PART}+:(?P<region>{_PART}*):{_PART}*:.+", re.DOTALL)
# Services whose ARNs have no region (AWS Service Authorization Reference), and the S3 resources that have one.
_GLOBAL = frozenset(
    {"account", "artifact", "budgets", "cloudfront", "globalaccelerator", "iam", "networkmanager", "organizations"}
    | {"route53", "s3", "shield", "sts", "support", "waf"}
)
_REGIONAL_S3 = re.compile(r"arn:[a-z*?-]+:s3:[^:]*:[^:]+:(?:accesspoint|job|storage-lens|access-grants|\*)")
# IAM API reference, PutRolePolicy: the characters of a policy document.
_ILLEGAL = re.compile(r"[^\x20-\xff]")
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
            if isinstance(resource, str):
                yield from _resource((*path, "resources", index), resource, partition_of(project.region))
        for key in ("actions", "resources"):
            if not getattr(statement, key):
                what = f"{dotted((*path, key))} must not be empty"
                yield Finding(((*path, key),), what, "an empty list", "add one, or remove the statement")


def _resource(path: Path, resource: str, partition: str) -> Iterator[Finding]:
    """A resource is `*` or a whole ARN of characters that IAM accepts, with a region only where its service has one."""
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        what = f"{dotted(path)} must be an ARN with all its parts: arn:partition:service:region:account:resource"
        yield Finding((path,), what, resource or '""', _whole_arn(resource, partition))
    elif other := _ILLEGAL.search(resource):
        what = f"{dotted(path)} must only have characters from U+0020 to U+00FF"
        yield Finding((path,), what, f"U+{ord(other[0]):04X}", "use * or ? in its place")
    elif _has_wrong_region(resource, match["region"]):
        parts = resource.split(":", 4)
        what = f"{dotted(path)} must not have a region, because ARNs of {parts[2]} have none"
        yield Finding((path,), what, parts[3], f"write {':'.join([*parts[:3], '', *parts[4:]])}")


def _has_wrong_region(resource: str, region: str | None) -> bool:
    if not region or region.strip("*") == "" or resource.split(":")[2] not in _GLOBAL:
        return False
    return not _REGIONAL_S3.match(resource)


def _whole_arn(resource: str, partition: str) -> str:
    """The ARN that a resource is probably meant to be, or an example."""
    if match := re.fullmatch(
        r"(?:s3://|arn:aws[a-z-]*:s3:{1,3})(?P<name>[a-z0-9][a-z0-9.-]{2,62}(?:/[^:]*)?)", resource
    ):
        return f"write arn:{partition}:s3:::{match['name']}"
    return f"for example arn:{partition}:s3:::bucket/*"


def wildcards(project: Project) -> Iterator[Finding]:
    """No statement allows everything; every action of a service is a warning."""
    for path, statement in statements(project):
        if statement.effect == "Deny":
            continue
        if "*" in statement.actions and any(map(_EVERY_RESOURCE.fullmatch, written(statement.resources))):
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
