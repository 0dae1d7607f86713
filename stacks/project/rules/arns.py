"""Rules of the account and of ARNs: roles, policies, partitions.

Source: the IAM User Guide ("IAM identifiers").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.data.regions import REGIONS
from stacks.project.models import Project, written_texts
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, containers, service_path
from stacks.project.rules.kms_keys import is_key_in
from stacks.project.rules.permissions import statements
from stacks.project.rules.subscriptions import is_topic_in, topics
from stacks.references import partition_of

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ROLE = re.compile(r"arn:aws(?:-[a-z]+)*:iam::(?P<account>\d{12}):role/[\w+=,.@/-]{1,512}", re.ASCII)
_POLICY = re.compile(r"arn:aws(?:-[a-z]+)*:iam::(?:aws|\d{12}):policy/[\w+=,.@/-]{1,512}", re.ASCII)
_ARN_PARTS = 6


def accounts(project: Project) -> Iterator[Finding]:
    """The account is 12 digits, and the role to assume is in it."""
    account, role = project.account_id, project.assume_role
    if account is not None and (example := account_fix(account)):
        what = "account_id must be 12 digits in quotes"
        yield Finding((("account_id",),), what, account or '""', example)
    own = role_account(role) if role is not None else None
    if role is not None and own is None:
        fix = role_fix(role, project.region)
        yield Finding((("assume_role",),), "assume_role must be the ARN of an IAM role", role or '""', fix)
    if own is not None and account is not None and own != account:
        what = f"assume_role must be a role in account_id {account}"
        yield Finding((("assume_role",), ("account_id",)), what, str(role), "correct one of them")


def account_fix(account: str) -> str | None:
    """How to fix an account ID; None for a valid one."""
    if _ACCOUNT.fullmatch(account):
        return None
    digits = re.sub(r"\D", "", account)
    return f'write account_id: "{digits}"' if _ACCOUNT.fullmatch(digits) else 'for example account_id: "123456789012"'


def role_account(role: str) -> str | None:
    """The account of a role's ARN; None for anything else."""
    match = _ROLE.fullmatch(role)
    return match["account"] if match else None


def role_fix(role: str, region: str) -> str:
    """How to fix a text that is not the ARN of a role."""
    return _without_region(role, _ROLE) or f"for example arn:{partition_of(region)}:iam::123456789012:role/deploy"


def policy_arns(project: Project) -> Iterator[Finding]:
    """Policies are ARNs."""
    named: list[tuple[Path, str]] = []
    if project.permissions_boundary is not None:
        named.append((("permissions_boundary",), project.permissions_boundary))
    for name, service in project.services.items():
        path = service_path(name, "permissions", "managed_policies")
        named += [((*path, index), arn) for index, arn in enumerate(service.permissions.managed_policies)]
    for path, arn in named:
        if not _POLICY.fullmatch(arn):
            example = f"for example arn:{partition_of(project.region)}:iam::aws:policy/AmazonS3ReadOnlyAccess"
            fix = _without_region(arn, _POLICY) or example
            yield Finding((path,), f"{dotted(path)} must be the ARN of an IAM policy", arn or '""', fix)


def _without_region(arn: str, pattern: re.Pattern[str]) -> str | None:
    """The fix for an IAM ARN that is only wrong in having a region."""
    parts = arn.split(":", _ARN_PARTS - 1)
    fixed = ":".join([*parts[:3], "", *parts[4:]])
    return f"write {fixed}" if len(parts) == _ARN_PARTS and pattern.fullmatch(fixed) else None


def partitions(project: Project) -> Iterator[Finding]:
    """ARNs are in the partition of the region, and in the account where AWS requires it."""
    partition = partition_of(project.region)
    for path, arn, own in _arns(project):
        parts = arn.split(":")
        if len(parts) < _ARN_PARTS or parts[0] != "arn" or "*" in parts[1]:
            continue
        if path[-1] == "certificate_arn" and parts[3] != project.region:
            continue  # reported as a certificate of another region
        if project.region in REGIONS and parts[1] != partition:
            what = f"{dotted(path)} must be an ARN in {partition}, the partition of {project.region}"
            yield Finding((path, ("region",)), what, parts[1], _of_partition(path, partition, parts))
        elif own and project.account_id is not None and _ACCOUNT.fullmatch(parts[4]) and parts[4] != project.account_id:
            what = f"{dotted(path)} must be in account_id {project.account_id}"
            yield Finding((path, ("account_id",)), what, parts[4], "correct one of them")


def _of_partition(path: Path, partition: str, parts: list[str]) -> str:
    if parts[3] and partition_of(parts[3]) != partition:
        return f"use one that is in {partition}"
    arn = ":".join(["arn", partition, *parts[2:]])
    return f"write {path[-1]}: {arn}" if isinstance(path[-1], str) else f"write {arn}"


def _arns(project: Project) -> Iterator[tuple[Path, str, bool]]:
    """Every ARN, and whether AWS requires one from the same account."""
    https = project.load_balancer.https
    given: list[tuple[Path, str | None, bool]] = [
        (("assume_role",), project.assume_role, False),
        (("permissions_boundary",), project.permissions_boundary, True),
        (("load_balancer", "https", "certificate_arn"), https.certificate_arn if https else None, True),
    ]
    balancer = project.load_balancer
    given += [(("load_balancer", key), getattr(balancer, key), True) for key in ("arn", "listener_arn")]
    arns = (https.certificate_arns if https else None) or ()
    given += [(("load_balancer", "https", "certificate_arns", index), arn, True) for index, arn in enumerate(arns)]
    for name, service in project.services.items():
        if service.http.auth and (cognito := service.http.auth.cognito):
            given.append((service_path(name, "http", "auth", "cognito", "user_pool_arn"), cognito.user_pool_arn, True))
        path = service_path(name, "permissions", "managed_policies")
        given += [((*path, index), arn, True) for index, arn in enumerate(service.permissions.managed_policies)]
        given += [(at, arn, False) for at, arn in topics(name, service) if is_topic_in(project.region, arn)]
        options = service.logs.secret_options
        given += [(service_path(name, "logs", "secret_options", key), arn, False) for key, arn in options.items()]
        keys = [(index, arn) for index, arn in enumerate(service.kms_keys) if is_key_in(project.region, arn)]
        given += [(service_path(name, "kms_keys", index), arn, False) for index, arn in keys]
    for path, statement in statements(project):
        given += [
            ((*path, "resources", index), arn, False)
            for index, arn in enumerate(statement.resources)
            if isinstance(arn, str)
        ]
    for container in containers(project):
        given += [
            ((*container.path, "secrets", key), arn, False)
            for key, arn in written_texts(container.config.secrets).items()
        ]
    return ((path, arn, own) for path, arn, own in given if arn is not None)


RULES: tuple[Rule, ...] = (accounts, policy_arns, partitions)
