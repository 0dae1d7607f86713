"""The certificate of a domain, and its DNS records."""

from __future__ import annotations

from tests.stacks.conftest import Synth

BY_DOMAIN = "load_balancer: {https: {domain: shop.example.com, hosted_zone: example.com}}"


def test_a_domain_has_a_certificate_with_dns_validation_and_an_alias_record(stack: Synth) -> None:
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


def test_the_url_of_a_wildcard_domain_is_the_load_balancers(stack: Synth) -> None:
    made = stack('load_balancer: {https: {domain: "*.example.com", hosted_zone: example.com}}')

    assert made.content["output"]["alb_url"]["value"] == "https://${aws_lb.main.dns_name}"


def test_the_name_tag_of_a_wildcard_certificate_has_no_asterisk(stack: Synth) -> None:
    """ACM allows fewer characters in tags than in domains, so it would refuse the certificate."""
    certificate = stack('load_balancer: {https: {domain: "*.example.com", hosted_zone: example.com}}')[
        "aws_acm_certificate.main"
    ]

    assert certificate["domain_name"] == "*.example.com"
    assert certificate["tags"] == {"Name": "wildcard.example.com"}
