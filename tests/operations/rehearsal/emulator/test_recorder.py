"""The recorder counts requests and keeps what they name, never another value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.utils import get_service_model

from operations.rehearsal.emulator.calls import Call, calls_from_json
from operations.rehearsal.emulator.recorder import Recorder
from operations.rehearsal.emulator.request import Request, client_of

ROLE = "arn:aws:iam::123456789012:role/web"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"


def request(service: str, operation: str, parameters: Mapping[str, Any], client: str = "terraform") -> Request:
    model = get_service_model(service).operation_model(operation)
    return Request(service, operation, parameters, "123456789012", "eu-west-1", client, model, "json")


def test_requests_are_counted_by_operation_and_client_and_sorted() -> None:
    recorder = Recorder()
    for name, client in (("b", "terraform"), ("a", "terraform"), ("a", "boto3")):
        recorder.record(request("iam", "GetRole", {"RoleName": name}, client))
    recorder.record(request("ecs", "ListClusters", {}))

    assert recorder.calls() == (
        Call("ecs", "ListClusters", "terraform", 1),
        Call("iam", "GetRole", "boto3", 1, {"RoleName": ("a",)}),
        Call("iam", "GetRole", "terraform", 2, {"RoleName": ("a", "b")}),
    )


def test_only_identifiers_are_recorded() -> None:
    recorder = Recorder()
    container = {
        "name": "web",
        "image": "nginx",
        "environment": [{"name": "PASSWORD", "value": "hunter2"}],
        "command": ["--token", "hunter2"],
        "secrets": [{"name": "DB", "valueFrom": SECRET}],
    }
    recorder.record(
        request(
            "ecs",
            "RegisterTaskDefinition",
            {"family": "web", "taskRoleArn": ROLE, "containerDefinitions": [container], "tags": [{"key": "a"}]},
        )
    )
    recorder.record(
        request("secretsmanager", "PutSecretValue", {"SecretId": SECRET, "SecretString": "hunter2"}), "AccessDenied"
    )

    assert [call.to_json() for call in recorder.calls()] == [
        {
            "service": "ecs",
            "operation": "RegisterTaskDefinition",
            "client": "terraform",
            "count": 1,
            "resources": {"family": ["web"], "taskRoleArn": [ROLE]},
            "tagged": True,
            "refused": [],
        },
        {
            "service": "secretsmanager",
            "operation": "PutSecretValue",
            "client": "terraform",
            "count": 1,
            "resources": {"SecretId": [SECRET]},
            "tagged": False,
            "refused": ["AccessDenied"],
        },
    ]


def test_random_tokens_are_not_resources() -> None:
    recorder = Recorder()
    recorder.record(request("route53", "CreateHostedZone", {"Name": "example.com", "CallerReference": "x"}))
    recorder.record(request("servicediscovery", "CreateHttpNamespace", {"Name": "shop", "CreatorRequestId": "x"}))

    assert [call.resources for call in recorder.calls()] == [{"Name": ("example.com",)}, {"Name": ("shop",)}]


def test_calls_survive_json() -> None:
    recorder = Recorder()
    recorder.record(request("iam", "GetRole", {"RoleName": "a"}), "NoSuchEntity")

    assert calls_from_json(call.to_json() for call in recorder.calls()) == recorder.calls()


def test_clients_are_distinguished_by_their_user_agent() -> None:
    assert (
        client_of("APN/1.0 HashiCorp/1.0 Terraform/1.11.4 (+https://www.terraform.io) aws-sdk-go-v2/1") == "terraform"
    )
    assert client_of("Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux") == "boto3"
    assert client_of("aws-cli/2.15.0") == "other"
