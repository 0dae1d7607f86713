"""The checks of a rehearsal: each passes on the account after a deploy, and fails when its fact is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentence
from operations.rehearsal import checks
from operations.rehearsal.check import Check
from operations.rehearsal.emulator.client import Emulator
from stacks.project import Selection, load
from tests.operations.rehearsal.account import (
    BOUNDARY,
    OTHER_SUBNET,
    PROJECT,
    READ_ONLY,
    REGION,
    SUBNETS,
    VPC,
    WRONG,
    DeployedAccount,
    Facts,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        running.create_existing("network", region=REGION, vpc_id=VPC, subnet_ids=[*SUBNETS, OTHER_SUBNET])
        yield running


def checked(emulator: Emulator, folder: Path, env: str) -> list[Check]:
    """The checks of an environment."""
    file = folder / "ecsforge.yaml"
    file.write_text(json.dumps(PROJECT))  # JSON is YAML too
    return list(checks.DeployedAccount(load(Selection(file=file, env=env)).projects[0], emulator.client).checks())


WEB, SIDECAR, JOB = "service `web`", "sidecar `proxy` of service `web`", "job `cleanup`"
ECS, EC2 = ["ecs-tasks.amazonaws.com"], ["ec2.amazonaws.com"]
# The checks of the service and the job: subject, what, and the values in the right and in the wrong account.
FACTS: list[tuple[str, str, Any, Any]] = [
    ("cluster", "container insights", "enabled", "disabled"),
    (WEB, "services that may assume the execution role", ECS, EC2),
    (WEB, "permissions boundary of the execution role", BOUNDARY, None),
    (WEB, "services that may assume the task role", ECS, EC2),
    (WEB, "permissions boundary of the task role", BOUNDARY, None),
    (WEB, "managed policies of the task role", [READ_ONLY], [WRONG.managed_policy]),
    (WEB, "permissions of the task role", ["s3:GetObject"], []),
    (WEB, "permissions of the execution role", ["kms:Decrypt"], []),
    (WEB, "log retention in days", 14, 30),
    (WEB, "CPU units and MiB of memory", ("512", "1024"), ("256", "512")),
    (WEB, "architecture", "arm64", "x86_64"),
    (WEB, "image", "web:1", "web:2"),
    (WEB, "environment variable GREETING", "hi ${USER}", "hi root"),
    (WEB, "environment variable API_TOKEN", "(sensitive)", "another value"),
    (WEB, "names of secrets", ["DB"], ["CACHE"]),
    (SIDECAR, "image", "proxy:1", "proxy:2"),
    (SIDECAR, "names of secrets", [], ["DB"]),
    (WEB, "desired count", 2, 7),
    (WEB, "task definition", "web-shop-right", "other"),
    (WEB, "public IP", "DISABLED", "ENABLED"),
    (WEB, "security group", ["web-shop-right"], ["other"]),
    (WEB, "subnets", [*SUBNETS], [SUBNETS[0], OTHER_SUBNET]),
    (WEB, "minimum and maximum task count", (2, 6), (2, 9)),
    (WEB, "port of the target group", 8080, 9090),
    (WEB, "health check port", "9000", "traffic-port"),
    (WEB, "health check path", "/health", "/"),
    (WEB, "health check matcher", "200", "200-399"),
    (WEB, "health check interval and timeout", (20, 4), (30, 4)),
    (WEB, "hosts of the listener rules", {"shop.example.com"}, {"other.example.com"}),
    (WEB, "paths of the listener rules", {"/shop/*"}, {"/other/*"}),
    (WEB, "priority of the listener rules", {"5"}, {"6"}),
    (JOB, "schedule and time zone", ("cron(0 3 * * ? *)", "Europe/Berlin"), ("rate(1 day)", "Europe/Berlin")),
    (JOB, "task definition", "cleanup-shop-right", "other"),
]


def test_every_check_passes_on_the_account_that_a_deploy_leaves(emulator: Emulator, tmp_path: Path) -> None:
    DeployedAccount(emulator.client, "right", Facts()).create()

    found = checked(emulator, tmp_path, "right")

    assert [sentence(check.problem) for check in found if not check.passed] == []
    assert [
        (check.subject, check.what, check.found)
        for check in found
        if check.subject != "service `cleanup`" and check.what != "status"
    ] == [(subject, what, right) for subject, what, right, _ in FACTS]


def test_every_check_fails_when_its_fact_is_wrong(emulator: Emulator, tmp_path: Path) -> None:
    DeployedAccount(emulator.client, "wrong", WRONG).create()

    failed = [check for check in checked(emulator, tmp_path, "wrong") if not check.passed]

    assert [(check.subject, check.what, check.found) for check in failed] == [
        (subject, what, wrong) for subject, what, _, wrong in FACTS
    ]


def test_a_deleted_cluster_or_service_is_not_active(emulator: Emulator, tmp_path: Path) -> None:
    account = DeployedAccount(emulator.client, "deleted", Facts())
    account.create()
    cluster, service = account.names.cluster, account.names.service("web")
    account.aws("ecs").delete_service(cluster=cluster, service=service, force=True)
    account.aws("ecs").delete_cluster(cluster=cluster)

    found = checked(emulator, tmp_path, "deleted")

    assert [sentence(check.problem) for check in found if not check.passed] == [
        "cluster: wrong status; got 'INACTIVE'; expected 'ACTIVE'",
        "service `web`: wrong status; got 'INACTIVE'; expected 'ACTIVE'",
    ]
