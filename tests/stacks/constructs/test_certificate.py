"""The certificate of a domain, and its DNS records."""

from __future__ import annotations

from stacks.naming import identifier_of
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


SEVERAL = """
load_balancer:
  https: {domains: [example.com, "*.example.com", www.shop.example.com], hosted_zone: example.com}
"""


def test_several_domains_have_one_certificate_and_an_alias_record_each(stack: Synth) -> None:
    made = stack(SEVERAL)

    certificate = made["aws_acm_certificate.main"]
    assert certificate["domain_name"] == "example.com"
    assert certificate["subject_alternative_names"] == ["*.example.com", "www.shop.example.com"]
    aliases = {name: each["name"] for name, each in made.all("aws_route53_record").items() if "alias" in each}
    assert aliases == {
        "alias": "example.com",
        f"alias_{identifier_of('*.example.com')}": "*.example.com",
        f"alias_{identifier_of('www.shop.example.com')}": "www.shop.example.com",
    }
    assert made.content["output"]["alb_url"]["value"] == "https://example.com"


def test_a_domain_and_its_wildcard_have_one_validation_record(stack: Synth) -> None:
    made = stack(SEVERAL)

    other = f"validation_{identifier_of('www.shop.example.com')}"
    records = {name: each for name, each in made.all("aws_route53_record").items() if name.startswith("validation")}
    assert {*records} == {"validation", other}
    assert records["validation"]["name"] == (
        "${one([for each in aws_acm_certificate.main.domain_validation_options : each if each.domain_name == "
        '"example.com"]).resource_record_name}'
    )
    assert made["aws_acm_certificate_validation.main"]["validation_record_fqdns"] == [
        "${aws_route53_record.validation.fqdn}",
        f"${{aws_route53_record.{other}.fqdn}}",
    ]


def test_records_of_other_domains_come_after_those_of_the_first(stack: Synth) -> None:
    """Otherwise a record that moves to another address could be destroyed after it was created."""
    made = stack(SEVERAL)

    for name, record in made.all("aws_route53_record").items():
        first = name.partition("_")[0]
        assert record.get("depends_on") == (None if name == first else [f"aws_route53_record.{first}"])


def test_one_domain_in_a_list_is_the_same_as_a_domain(stack: Synth) -> None:
    listed = stack("load_balancer: {https: {domains: [Shop.example.com], hosted_zone: example.com}}")

    assert listed.content == stack(BY_DOMAIN).content


def test_the_first_of_several_certificates_is_the_default_one(stack: Synth) -> None:
    arns = [f"arn:aws:acm:us-east-1:123456789012:certificate/{each}" for each in ("a", "b-1")]

    made = stack(f"load_balancer: {{https: {{certificate_arns: {arns}}}}}")

    assert made["aws_lb_listener.https"]["certificate_arn"] == arns[0]
    assert made.all("aws_lb_listener_certificate") == {
        f"https_{identifier_of('b-1')}": {
            "listener_arn": "${aws_lb_listener.https.arn}",
            "certificate_arn": arns[1],
        }
    }
