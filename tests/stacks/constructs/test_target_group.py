"""The target group of a web service, and the listener rule that forwards to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.conftest import Synth

HTTPS = """
    load_balancer:
      https: {certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"}
"""


def conditions(small: Synth, http: str) -> list[Any]:
    found: list[Any] = small(f"services: {{web: {{http: {http}}}}}")["aws_lb_listener_rule.web_http"]["condition"]
    return found


def test_the_health_check_comes_from_the_project_file(small: Synth) -> None:
    check = """
        services:
          web:
            port: 8080
            health_check: {path: /healthz, matcher: "200,204", interval: 15, timeout: 6, healthy_threshold: 3,
                           unhealthy_threshold: 4, grace_period: 90}
    """

    made = small(check)

    assert made["aws_lb_target_group.web"]["health_check"] == {
        "enabled": True,
        "path": "/healthz",
        "matcher": "200,204",
        "port": "traffic-port",
        "protocol": "HTTP",
        "interval": 15,
        "timeout": 6,
        "healthy_threshold": 3,
        "unhealthy_threshold": 4,
    }
    assert made["aws_ecs_service.web"]["health_check_grace_period_seconds"] == 90


def test_a_health_check_on_another_port_is_let_through(small: Synth) -> None:
    made = small("services: {web: {port: 8080, health_check: {port: 9000}}}")

    assert made["aws_lb_target_group.web"]["health_check"]["port"] == "9000"
    assert made.rules("ingress", "web_tasks") == {
        "web_tasks_load_balancer": ("${aws_security_group.load_balancer.id}", 8080),
        "web_tasks_load_balancer_9000": ("${aws_security_group.load_balancer.id}", 9000),
    }
    assert made.rules("egress", "load_balancer") == {
        "load_balancer_web_tasks": ("${aws_security_group.web_tasks.id}", 8080),
        "load_balancer_web_9000": ("${aws_security_group.web_tasks.id}", 9000),
    }


def test_the_port_of_the_requests_needs_no_rule_of_its_own(small: Synth) -> None:
    same, default = (small(f"services: {{web: {{health_check: {{{port}}}}}}}") for port in ("port: 3000", ""))

    assert same.content == default.content


def test_its_targets_are_ip_addresses(small: Synth) -> None:
    group = small()["aws_lb_target_group.web"]

    assert (group["target_type"], group["port"], group["protocol"]) == ("ip", 3000, "HTTP")
    assert group["deregistration_delay"] == "60"


def test_its_replacement_has_another_name_and_is_created_first(small: Synth) -> None:
    """The port and protocol of a target group can't be changed, and it can't be deleted while a rule uses it."""
    names = {
        small(f"{HTTPS}    services: {{web: {{port: {port}, http: {{protocol: {protocol}}}}}}}")[
            "aws_lb_target_group.web"
        ]["name"]
        for port in (3000, 8080)
        for protocol in ("HTTP1", "HTTP2", "GRPC")
    }

    assert len(names) == 6
    assert small()["aws_lb_target_group.web"]["lifecycle"] == {"create_before_destroy": True}


def test_sessions_are_sticky_only_with_stickiness(small: Synth) -> None:
    assert small()["aws_lb_target_group.web"]["stickiness"] == {"type": "lb_cookie", "enabled": False}

    sticky = small("services: {web: {http: {stickiness: 3600}}}")["aws_lb_target_group.web"]["stickiness"]

    assert sticky == {"type": "lb_cookie", "enabled": True, "cookie_duration": 3600}


def test_slow_start_and_deregistration_delay_are_configurable(small: Synth) -> None:
    group = small("services: {web: {http: {slow_start: 30, deregistration_delay: 0}}}")["aws_lb_target_group.web"]

    assert (group["slow_start"], group["deregistration_delay"]) == (30, "0")
    assert "slow_start" not in small()["aws_lb_target_group.web"]


@pytest.mark.parametrize(("protocol", "matcher"), [("HTTP1", "200-399"), ("HTTP2", "200-399"), ("GRPC", "0-99")])
def test_the_default_matcher_depends_on_the_protocol(small: Synth, protocol: str, matcher: str) -> None:
    group = small(f"{HTTPS}    services: {{web: {{http: {{protocol: {protocol}}}}}}}")["aws_lb_target_group.web"]

    assert group["protocol_version"] == protocol
    assert group["health_check"]["matcher"] == matcher


def test_a_grpc_matcher_can_be_set(small: Synth) -> None:
    text = f"""{HTTPS}    services: {{web: {{http: {{protocol: GRPC}}, health_check: {{matcher: "0,12"}}}}}}"""

    assert small(text)["aws_lb_target_group.web"]["health_check"]["matcher"] == "0,12"


def test_a_rule_without_hosts_matches_paths(small: Synth) -> None:
    assert conditions(small, '{paths: ["/api/*", /health]}') == [{"path_pattern": {"values": ["/api/*", "/health"]}}]


def test_a_rule_with_hosts_does_not_need_a_catch_all_path(small: Synth) -> None:
    assert conditions(small, '{hosts: [api.example.com, "*.eu.example.com"]}') == [
        {"host_header": {"values": ["api.example.com", "*.eu.example.com"]}}
    ]


def test_a_rule_combines_hosts_paths_and_source_ips(small: Synth) -> None:
    assert conditions(small, '{hosts: [api.example.com], paths: ["/v1/*"], allowed_cidrs: [10.0.0.0/8]}') == [
        {"host_header": {"values": ["api.example.com"]}},
        {"path_pattern": {"values": ["/v1/*"]}},
        {"source_ip": {"values": ["10.0.0.0/8"]}},
    ]


def test_a_catch_all_path_is_combined_with_source_ips(small: Synth) -> None:
    assert conditions(small, "{allowed_cidrs: [10.0.0.0/8]}") == [
        {"path_pattern": {"values": ["/*"]}},
        {"source_ip": {"values": ["10.0.0.0/8"]}},
    ]


def test_a_dollar_sign_in_a_path_is_not_an_expression(small: Synth) -> None:
    assert conditions(small, '{paths: ["/$/*"]}') == [{"path_pattern": {"values": ["/$/*"]}}]


def test_a_rule_can_have_a_priority(small: Synth) -> None:
    made = small("services: {web: {http: {priority: 7}}}")

    assert made["aws_lb_listener_rule.web_http"]["priority"] == 7


def test_only_the_load_balancer_reaches_the_tasks_on_their_port(small: Synth) -> None:
    made = small("services: {web: {port: 8080}}")

    assert made.rules("egress", "load_balancer") == {
        "load_balancer_web_tasks": ("${aws_security_group.web_tasks.id}", 8080)
    }
    assert made.rules("ingress", "web_tasks") == {
        "web_tasks_load_balancer": ("${aws_security_group.load_balancer.id}", 8080)
    }


ALSO = """
services:
  web:
    port: 8080
    connect: true
    health_check: {path: /ready}
    sidecars: {proxy: {image: "proxy:1", port: 9901}}
    http:
      also:
        - {port: 9090, paths: [/metrics]}
        - {port: 9901, hosts: [admin.example.com], health_check: {path: /up, port: 9902}}
"""


def test_a_further_port_has_a_target_group_and_a_rule_of_its_own(small: Synth) -> None:
    made = small(ALSO)

    group, rule = made["aws_lb_target_group.web_9090"], made["aws_lb_listener_rule.web_9090_http"]
    assert (group["port"], group["name"]) == (9090, "shop-prod-web-9090-also")
    assert rule["action"] == [{"type": "forward", "target_group_arn": "${aws_lb_target_group.web_9090.arn}"}]
    assert rule["condition"] == [{"path_pattern": {"values": ["/metrics"]}}]
    assert [each["container_name"] for each in made["aws_ecs_service.web"]["load_balancer"]] == ["web", "web", "proxy"]
    assert [each["container_port"] for each in made["aws_ecs_service.web"]["load_balancer"]] == [8080, 9090, 9901]
    assert {"aws_lb_listener_rule.web_9090_http", "aws_lb_listener_rule.web_9901_http"} <= {
        *made["aws_ecs_service.web"]["depends_on"]
    }


def test_a_further_port_is_mapped_in_the_container_that_has_it(small: Synth) -> None:
    made = small(ALSO)

    assert [each["containerPort"] for each in made.container("web")["portMappings"]] == [8080, 9090]
    assert made.container("web")["portMappings"][1] == {"containerPort": 9090, "hostPort": 9090, "protocol": "tcp"}


def test_a_further_port_is_healthy_when_the_service_is(small: Synth) -> None:
    made = small(ALSO)

    checks = [made[f"aws_lb_target_group.{name}"]["health_check"] for name in ("web", "web_9090", "web_9901")]
    assert [(each["path"], each["port"]) for each in checks] == [
        ("/ready", "traffic-port"),
        ("/ready", "8080"),
        ("/up", "9902"),
    ]


def test_the_load_balancer_reaches_each_port_once(small: Synth) -> None:
    made = small(ALSO)

    assert sorted(made.rules("egress", "load_balancer")) == [
        *("load_balancer_web_9090", "load_balancer_web_9901", "load_balancer_web_9902", "load_balancer_web_tasks"),
    ]
    assert sorted(port or 0 for _, port in made.rules("ingress", "web_tasks").values()) == [8080, 9090, 9901, 9902]


BEHIND_NGINX = """
    services:
      web: {port: 9000, target_container: nginx, sidecars: {nginx: {image: "nginx:1.27", port: 80}}}
    """


def test_requests_can_go_to_a_sidecar(small: Synth) -> None:
    made = small(BEHIND_NGINX)

    group = made["aws_lb_target_group.web"]
    assert group["port"] == 80
    assert made["aws_ecs_service.web"]["load_balancer"] == [
        {"container_name": "nginx", "container_port": 80, "target_group_arn": "${aws_lb_target_group.web.arn}"}
    ]
    assert made.rules("ingress", "web_tasks") == {
        "web_tasks_load_balancer": ("${aws_security_group.load_balancer.id}", 80)
    }
    assert made.environment("web")["PORT"] == "9000"


def test_another_target_has_another_target_group(small: Synth) -> None:
    before = small(BEHIND_NGINX)["aws_lb_target_group.web"]
    after = small(BEHIND_NGINX.replace("target_container: nginx, ", ""))["aws_lb_target_group.web"]

    assert before["name"] != after["name"]


def test_further_ports_are_beside_those_of_the_target_container(small: Synth) -> None:
    made = small(
        """
        services:
          web:
            port: 9000
            target_container: nginx
            sidecars: {nginx: {image: "nginx:1.27", port: 80}, statsd: {image: "statsd:1", port: 9090, protocol: udp}}
            http: {also: [{port: 9000, hosts: [direct.example.com]}, {port: 9090, paths: [/metrics]}]}
        """
    )

    reached = made["aws_ecs_service.web"]["load_balancer"]
    assert [(each["container_name"], each["container_port"]) for each in reached] == [
        ("nginx", 80),
        ("web", 9000),
        ("web", 9090),
    ]
    assert [each["containerPort"] for each in made.container("web")["portMappings"]] == [9000, 9090]
    checks = [made[f"aws_lb_target_group.{name}"]["health_check"]["port"] for name in ("web", "web_9000", "web_9090")]
    assert checks == ["traffic-port", "80", "80"]
    assert len({rule["priority"] for rule in made.all("aws_lb_listener_rule").values()}) == 3
