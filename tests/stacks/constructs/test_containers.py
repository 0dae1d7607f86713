"""Container definitions, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.conftest import Synth
from tests.support.synthesized import Json

ACCOUNT = "${data.aws_caller_identity.current.account_id}"
PARTITION = "${data.aws_partition.current.partition}"


def container(small: Synth, spec: str = "{}", name: str | None = None) -> Json:
    return small(f"services: {{web: {spec}}}").container("web", name)


def test_a_plain_container_has_only_default_fields(small: Synth) -> None:
    assert container(small) == {
        "name": "web",
        "image": "nginx:latest",
        "essential": True,
        "memoryReservation": 1024,
        "portMappings": [{"containerPort": 3000, "hostPort": 3000, "protocol": "tcp"}],
        "environment": [{"name": "PORT", "value": "3000"}],
        "secrets": [],
        "stopTimeout": 30,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "${aws_cloudwatch_log_group.web.name}",
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": "ecs",
            },
        },
    }


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        ("{command: [node, server.js]}", "command", ["node", "server.js"]),
        ("{entrypoint: [/bin/sh, -c]}", "entryPoint", ["/bin/sh", "-c"]),
        ("{working_directory: /app}", "workingDirectory", "/app"),
        ("{user: 0100}", "user", "0100"),
        ("{user: '1000:1000'}", "user", "1000:1000"),
        ("{stop_timeout: 120}", "stopTimeout", 120),
        ("{readonly_root: true}", "readonlyRootFilesystem", True),
        ("{exec: true}", "linuxParameters", {"initProcessEnabled": True}),
        ("{init_process: true}", "linuxParameters", {"initProcessEnabled": True}),
        (
            "{tmpfs: {/tmp: 128, /run: 64}}",
            "linuxParameters",
            {"tmpfs": [{"containerPath": "/run", "size": 64}, {"containerPath": "/tmp", "size": 128}]},
        ),
        (
            "{exec: true, tmpfs: {/run: 64}}",
            "linuxParameters",
            {"initProcessEnabled": True, "tmpfs": [{"containerPath": "/run", "size": 64}]},
        ),
        (
            "{system_controls: {net.core.somaxconn: 1024, fs.mqueue.msg_max: '20'}}",
            "systemControls",
            [
                {"namespace": "fs.mqueue.msg_max", "value": "20"},
                {"namespace": "net.core.somaxconn", "value": "1024"},
            ],
        ),
        ("{ulimits: {nofile: [1024, 65535]}}", "ulimits", [{"name": "nofile", "softLimit": 1024, "hardLimit": 65535}]),
        (
            "{env_files: ['s3://bucket/web.env']}",
            "environmentFiles",
            [{"type": "s3", "value": f"arn:{PARTITION}:s3:::bucket/web.env"}],
        ),
        (
            "{container_health_check: {command: [CMD-SHELL, 'curl -f localhost']}}",
            "healthCheck",
            {"command": ["CMD-SHELL", "curl -f localhost"], "interval": 30, "timeout": 5, "retries": 3},
        ),
        (
            "{container_health_check: {command: [CMD, 'true'], start_period: 10}}",
            "healthCheck",
            {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3, "startPeriod": 10},
        ),
    ],
)
def test_a_field_of_the_project_file_becomes_a_field_of_ecs(small: Synth, spec: str, field: str, value: Any) -> None:
    assert container(small, spec)[field] == value


@pytest.mark.parametrize(
    ("reference", "arn"),
    [
        ("ssm:/shop/url", f"arn:{PARTITION}:ssm:us-east-1:{ACCOUNT}:parameter/shop/url"),
        ("secretsmanager:shop/api", f"arn:{PARTITION}:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/api"),
        ("secretsmanager:shop/api:key", f"arn:{PARTITION}:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/api:key::"),
        (
            "arn:aws:ssm:eu-west-1:210987654321:parameter/other",
            "arn:aws:ssm:eu-west-1:210987654321:parameter/other",
        ),
    ],
)
def test_a_secret_is_referenced_by_its_arn(small: Synth, reference: str, arn: str) -> None:
    made = container(small, f"{{secrets: {{VALUE: '{reference}'}}}}")

    assert made["secrets"] == [{"name": "VALUE", "valueFrom": arn}]


SIDECARS = """{
    cpu: 512, memory: 1024, depends_on: {proxy: HEALTHY, init: SUCCESS}, sidecars: {
      init: {image: "busybox:1", essential: false, command: [echo, "${x}"]},
      proxy: {image: "envoy:1", port: 9901, cpu: 128, memory: 256, environment: {A: b}, secrets: {C: "ssm:/c"},
              depends_on: {init: COMPLETE}, health_check: {command: [CMD, "true"], retries: 5}}}}"""


def test_a_sidecar_is_a_separate_container(small: Synth) -> None:
    logs = container(small, SIDECARS)["logConfiguration"]

    assert container(small, SIDECARS, "proxy") == {
        "name": "proxy",
        "image": "envoy:1",
        "essential": True,
        "cpu": 128,
        "memory": 256,
        "portMappings": [{"containerPort": 9901, "hostPort": 9901, "protocol": "tcp"}],
        "environment": [{"name": "A", "value": "b"}],
        "secrets": [{"name": "C", "valueFrom": f"arn:{PARTITION}:ssm:us-east-1:{ACCOUNT}:parameter/c"}],
        "dependsOn": [{"containerName": "init", "condition": "COMPLETE"}],
        "healthCheck": {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 5},
        "logConfiguration": logs,
    }
    assert container(small, SIDECARS, "init") == {
        "name": "init",
        "image": "busybox:1",
        "essential": False,
        "command": ["echo", "${x}"],
        "logConfiguration": logs,
    }


def test_a_sidecar_can_be_set_up_like_the_services_own_container(small: Synth) -> None:
    made = container(
        small,
        """{sidecars: {statsd: {image: "statsd:1", port: 8125, protocol: udp, entrypoint: [tini, "${x}"], user: 0101,
            readonly_root: true, env_files: ["s3://bucket/statsd.env"]}}}""",
        "statsd",
    )

    assert made["portMappings"] == [{"containerPort": 8125, "hostPort": 8125, "protocol": "udp"}]
    assert (made["entryPoint"], made["user"], made["readonlyRootFilesystem"]) == (["tini", "${x}"], "0101", True)
    assert made["environmentFiles"] == [{"type": "s3", "value": f"arn:{PARTITION}:s3:::bucket/statsd.env"}]


def test_the_execution_role_reads_environment_files_of_sidecars(small: Synth) -> None:
    made = small("""services: {web: {env_files: ["s3://a-1/a.env"], sidecars: {b: {image: "b:1",
        env_files: ["s3://a-1/a.env", "s3://b-1/b.env"]}}}}""")

    granted = made.statements("aws_iam_role_policy.web_execution")
    arns = [f"arn:{PARTITION}:s3:::a-1/a.env", f"arn:{PARTITION}:s3:::b-1/b.env"]
    assert granted["ReadEnvironmentFiles"]["Resource"] == arns


def test_a_container_depends_on_its_sidecars(small: Synth) -> None:
    assert container(small, SIDECARS)["dependsOn"] == [
        {"containerName": "init", "condition": "SUCCESS"},
        {"containerName": "proxy", "condition": "HEALTHY"},
    ]


def test_the_memory_of_sidecars_is_part_of_the_tasks(small: Synth) -> None:
    assert container(small, SIDECARS)["memoryReservation"] == 1024 - 256


@pytest.mark.parametrize(("used", "reserved"), [(505, 7), (506, 6), (507, None), (512, None)])
def test_a_memory_reservation_that_ecs_would_reject_is_omitted(small: Synth, used: int, reserved: int | None) -> None:
    """ECS rejects a reservation below 6 MiB, and one that exceeds the memory of the task."""
    made = container(small, f"{{cpu: 256, memory: 512, sidecars: {{all: {{image: x, memory: {used}}}}}}}")

    assert made.get("memoryReservation") == reserved


def test_service_connect_names_the_port_after_the_service(small: Synth) -> None:
    made = container(small, "{connect: true}")

    assert made["portMappings"] == [
        {"containerPort": 3000, "hostPort": 3000, "protocol": "tcp", "name": "web", "appProtocol": "http"}
    ]
