"""Task definitions that ECS refuses."""

from __future__ import annotations

from typing import Any

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID
from tests.operations.rehearsal.emulator.rules.conftest import MISSING_ROLE, REGION, Aws, refusal
from tests.operations.rehearsal.emulator.rules.ecs import CONTAINER, task, with_container

AWSLOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/web", "awslogs-region": REGION, "awslogs-stream-prefix": "web"},
}
SIDECAR: dict[str, Any] = {"name": "proxy", "image": "envoy", "essential": False}
HEALTH: dict[str, Any] = {"command": ["CMD", "true"]}
SECRET = {"name": "KEY", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/key"}


def register(aws: Aws, arguments: dict[str, Any]) -> str:
    code, message = refusal(aws("ecs").register_task_definition, **arguments)
    assert code == "ClientException"
    return message


def test_a_valid_task_definition(aws: Aws, role: dict[str, Any]) -> None:
    waits = {"dependsOn": [{"containerName": "proxy", "condition": "HEALTHY"}], "logConfiguration": AWSLOGS}
    containers = [{**CONTAINER, **waits}, {**SIDECAR, "healthCheck": HEALTH}]

    aws("ecs").register_task_definition(
        **task(containerDefinitions=containers, executionRoleArn=role["Arn"], taskRoleArn=role["Arn"])
    )


@pytest.mark.parametrize(
    ("cpu", "memory"), [("256", "4096"), ("300", "1024"), ("1024", "1024"), ("8192", "17408"), ("4096", "31744")]
)
def test_a_size_that_fargate_does_not_have(aws: Aws, cpu: str, memory: str) -> None:
    assert register(aws, task(cpu=cpu, memory=memory)) == "No Fargate configuration exists for given values."


@pytest.mark.parametrize(
    ("cpu", "memory"), [("256", "512"), (".25 vCPU", "0.5 GB"), ("1 vcpu", "8GB"), ("16384", "122880")]
)
def test_sizes_that_fargate_has(aws: Aws, cpu: str, memory: str) -> None:
    aws("ecs").register_task_definition(**task(cpu=cpu, memory=memory))


def test_a_task_without_a_size(aws: Aws) -> None:
    assert register(aws, task(memory=None)) == (
        "Fargate requires that 'cpu' and 'memory' be defined at the task level."
    )


def test_another_network_mode(aws: Aws) -> None:
    assert register(aws, task(networkMode="bridge")) == "Fargate only supports network mode 'awsvpc'."


def test_containers_that_need_more_than_the_task_has(aws: Aws) -> None:
    two = [{**CONTAINER, "memoryReservation": 300, "cpu": 200}, {**SIDECAR, "memory": 300}]

    assert register(aws, task(containerDefinitions=two)) == (
        "Total memory of containers '600' exceeds the memory '512' of the task."
    )
    assert register(aws, with_container(cpu=512)) == "Total cpu of containers '512' exceeds the cpu '256' of the task."


def test_two_containers_of_one_name(aws: Aws) -> None:
    assert register(aws, task(containerDefinitions=[CONTAINER, {**SIDECAR, "name": "web"}])) == (
        "Container.name must be unique, found duplicate container name ['web']."
    )


def test_no_container_and_too_many(aws: Aws) -> None:
    many = [CONTAINER, *({**SIDECAR, "name": f"s{n}"} for n in range(10))]

    assert register(aws, task(containerDefinitions=[])) == "Container list cannot be empty."
    assert register(aws, task(containerDefinitions=many)) == (
        "Too many containers: a task definition can have at most 10."
    )


def test_no_essential_container(aws: Aws) -> None:
    assert register(aws, with_container(essential=False)) == (
        "At least one container in the task definition must be marked essential."
    )


def depends(condition: str = "START", on: str = "proxy", **sidecar: Any) -> dict[str, Any]:
    waiting = {**CONTAINER, "dependsOn": [{"containerName": on, "condition": condition}]}
    return task(containerDefinitions=[waiting, {**SIDECAR, **sidecar}])


def test_dependencies(aws: Aws) -> None:
    back = [{"containerName": "web", "condition": "START"}]

    assert register(aws, depends(on="nginx")) == "Container web depends on unknown container nginx."
    assert register(aws, depends("HEALTHY")) == (
        "A dependency container with HEALTHY condition must have a health check defined"
    )
    for condition in ("SUCCESS", "COMPLETE"):
        assert register(aws, depends(condition, essential=True)) == (
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container"
        )
    assert register(aws, depends(dependsOn=back)) == "Container dependencies have a cycle."
    assert register(aws, depends(on="web")) == "Container dependencies have a cycle."
    aws("ecs").register_task_definition(**depends("SUCCESS"))


def test_volumes(aws: Aws) -> None:
    mount = [{"sourceVolume": "data", "containerPath": "/data"}]
    container = [{**CONTAINER, "mountPoints": mount}]

    assert register(aws, task(containerDefinitions=container)) == "Unknown volume 'data'."
    assert register(aws, task(volumes=[{"name": "data"}, {"name": "data"}])) == "Duplicate volume name ['data']."
    assert register(aws, task(volumes=[{"name": "my data"}])) == (
        "Volume.name contains invalid characters or is longer than 255 characters."
    )
    assert register(aws, task(volumes=[{"name": "data", "host": {"sourcePath": "/x"}}])) == (
        "Fargate tasks do not support host.sourcePath."
    )
    aws("ecs").register_task_definition(**task(containerDefinitions=container, volumes=[{"name": "data"}]))


def efs(**changes: Any) -> dict[str, Any]:
    return task(
        volumes=[{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "fs-0123456789abcdef0", **changes}}]
    )


def test_file_systems(aws: Aws) -> None:
    point = {"accessPointId": "fsap-0123456789abcdef0"}
    encrypted = "Transit encryption must be enabled when IAM authorization or an access point is used."

    assert register(aws, efs(authorizationConfig=point)) == encrypted
    assert register(aws, efs(authorizationConfig={"iam": "ENABLED"})) == encrypted
    assert register(aws, efs(authorizationConfig=point, transitEncryption="ENABLED", rootDirectory="/data")) == (
        "Root directory must not be specified, or set to /, when an access point is specified."
    )
    aws("ecs").register_task_definition(**efs(authorizationConfig=point, transitEncryption="ENABLED"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"secrets": [SECRET]},
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
        ),
        (
            {"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::bucket/web.env"}]},
            "Environment files and repository credentials require a value for 'executionRoleArn'.",
        ),
        (
            {"logConfiguration": AWSLOGS},
            "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
        ),
        (
            {"image": f"{ACCOUNT_ID}.dkr.ecr.eu-west-1.amazonaws.com/web:1"},
            "Fargate requires task definition to have execution role ARN to support ECR images.",
        ),
    ],
)
def test_no_execution_role(aws: Aws, role: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    assert register(aws, with_container(**changes)) == message
    aws("ecs").register_task_definition(**with_container(**changes), executionRoleArn=role["Arn"])


@pytest.mark.parametrize("name", ["taskRoleArn", "executionRoleArn"])
def test_a_role_that_does_not_exist(aws: Aws, name: str) -> None:
    assert register(aws, task(**{name: MISSING_ROLE})) == "Role is not valid"


def test_log_drivers(aws: Aws, role: dict[str, Any]) -> None:
    execution = {"executionRoleArn": role["Arn"]}
    partial = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web"}}

    assert register(aws, with_container(logConfiguration={"logDriver": "syslog"})) == (
        "Fargate compatible task definitions support only log drivers: awslogs, splunk, awsfirelens."
    )
    assert register(aws, {**with_container(logConfiguration=partial), **execution}) == (
        "Log driver awslogs requires options: awslogs-region, awslogs-stream-prefix."
    )


def test_a_log_router(aws: Aws) -> None:
    routed = {**CONTAINER, "logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "stdout"}}}
    router: dict[str, Any] = {"name": "router", "image": "fluent-bit", "firelensConfiguration": {"type": "fluentbit"}}
    in_s3 = {"type": "fluentbit", "options": {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::b/f.conf"}}

    assert register(aws, task(containerDefinitions=[routed])) == (
        "A container uses the awsfirelens log driver, but no container has a FireLens configuration."
    )
    assert register(aws, task(containerDefinitions=[routed, router, {**router, "name": "other"}])) == (
        "A task definition can have only one FireLens container."
    )
    assert register(aws, task(containerDefinitions=[routed, {**router, "firelensConfiguration": in_s3}])) == (
        "Fargate supports only the FireLens configuration file type file."
    )
    aws("ecs").register_task_definition(**task(containerDefinitions=[routed, router]))


def test_kernel_parameters(aws: Aws) -> None:
    assert register(aws, with_container(systemControls=[{"namespace": "vm.swappiness", "value": "1"}])) == (
        "Invalid namespace 'vm.swappiness' in systemControls."
    )
    names = ("net.core.somaxconn", "fs.mqueue.msg_max", "kernel.shmmax")
    aws("ecs").register_task_definition(
        **with_container(systemControls=[{"namespace": name, "value": "1"} for name in names])
    )


@pytest.mark.parametrize(
    ("mappings", "message"),
    [
        ([{"containerPort": 80}, {"containerPort": 80}], "Duplicate port mappings: 80/tcp."),
        (
            [{"containerPort": 80, "hostPort": 81}],
            "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
        ),
        ([{"containerPort": 70000}], "Invalid container port '70000'."),
        (
            [{"containerPort": 80, "name": "http"}, {"containerPort": 81, "name": "http"}],
            "Duplicate names of port mappings: http.",
        ),
    ],
)
def test_port_mappings(aws: Aws, mappings: list[dict[str, Any]], message: str) -> None:
    assert register(aws, with_container(portMappings=mappings)) == message


def test_one_port_for_two_protocols(aws: Aws) -> None:
    mappings = [{"containerPort": 53, "protocol": "tcp"}, {"containerPort": 53, "protocol": "udp"}]

    aws("ecs").register_task_definition(**with_container(portMappings=mappings))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"privileged": True}, "privileged"),
        ({"links": ["a"]}, "links"),
        ({"extraHosts": [{"hostname": "a", "ipAddress": "10.0.0.1"}]}, "extraHosts"),
        ({"linuxParameters": {"sharedMemorySize": 64}}, "linuxParameters.sharedMemorySize"),
        (
            {"linuxParameters": {"capabilities": {"add": ["NET_ADMIN"]}}},
            "linuxParameters.capabilities.add other than SYS_PTRACE",
        ),
    ],
)
def test_parameters_that_fargate_does_not_have(aws: Aws, changes: dict[str, Any], what: str) -> None:
    assert register(aws, with_container(**changes)) == f"Fargate compatible task definitions do not support {what}."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"healthCheck": {**HEALTH, "interval": 4}}, "Health check interval must be between 5 and 300."),
        ({"healthCheck": {**HEALTH, "retries": 11}}, "Health check retries must be between 1 and 10."),
        ({"healthCheck": {**HEALTH, "timeout": 1}}, "Health check timeout must be between 2 and 60."),
        ({"healthCheck": {**HEALTH, "startPeriod": 301}}, "Health check startPeriod must be between 0 and 300."),
        ({"stopTimeout": 121}, "Stop timeout must be between 2 and 120 seconds on Fargate."),
    ],
)
def test_numbers_of_containers(aws: Aws, changes: dict[str, Any], message: str) -> None:
    assert register(aws, with_container(**changes)) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "web 1"}, "Container.name contains invalid characters or is longer than 255 characters."),
        ({"image": "a" * 256}, "Container.image must be 1 to 255 characters."),
        ({"memory": 5}, "Invalid 'memory' setting for container web. It must be at least 6 MiB."),
        (
            {"ulimits": [{"name": "nofile", "softLimit": 3, "hardLimit": 2}]},
            "The soft limit of ulimit nofile must not be higher than its hard limit.",
        ),
        (
            {"ulimits": [{"name": "nofile", "softLimit": -1, "hardLimit": 2}]},
            "The soft limit of ulimit nofile must not be higher than its hard limit.",
        ),
        ({"healthCheck": {"command": ["true"]}}, "Health check command must begin with CMD or CMD-SHELL."),
        ({"healthCheck": {"command": ["CMD"]}}, "Health check command must begin with CMD or CMD-SHELL."),
    ],
)
def test_fields_of_containers(aws: Aws, changes: dict[str, Any], message: str) -> None:
    assert register(aws, with_container(**changes)) == message


def test_unlimited_ulimits(aws: Aws) -> None:
    limits = [{"name": "nofile", "softLimit": 1024, "hardLimit": -1}]

    aws("ecs").register_task_definition(**with_container(ulimits=limits))


def test_a_secret_with_the_name_of_a_variable(aws: Aws, role: dict[str, Any]) -> None:
    text = "The secret name must be unique and not shared with any new or existing environment variables set on the "
    execution = {"executionRoleArn": role["Arn"]}
    variables = [{"name": "KEY", "value": "x"}]

    for changes in ({"secrets": [SECRET], "environment": variables}, {"secrets": [SECRET, SECRET]}):
        assert register(aws, {**with_container(**changes), **execution}) == f"{text}container, such as 'KEY'."


def test_environment_files(aws: Aws, role: dict[str, Any]) -> None:
    def files(*keys: str) -> dict[str, Any]:
        found = [{"type": "s3", "value": f"arn:aws:s3:::bucket/{key}"} for key in keys]
        return {**with_container(environmentFiles=found), "executionRoleArn": role["Arn"]}

    assert register(aws, files("web.txt")) == (
        "The environment file arn:aws:s3:::bucket/web.txt must have the extension .env."
    )
    assert register(aws, files(*(f"{n}.env" for n in range(11)))) == (
        "A container can have at most 10 environment files."
    )


@pytest.mark.parametrize("size", [20, 201])
def test_ephemeral_storage(aws: Aws, size: int) -> None:
    assert register(aws, task(ephemeralStorage={"sizeInGiB": size})) == (
        "Ephemeral storage size must be between 21 and 200 GiB."
    )


def test_a_task_definition_of_more_than_64_kib(aws: Aws) -> None:
    large = with_container(environment=[{"name": "A", "value": "x" * 65_536}])

    assert register(aws, large).endswith("Max allowed length is '65536' bytes.")
