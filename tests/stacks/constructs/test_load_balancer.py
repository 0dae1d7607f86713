"""The load balancer, its listeners, its certificate and its firewall."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555"
BY_ARN = f"load_balancer: {{https: {{certificate_arn: '{ARN}'}}}}"
BY_DOMAIN = "load_balancer: {https: {domain: shop.example.com, hosted_zone: example.com}}"


def test_it_faces_the_internet_from_the_public_subnets(stack: Synth) -> None:
    balancer = stack()["aws_lb.main"]

    assert balancer["internal"] is False
    assert balancer["subnets"] == ["${aws_subnet.public_0.id}", "${aws_subnet.public_1.id}"]
    assert balancer["idle_timeout"] == 60


def test_an_internal_one_stands_in_the_private_subnets(stack: Synth) -> None:
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


def test_a_certificate_serves_https_and_http_leads_there(stack: Synth) -> None:
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


def test_without_the_redirect_both_listeners_serve(stack: Synth) -> None:
    made = stack(f"load_balancer: {{redirect_http: false, https: {{certificate_arn: '{ARN}'}}}}")

    assert made.names("aws_lb_listener_rule") == ["web_http", "web_https"]
    priorities = {rule["priority"] for rule in made.all("aws_lb_listener_rule").values()}
    assert len(priorities) == 1
    assert made["aws_lb_listener.http"]["default_action"][0]["type"] == "fixed-response"
    assert {"aws_lb_listener_rule.web_http", "aws_lb_listener_rule.web_https"} <= {
        *made["aws_ecs_service.web"]["depends_on"]
    }


def test_a_domain_gets_a_certificate_that_dns_validates_and_an_alias(stack: Synth) -> None:
    made = stack(BY_DOMAIN)

    certificate = made["aws_acm_certificate.main"]
    assert (certificate["domain_name"], certificate["validation_method"]) == ("shop.example.com", "DNS")
    assert certificate["lifecycle"] == {"create_before_destroy": True}
    assert made["data.aws_route53_zone.main"] == {"name": "example.com", "private_zone": False}
    validation = made["aws_acm_certificate_validation.main"]
    assert validation["validation_record_fqdns"] == ["${aws_route53_record.validation.fqdn}"]
    listener = made["aws_lb_listener.https"]
    assert listener["certificate_arn"] == "${aws_acm_certificate_validation.main.certificate_arn}"
    alias = made["aws_route53_record.alias"]
    assert (alias["name"], alias["type"]) == ("shop.example.com", "A")
    assert alias["alias"]["name"] == "${aws_lb.main.dns_name}"
    assert made.content["output"]["alb_url"]["value"] == "https://shop.example.com"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", False),
        ("protected: true", True),
        ("protected: true\nload_balancer: {deletion_protection: false}", False),
        ("load_balancer: {deletion_protection: true}", True),
    ],
)
def test_it_is_protected_as_the_environment_is_unless_told_otherwise(stack: Synth, text: str, kept: bool) -> None:
    assert stack(text)["aws_lb.main"]["enable_deletion_protection"] is kept


def test_without_access_logs_there_is_no_bucket(stack: Synth) -> None:
    made = stack("load_balancer: {access_logs: false}")

    assert not [address for address in made.addresses if address.startswith("aws_s3_")]
    assert "access_logs" not in made["aws_lb.main"]
    assert "depends_on" not in made["aws_lb.main"]


def test_access_logs_go_to_a_bucket_whose_policy_stands_first(stack: Synth) -> None:
    made = stack()

    bucket = "alb-logs-shop-prod-${data.aws_caller_identity.current.account_id}"
    assert made["aws_s3_bucket.access_logs"]["bucket"] == bucket
    assert made["aws_lb.main"]["depends_on"] == ["aws_s3_bucket_policy.access_logs"]


def test_a_firewall_stands_in_front_where_asked_for(stack: Synth) -> None:
    made = stack("load_balancer: {waf: {rate_limit: 100}}")

    assert made["aws_wafv2_web_acl.main"]["name"] == "shop-prod"
    assert made["aws_wafv2_web_acl_association.main"]["resource_arn"] == "${aws_lb.main.arn}"
    assert made["aws_cloudwatch_log_group.waf"]["name"] == "aws-waf-logs-shop-prod"
    priorities = [rule["priority"] for rule in made["aws_wafv2_web_acl.main"]["rule"]]
    assert priorities == sorted(set(priorities))


def test_no_firewall_is_made_otherwise(stack: Synth) -> None:
    assert not [address for address in stack().addresses if "wafv2" in address]
