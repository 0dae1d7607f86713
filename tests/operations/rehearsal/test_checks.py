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
from operations.rehearsal.checks import condition_values
from operations.rehearsal.container_checks import container_checks
from operations.rehearsal.emulator.client import Emulator
from stacks.project import Selection, load
from stacks.project.models import Logs, Service, Sidecar, Volume
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


SERVICE = Service(
    image="shop:1", environment={"GREETING": "hi ${USER}", "API_TOKEN": "t0p"}, secrets={"DB": "ssm:/shop/db"}
)


def definition(**environment: str) -> dict[str, Any]:
    """A container of a task definition, as ECS describes it."""
    variables = [{"name": name, "value": value} for name, value in environment.items()]
    return {"image": "shop:1", "environment": variables, "secrets": [{"name": "DB", "valueFrom": "arn"}]}


def failures(container: dict[str, Any]) -> list[str]:
    return [
        sentence(check.problem) for check in container_checks("service `web`", SERVICE, container) if not check.passed
    ]


def test_a_container_may_have_variables_that_the_project_file_does_not_set() -> None:
    assert failures(definition(PORT="3000", GREETING="hi ${USER}", API_TOKEN="t0p")) == []


def test_the_value_of_a_credential_is_not_shown() -> None:
    assert failures(definition(GREETING="hi ${USER}", API_TOKEN="changed")) == [
        "service `web`: wrong environment variable API_TOKEN; got 'another value'; expected '(sensitive)'"
    ]


def test_a_missing_container_fails_every_check() -> None:
    assert len(failures({})) == 4


def test_settings_are_checked_where_the_project_file_has_them() -> None:
    service = Service(
        image="shop:1",
        entrypoint=("tini",),
        user="1000",
        env_files=("s3://config/web.env",),
        volumes={"cache": Volume(efs=False, path="/cache")},
        tmpfs={"/run": 64},
        system_controls={"net.core.somaxconn": "1024"},
        init_process=True,
        logs=Logs(driver="firelens", options={"Name": "datadog"}, secret_options={"apikey": "ssm:/key"}),
    )
    container = {
        "logConfiguration": {
            "logDriver": "awsfirelens",
            "options": {"Name": "datadog"},
            "secretOptions": [{"name": "apikey", "valueFrom": "arn"}],
        },
        "image": "shop:1",
        "entryPoint": ["tini"],
        "user": "1000",
        "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::config/web.env"}],
        "mountPoints": [{"sourceVolume": "cache", "containerPath": "/cache"}],
        "linuxParameters": {"initProcessEnabled": True, "tmpfs": [{"containerPath": "/run", "size": 64}]},
        "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}],
    }

    assert all(check.passed for check in container_checks("web", service, container))
    assert [check.what for check in container_checks("web", service, {"image": "shop:1"}) if not check.passed] == [
        "entry point",
        "user",
        "environment files",
        "mount paths of volumes",
        "init process",
        "MiB of paths in memory",
        "log driver",
        "log options",
        "names of secret log options",
        "kernel parameters",
    ]


def test_the_settings_of_a_sidecar_are_checked() -> None:
    sidecar = Sidecar(image="statsd:1", port=8125, protocol="udp", readonly_root=True, volumes={"cache": "/cache"})
    container = {
        "image": "statsd:1",
        "portMappings": [{"containerPort": 8125, "protocol": "udp"}],
        "readonlyRootFilesystem": True,
        "mountPoints": [{"sourceVolume": "cache", "containerPath": "/cache"}],
    }

    assert all(check.passed for check in container_checks("statsd", sidecar, container))
    assert [check.what for check in container_checks("statsd", sidecar, {"image": "statsd:1"}) if not check.passed] == [
        "mount paths of volumes",
        "port and protocol",
        "read-only root file system",
    ]


def test_values_of_rules_are_read_in_either_form() -> None:
    """DescribeRules returns them as `Values`, as a configuration, or as both."""
    rules: list[dict[str, Any]] = [
        {"Conditions": [{"Field": "path-pattern", "Values": ["/a"]}, {"Field": "host-header", "Values": ["x.y"]}]},
        {"Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/b", "/c"]}}]},
    ]

    assert condition_values(rules, "path-pattern") == {"/a", "/b", "/c"}
    assert condition_values(rules, "host-header") == {"x.y"}
