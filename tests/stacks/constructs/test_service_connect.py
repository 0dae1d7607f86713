"""Service Connect: only connected services reach each other, by name."""

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


def test_a_service_can_have_an_alias_and_another_port(small: Synth) -> None:
    assert configuration(small, "api")["service"] == [
        {"client_alias": {"dns_name": "backend", "port": 80}, "discovery_name": "api", "port_name": "api"}
    ]
    (mapping,) = small(THREE).container("api")["portMappings"]
    assert (mapping["name"], mapping["appProtocol"], mapping["containerPort"]) == ("api", "http2", 8000)


def test_a_worker_without_a_port_is_only_a_client(small: Synth) -> None:
    assert configuration(small, "mailer").get("service", []) == []
    assert small(THREE).rules("ingress", "mailer_tasks") == {}


def test_a_worker_with_a_port_is_also_a_server(small: Synth) -> None:
    made = small("services: {web: {connect: true}, grpc: {type: worker, connect: {port: 9000}}}")

    assert made.container("grpc")["portMappings"][0]["containerPort"] == 9000
    assert made.rules("ingress", "grpc_tasks") == {"grpc_tasks_from_web": ("${aws_security_group.web_tasks.id}", 9000)}


def test_only_connected_services_reach_each_other_on_the_ports_they_serve(small: Synth) -> None:
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


def test_listed_egress_is_extended_with_rules_to_the_other_services(small: Synth) -> None:
    made = small("services: {web: {connect: true, egress: [{port: 443}]}, api: {type: worker, connect: {port: 80}}}")

    assert sorted(made.rules("egress", "web_tasks").values()) == [
        ("${aws_security_group.api_tasks.id}", 80),
        ("0.0.0.0/0", 443),
    ]


def test_the_proxy_logs_to_the_services_log_group(small: Synth) -> None:
    logs = configuration(small, "web")["log_configuration"]

    assert logs == {
        "log_driver": "awslogs",
        "options": {
            "awslogs-group": "${aws_cloudwatch_log_group.web.name}",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "connect",
        },
    }


def test_the_namespace_is_replaced_before_it_is_destroyed(small: Synth) -> None:
    assert small(THREE)["aws_service_discovery_http_namespace.main"]["lifecycle"] == {"create_before_destroy": True}


def test_without_connected_services_there_is_no_namespace(small: Synth) -> None:
    assert small().names("aws_service_discovery_http_namespace") == []


SHOP = """
    services:
      web: {connect: true, environment: {API: "http://api:8000", CACHE: "cache:6379"}}
      api: {connect: true, port: 8000, http: {paths: ["/api/*"]}, environment: {CACHE: "redis://cache:6379/0"}}
      cache: {type: worker, connect: {port: 6379}}
      mailer: {type: worker, connect: true}
      alone: {type: worker}
"""


def made_after(small: Synth, text: str, service: str) -> list[str]:
    waits = small(text)[f"aws_ecs_service.{service}"]["depends_on"]
    return sorted(address.partition(".")[2] for address in waits if address.startswith("aws_ecs_service."))


def test_a_service_is_created_after_those_it_calls(small: Synth) -> None:
    assert made_after(small, SHOP, "cache") == []
    assert made_after(small, SHOP, "api") == ["cache"]
    assert made_after(small, SHOP, "web") == ["api", "cache"]
    assert made_after(small, SHOP, "mailer") == ["api", "cache", "web"]
    assert made_after(small, SHOP, "alone") == []


def test_in_a_cycle_the_call_of_the_first_service_in_the_file_takes_precedence(small: Synth) -> None:
    text = """
        services:
          web: {connect: true, environment: {A: "http://api:8000"}}
          api: {connect: true, port: 8000, http: {paths: ["/api/*"]}, command: [serve, --auth, "http://auth:9000"]}
          auth: {type: worker, connect: {port: 9000}, environment: {HOOK: "http://web:3000/hook"}}
    """

    assert made_after(small, text, "web") == ["api"]
    assert made_after(small, text, "api") == ["auth"]
    assert made_after(small, text, "auth") == []


def test_an_alias_inside_another_word_is_not_a_call(small: Synth) -> None:
    text = """
        services:
          web: {connect: true, environment: {A: "https://api.example.com", B: my-api, C: "http://rest-api:80"}}
          api: {type: worker, connect: {port: 8000}}
    """

    assert made_after(small, text, "web") == []


def test_a_service_is_redeployed_when_the_endpoints_of_the_others_change(small: Synth) -> None:
    made = small(SHOP).all("aws_ecs_service")

    endpoints = {name: service.get("triggers", {}).get("endpoints") for name, service in made.items()}
    assert endpoints == {
        "web": "api:8000 cache:6379",
        "api": "cache:6379 web:3000",
        "cache": "api:8000 web:3000",
        "mailer": "api:8000 cache:6379 web:3000",
        "alone": None,
    }


def test_a_worker_is_reached_over_tcp_because_its_protocol_is_unknown(small: Synth) -> None:
    (mapping,) = small(SHOP).container("cache")["portMappings"]

    assert mapping == {"containerPort": 6379, "hostPort": 6379, "name": "cache", "protocol": "tcp"}


def test_the_proxy_does_not_time_out_grpc_streams(small: Synth) -> None:
    text = THREE.replace("HTTP2", "GRPC")
    (api,) = small(text)["aws_ecs_service.api"]["service_connect_configuration"]["service"]
    (web,) = small(text)["aws_ecs_service.web"]["service_connect_configuration"]["service"]

    assert api["timeout"] == {"idle_timeout_seconds": 300, "per_request_timeout_seconds": 0}
    assert "timeout" not in web


def test_other_services_reach_the_target_container(small: Synth) -> None:
    made = small("""
        services:
          web: {connect: true, port: 9000, target_container: nginx, sidecars: {nginx: {image: "nginx:1.27", port: 80}}}
          mailer: {type: worker, connect: true}
        """)

    plain = {"containerPort": 9000, "hostPort": 9000, "protocol": "tcp"}
    assert made.container("web")["portMappings"] == [plain]
    assert made.container("web", "nginx")["portMappings"] == [
        {"containerPort": 80, "hostPort": 80, "protocol": "tcp", "name": "web", "appProtocol": "http"}
    ]
    assert made.rules("ingress", "web_tasks")["web_tasks_from_mailer"] == (
        "${aws_security_group.mailer_tasks.id}",
        80,
    )
    (server,) = made["aws_ecs_service.web"]["service_connect_configuration"]["service"]
    assert server["client_alias"] == {"dns_name": "web", "port": 80}
