"""Runs the checks of one environment's account, several at a time, so that they take seconds.

    Target ─> images, secrets, subnets, certificate, databases, resources, named resources, quotas ─> CheckResults

A check that the credentials may not make is a warning. Expired credentials, or a service that does not answer, are one
result of status `failed`: they would fail the other checks too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from operations import aws
from operations.checks.answers import unanswered
from operations.checks.certificate import certificate
from operations.checks.databases import databases
from operations.checks.images import images
from operations.checks.model import CheckResult
from operations.checks.named import named_resources
from operations.checks.network import subnets
from operations.checks.quotas import quotas
from operations.checks.resources import NAMES, SETTINGS, resource_names, resource_settings
from operations.checks.secrets import role_access, secrets
from operations.checks.target import Target
from operations.clients import Clients, Requests
from stacks.errors import AwsError

if TYPE_CHECKING:
    import boto3

    from operations.reporter import Reporter
    from stacks.project.models import Project

Check = Callable[[Target, Requests], Iterator[CheckResult]]
CHECKS: dict[str, Check] = {
    "images": images,
    "secrets": secrets,
    "secrets and roles": role_access,
    "subnets": subnets,
    "certificate": certificate,
    "databases": databases,
    NAMES: resource_names,
    "named resources": named_resources,
    "quotas": quotas,
}
"""The checks of `doctor` and `deploy`, by the name in their results, in the order of the results."""
DOCTOR_CHECKS: dict[str, Check] = {**CHECKS, SETTINGS: resource_settings}
"""The checks of `doctor`, with those of what a deploy changes anyway."""
NO_CHECKS = "--no-checks"
_AT_A_TIME = 8


def account_checks(
    project: Project,
    session: boto3.Session,
    account_id: str,
    *,
    deployed: bool,
    checks: Mapping[str, Check] = CHECKS,
) -> tuple[CheckResult, ...]:
    """The results of every check that applies to the project. Never raises an AwsError.

    Args:
        project: The project, resolved for the environment.
        session: A session in its account and role.
        account_id: The account, 12 digits.
        deployed: Whether its cluster exists: quotas are checked before the first deploy only, settings after it.
        checks: The checks to make. Default: those of `deploy`.
    """
    target = Target(project, Clients(session, project.region), account_id, deployed)
    with ThreadPoolExecutor(max_workers=_AT_A_TIME) as pool:
        found = list(pool.map(partial(_results, target), checks.items()))
    return _one_failure(result for results in found for result in results)


def check_account(project: Project, session: boto3.Session, reporter: Reporter, *, deployed: bool) -> None:
    """Make the checks before a deploy: problems end it, and what can't be checked is a warning.

    Args:
        project: The project, resolved for the environment.
        session: A session in its account and role.
        reporter: Receives the warnings, and the calls of each check as details.
        deployed: Whether its cluster exists.

    Raises:
        AwsError: Something is missing without which the deploy would fail, or the credentials have expired.
    """
    results = account_checks(project, session, aws.identity(session).account_id, deployed=deployed)
    for each in results:
        reporter.detail(f"checked {each.check} with {', '.join(each.calls)}")
    missing = [each.problem for each in results if each.status == "missing" and each.problem is not None]
    expired = [each.problem for each in results if each.problem is not None and each.problem.code in aws.EXPIRED]
    if expired or missing:
        raise AwsError(*(expired or missing))
    for each in results:
        if each.problem is not None:
            prefix = "not checked: " if each.status == "failed" else ""
            reporter.warn(replace(each.problem, what=f"{prefix}{each.problem.what}"))


def _results(target: Target, named: tuple[str, Check]) -> Sequence[CheckResult]:
    name, check = named
    requests = Requests(target.clients)
    results: list[CheckResult] = []
    try:
        results.extend(check(target, requests))
    except AwsError as error:
        results.append(unanswered(name, error, requests))
    return results


def _one_failure(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """The results with only one that says that AWS does not accept the credentials, or does not answer at all."""
    kept: list[CheckResult] = []
    codes: set[str | None] = set()
    for each in results:
        if each.status == "failed" and each.problem is not None:
            if each.problem.code in codes:
                continue
            codes.add(each.problem.code)
        kept.append(each)
    return tuple(kept)
