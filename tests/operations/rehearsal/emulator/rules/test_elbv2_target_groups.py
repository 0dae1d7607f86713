"""Target groups that Elastic Load Balancing refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.rehearsal.emulator.rules.conftest import Network, refusal, unique


def create(network: Network, **changes: Any) -> tuple[str, str]:
    settings = {"Name": unique("tg"), "Protocol": "HTTP", "Port": 80, "VpcId": network.vpc, "TargetType": "ip"}
    return refusal(network.aws("elbv2").create_target_group, **{**settings, **changes})


def test_a_health_check_path_without_a_slash(network: Network) -> None:
    refused = ("ValidationError", "Health check path 'health' must begin with a '/' character")

    assert create(network, HealthCheckPath="health") == refused
    modify = network.aws("elbv2").modify_target_group
    assert refusal(modify, TargetGroupArn=network.target_group(), HealthCheckPath="health") == refused


@pytest.mark.parametrize("code", ["600", "199", "200-600", "200,500", "x", "200-"])
def test_an_http_code_that_can_not_be_matched(network: Network, code: str) -> None:
    assert create(network, Matcher={"HttpCode": code}) == (
        "ValidationError",
        f"Health check matcher HttpCode '{code}' must be within '200-499' inclusive",
    )
    network.target_group(Matcher={"HttpCode": "200-299,302,401-404"})


def test_a_grpc_code_that_can_not_be_matched(network: Network) -> None:
    grpc: dict[str, Any] = {"ProtocolVersion": "GRPC"}

    assert create(network, **grpc, Matcher={"GrpcCode": "100"}) == (
        "ValidationError",
        "Health check matcher GrpcCode '100' must be within '0-99' inclusive",
    )
    network.target_group(**grpc, Matcher={"GrpcCode": "0-99"})


@pytest.mark.parametrize("timeout", [10, 11])
def test_a_timeout_that_is_not_shorter_than_the_interval(network: Network, timeout: int) -> None:
    refused = ("ValidationError", "Health check interval must be greater than the timeout.")

    assert create(network, HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=timeout) == refused
    group = network.target_group(HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=5)
    modify = network.aws("elbv2").modify_target_group
    assert refusal(modify, TargetGroupArn=group, HealthCheckTimeoutSeconds=timeout) == refused


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deregistration_delay.timeout_seconds", "3601"),
        ("slow_start.duration_seconds", "29"),
        ("slow_start.duration_seconds", "901"),
        ("stickiness.lb_cookie.duration_seconds", "0"),
    ],
)
def test_seconds_outside_their_range(network: Network, key: str, value: str) -> None:
    attributes = [{"Key": key, "Value": value}]
    modify = network.aws("elbv2").modify_target_group_attributes

    assert refusal(modify, TargetGroupArn=network.target_group(), Attributes=attributes) == (
        "ValidationError",
        f"'{value}' is not valid for the attribute '{key}'",
    )


def test_seconds_at_their_limits(network: Network) -> None:
    values = {"deregistration_delay.timeout_seconds": "0", "slow_start.duration_seconds": "30"}
    attributes = [{"Key": key, "Value": value} for key, value in values.items()]

    network.aws("elbv2").modify_target_group_attributes(TargetGroupArn=network.target_group(), Attributes=attributes)
