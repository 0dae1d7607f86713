"""Service Connect: services that reach each other by name, and no one else does."""

from __future__ import annotations

from typing import Any

from tests.stacks.conftest import Synth

THREE = """
    load_balancer:
      https: {certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"}
    services:
      web: {connect: true}
      api: {connect: {alias: backend, port: 80}, port: 8000, http: {paths: ["/api/*"], protocol: HTTP2}}
      mailer: {type: worker, connect: true}
      alone: {type: worker}
"""


def configuration(small: Synth, service: str) -> Any:
    return small(THREE)[f"aws_ecs_service.{service}"].get("service_connect_configuration")


def test_the_connected_services_share_a_namespace(small: Synth) -> None:
    made = small(THREE)

    assert made["aws_service_discovery_http_namespace.main"]["name"] == "shop-prod"
    for service in ("web", "api", "mailer"):
        assert configuration(small, service)["namespace"] == "${aws_service_discovery_http_namespace.main.arn}"
    assert configuration(small, "alone") is None


def test_a_service_is_reached_by_its_name_and_port(small: Synth) -> None:
    assert configuration(small, "web")["service"] == [
        {"client_alias": {"dns_name": "web", "port": 3000}, "discovery_name": "web", "port_name": "web"}
    ]


def test_a_service_may_have_an_alias_and_another_port(small: Synth) -> None:
    assert configuration(small, "api")["service"] == [
        {"client_alias": {"dns_name": "backend", "port": 80}, "discovery_name": "api", "port_name": "api"}
    ]
    (mapping,) = small(THREE).container("api")["portMappings"]
    assert (mapping["name"], mapping["appProtocol"], mapping["containerPort"]) == ("api", "http2", 8000)


def test_a_worker_without_a_port_reaches_others_and_is_reached_by_none(small: Synth) -> None:
    assert configuration(small, "mailer").get("service", []) == []
    assert small(THREE).rules("ingress", "mailer_tasks") == {}


def test_a_worker_with_a_port_is_reached_there(small: Synth) -> None:
    made = small("services: {web: {connect: true}, grpc: {type: worker, connect: {port: 9000}}}")

    assert made.container("grpc")["portMappings"][0]["containerPort"] == 9000
    assert made.rules("ingress", "grpc_tasks") == {"grpc_tasks_from_web": ("${aws_security_group.web_tasks.id}", 9000)}


def test_connected_services_reach_each_other_on_the_ports_they_serve_and_no_one_else(small: Synth) -> None:
    made = small(THREE)

    balancer = "${aws_security_group.load_balancer.id}"
    assert made.rules("ingress", "web_tasks") == {
        "web_tasks_load_balancer": (balancer, 3000),
        "web_tasks_from_api": ("${aws_security_group.api_tasks.id}", 3000),
        "web_tasks_from_mailer": ("${aws_security_group.mailer_tasks.id}", 3000),
    }
    assert made.rules("ingress", "api_tasks") == {
        "api_tasks_load_balancer": (balancer, 8000),
        "api_tasks_from_web": ("${aws_security_group.web_tasks.id}", 8000),
        "api_tasks_from_mailer": ("${aws_security_group.mailer_tasks.id}", 8000),
    }
    assert made.rules("ingress", "alone_tasks") == {}


def test_listed_egress_is_joined_by_the_way_to_the_others(small: Synth) -> None:
    made = small("services: {web: {connect: true, egress: [{port: 443}]}, api: {type: worker, connect: {port: 80}}}")

    assert sorted(made.rules("egress", "web_tasks").values()) == [
        ("${aws_security_group.api_tasks.id}", 80),
        ("0.0.0.0/0", 443),
    ]


def test_what_the_proxy_writes_goes_to_the_services_log(small: Synth) -> None:
    logs = configuration(small, "web")["log_configuration"]

    assert logs == {
        "log_driver": "awslogs",
        "options": {
            "awslogs-group": "${aws_cloudwatch_log_group.web.name}",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "connect",
        },
    }


def test_the_namespace_goes_after_the_services_have_left_it(small: Synth) -> None:
    assert small(THREE)["aws_service_discovery_http_namespace.main"]["lifecycle"] == {"create_before_destroy": True}


def test_no_namespace_is_made_where_nothing_is_connected(small: Synth) -> None:
    assert small().names("aws_service_discovery_http_namespace") == []
