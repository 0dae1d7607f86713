"""Whether a container is what the project file says."""

from __future__ import annotations

from typing import Any

from cli.sentences import sentence
from operations.rehearsal.container_checks import container_checks
from stacks.project.models import Logs, Service, Sidecar, Volume

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
