"""The actions of ecsforge's own calls are those of the boto3 calls in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from operations.iam.actions import action_of
from operations.iam.own_actions import (
    ASSUME,
    CHECKS,
    DEPLOY,
    DRIFT,
    IMAGES,
    OPERATE,
    OWN_ROLE,
    PIPELINES,
    PUSH,
    READ,
    RELEASE,
    RESOURCES,
    SECRETS,
    SESSIONS,
    SHARED,
    STATE_BUCKET,
    STATE_KEY,
    STATE_READ,
    STATE_WRITE,
    TASKS,
)

OPERATIONS = Path(__file__).parents[3] / "operations"
NOT_OURS = ("rehearsal", "iam")
"""Packages that only call an emulator, or nothing."""
SERVICES = (
    *("acm", "application-autoscaling", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "efs", "elasticache"),
    *("elbv2", "iam", "kms", "logs"),
    *(
        "rds",
        "resourcegroupstaggingapi",
        "route53",
        "s3",
        "scheduler",
        "secretsmanager",
        "service-quotas",
        "sns",
        "sqs",
        "ssm",
    ),
    "sts",
)


def possible_actions() -> dict[str, set[str]]:
    """The actions that a method of a boto3 client may need, by its name."""
    found: dict[str, set[str]] = {}
    session = botocore.session.get_session()
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            found.setdefault(xform_name(operation), set()).add(action_of(service, operation))
    return found


def called(file: Path) -> Iterator[str]:
    """The methods that a module calls, and the operations that it names for a paginator."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr
            if node.func.attr == "get_paginator":
                yield from (each.value for each in node.args if isinstance(each, ast.Constant))


def requested(file: Path) -> Iterator[tuple[str, str]]:
    """The services and operations that a module passes to `operations.clients.Requests`, also through a function."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and len(node.args) > 1:
            service, operation = (each.value if isinstance(each, ast.Constant) else None for each in node.args[:2])
            if isinstance(service, str) and isinstance(operation, str) and service in SERVICES:
                yield service, operation


def sources() -> list[Path]:
    """The modules whose calls are ecsforge's own."""
    return [each for each in OPERATIONS.rglob("*.py") if each.relative_to(OPERATIONS).parts[0] not in NOT_OURS]


def calls() -> dict[str, set[str]]:
    """The possible actions of each boto3 call in `operations`, by the method or the operation."""
    possible = possible_actions()
    found = {name: possible[name] for file in sources() for name in called(file) if name in possible}
    for file in sources():
        for service, operation in requested(file):
            names = {xform_name(name): name for name in model(service).operation_names}
            found[f"{service} {operation}"] = {action_of(service, names[operation])}
    return found


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


OWN = {
    *(*READ, *CHECKS, *DRIFT, *SECRETS, *DEPLOY, *IMAGES),
    *(*TASKS, *OPERATE, *RELEASE, *RESOURCES, *SESSIONS, *SHARED, *STATE_BUCKET, *PIPELINES, *OWN_ROLE),
}
OVER_HTTP = {"ecr:GetDownloadUrlForLayer"}
"""What `operations.images.blobs` reads from a registry without boto3."""


def test_every_call_has_its_action() -> None:
    assert {name: actions for name, actions in calls().items() if not actions & OWN} == {}


def test_every_action_belongs_to_a_call() -> None:
    used = {action for actions in calls().values() for action in actions}

    assert used >= OWN - OVER_HTTP


def test_every_service_that_has_a_client_is_searched() -> None:
    clients = {
        argument.value
        for file in OPERATIONS.rglob("*.py")
        if file.relative_to(OPERATIONS).parts[0] not in NOT_OURS
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }

    assert clients <= {*SERVICES}


@pytest.mark.parametrize("actions", [READ, CHECKS, DRIFT, STATE_READ])
def test_reading_changes_nothing(actions: tuple[str, ...]) -> None:
    for action in actions:
        assert action.partition(":")[2].startswith(("BatchGet", "Describe", "Filter", "Get", "List")), action


def test_each_action_is_there_once() -> None:
    for actions in (
        READ,
        CHECKS,
        DRIFT,
        SECRETS,
        DEPLOY,
        IMAGES,
        TASKS,
        RELEASE,
        SESSIONS,
        PUSH,
        STATE_READ,
        STATE_WRITE,
        STATE_KEY,
        STATE_BUCKET,
        PIPELINES,
        OWN_ROLE,
        ASSUME,
    ):
        assert len(actions) == len({*actions})
    assert not {*READ} & {*DEPLOY}
