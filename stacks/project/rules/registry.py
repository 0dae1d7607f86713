"""Rules of the registry for the services with `build` or `repository`.

Sources: the ECR User Guide ("Private registry"), the IAM User Guide ("IAM identifiers").
"""

from __future__ import annotations

from collections.abc import Iterator

from stacks.project.data.regions import REGIONS
from stacks.project.models import Project
from stacks.project.nodes import dotted
from stacks.project.rules.arns import account_fix, role_account, role_fix
from stacks.project.rules.finding import Finding, Rule
from stacks.project.rules.names import region_fix
from stacks.references import partition_of


def registry(project: Project) -> Iterator[Finding]:
    """The registry's region, account and role are valid, and its role is in its account."""
    written = project.registry
    yield from _region(project)
    if written.account_id is not None and (fix := account_fix(written.account_id)):
        what = "registry.account_id must be 12 digits in quotes"
        yield Finding((("registry", "account_id"),), what, written.account_id or '""', fix)
        return
    role = project.registry_role
    if written.assume_role is not None and role_account(written.assume_role) is None:
        what = "registry.assume_role must be the ARN of an IAM role"
        fix = role_fix(written.assume_role, project.registry_region)
        yield Finding((("registry", "assume_role"),), what, written.assume_role or '""', fix)
    elif role is not None and written.account_id is not None and role_account(role) not in (None, written.account_id):
        yield _other_account(project, role)


def _region(project: Project) -> Iterator[Finding]:
    path, region = ("registry", "region"), project.registry.region
    if region is None:
        return
    if region not in REGIONS:
        yield Finding((path,), f"{dotted(path)} must be an AWS region", region or '""', region_fix(region))
    elif project.region in REGIONS and partition_of(region) != partition_of(project.region):
        what = f"registry.region must be in {partition_of(project.region)}, the partition of {project.region}"
        yield Finding((path, ("region",)), what, region, "tasks only pull from registries of their partition")


def _other_account(project: Project, role: str) -> Finding:
    what = f"registry.assume_role must be a role in registry.account_id {project.registry.account_id}"
    if project.registry.assume_role is not None:
        return Finding((("registry", "assume_role"), ("registry", "account_id")), what, role, "correct one of them")
    fix = "add registry.assume_role; by default it is the file's assume_role"
    return Finding((("registry",), ("registry", "account_id")), what, role, fix, "missing")


RULES: tuple[Rule, ...] = (registry,)
