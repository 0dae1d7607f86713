"""The load balancer and its listeners."""

from __future__ import annotations

import pytest

from stacks.naming import identifier_of
from tests.stacks.conftest import Synth

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
BY_ARN = f"load_balancer: {{https: {{certificate_arn: '{ARN}'}}}}"


def test_it_is_internet_facing_in_the_public_subnets(stack: Synth) -> None:
    balancer = stack()["aws_lb.main"]

    assert balancer["internal"] is False
    assert balancer["subnets"] == ["${aws_subnet.public_0.id}", "${aws_subnet.public_1.id}"]
    assert balancer["idle_timeout"] == 60


def test_an_internal_load_balancer_is_in_the_private_subnets(stack: Synth) -> None:
    balancer = stack("load_balancer: {internal: true, ingress_cidrs: [10.0.0.0/8], idle_timeout: 30}")["aws_lb.main"]

    assert balancer["internal"] is True
    assert balancer["subnets"] == ["${aws_subnet.private_0.id}", "${aws_subnet.private_1.id}"]
    assert balancer["idle_timeout"] == 30


def test_plain_http_is_served_without_a_certificate(stack: Synth) -> None:
    made = stack()

    assert made.names("aws_lb_listener") == ["http"]
    assert made["aws_lb_listener.http"]["default_action"] == [
        {
            "type": "fixed-response",
            "fixed_response": {"content_type": "text/plain", "message_body": "Not found", "status_code": "404"},
        }
    ]
    assert made["aws_lb_listener_rule.web_http"]["listener_arn"] == "${aws_lb_listener.http.arn}"
    assert list(made.rules("ingress", "load_balancer").values()) == [("0.0.0.0/0", 80)]


def test_with_a_certificate_it_serves_https_and_redirects_http(stack: Synth) -> None:
    made = stack(BY_ARN)

    https = made["aws_lb_listener.https"]
    assert (https["port"], https["protocol"]) == (443, "HTTPS")
    assert https["certificate_arn"] == ARN
    assert https["ssl_policy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert made["aws_lb_listener.http"]["default_action"] == [
        {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}}
    ]
    assert made.names("aws_lb_listener_rule") == ["web_https"]
    assert made.content["output"]["alb_url"]["value"] == "https://${aws_lb.main.dns_name}"
    assert {port for _, port in made.rules("ingress", "load_balancer").values()} == {80, 443}


def test_without_the_redirect_both_listeners_forward(stack: Synth) -> None:
    made = stack(f"load_balancer: {{redirect_http: false, https: {{certificate_arn: '{ARN}'}}}}")

    assert made.names("aws_lb_listener_rule") == ["web_http", "web_https"]
    priorities = {rule["priority"] for rule in made.all("aws_lb_listener_rule").values()}
    assert len(priorities) == 1
    assert made["aws_lb_listener.http"]["default_action"][0]["type"] == "fixed-response"
    assert {"aws_lb_listener_rule.web_http", "aws_lb_listener_rule.web_https"} <= {
        *made["aws_ecs_service.web"]["depends_on"]
    }


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", False),
        ("protected: true", True),
        ("protected: true\nload_balancer: {deletion_protection: false}", False),
        ("load_balancer: {deletion_protection: true}", True),
    ],
)
def test_deletion_protection_follows_the_environment_unless_it_is_set(stack: Synth, text: str, kept: bool) -> None:
    assert stack(text)["aws_lb.main"]["enable_deletion_protection"] is kept


def test_an_internet_facing_load_balancer_depends_on_the_internet_route(stack: Synth) -> None:
    """ELB rejects it in a VPC whose internet gateway is not attached yet."""
    public = stack("load_balancer: {access_logs: false}")
    internal = stack("load_balancer: {access_logs: false, internal: true}")

    assert public["aws_lb.main"]["depends_on"] == ["aws_route.internet"]
    assert "depends_on" not in internal["aws_lb.main"]


def test_a_redirected_host_keeps_the_path_and_query_on_each_listener_that_routes(small: Synth) -> None:
    made = small("load_balancer: {redirects: [{from: WWW.example.com, to: example.com}]}")

    rule = made[f"aws_lb_listener_rule.redirect_{identifier_of('www.example.com')}_http"]
    assert rule["condition"] == [{"host_header": {"values": ["www.example.com"]}}]
    assert rule["action"] == [
        {"type": "redirect", "redirect": {"host": "example.com", "status_code": "HTTP_301"}},
    ]
    assert rule["priority"] < made["aws_lb_listener_rule.web_http"]["priority"]
