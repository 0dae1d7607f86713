"""Listeners and listener rules that Elastic Load Balancing refuses."""

from __future__ import annotations

from typing import Any

import pytest

from operations.rehearsal.emulator.client import ACCOUNT_ID, Emulator
from tests.operations.rehearsal.emulator.rules.conftest import REGION, Network, refusal, unique

MISSING = f"arn:aws:acm:{REGION}:{ACCOUNT_ID}:certificate/00000000-0000-0000-0000-000000000000"
ISSUED = f"arn:aws:acm:{REGION}:{ACCOUNT_ID}:certificate/11111111-2222-3333-4444-555555555555"
TEXT = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}


def listener(balancer: str, **changes: Any) -> dict[str, Any]:
    return {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": [TEXT], **changes}


def created(network: Network, balancer: str, **changes: Any) -> str:
    answer = network.aws("elbv2").create_listener(**listener(balancer, **changes))
    return str(answer["Listeners"][0]["ListenerArn"])


def test_a_taken_port(network: Network) -> None:
    elb, balancer = network.aws("elbv2"), network.balancer()
    first, second = created(network, balancer), created(network, balancer, Port=81)
    refused = ("DuplicateListener", f"A listener already exists on this port for this load balancer '{balancer}'")

    assert refusal(elb.create_listener, **listener(balancer)) == refused
    assert refusal(elb.modify_listener, ListenerArn=second, Port=80) == refused
    elb.modify_listener(ListenerArn=first, Port=80)


def test_https_without_a_certificate(network: Network) -> None:
    balancer = network.balancer()

    assert refusal(network.aws("elbv2").create_listener, **listener(balancer, Protocol="HTTPS", Port=443)) == (
        "ValidationError",
        "A certificate must be specified for HTTPS listeners",
    )


def test_a_certificate_that_does_not_exist(network: Network) -> None:
    https = listener(network.balancer(), Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": MISSING}])

    assert refusal(network.aws("elbv2").create_listener, **https) == (
        "CertificateNotFound",
        f"Certificate '{MISSING}' not found",
    )


def test_a_certificate_that_is_not_issued(network: Network) -> None:
    certificate = network.aws("acm").request_certificate(DomainName="shop.example.com", ValidationMethod="DNS")
    arn = certificate["CertificateArn"]
    https = listener(network.balancer(), Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": arn}])

    assert refusal(network.aws("elbv2").create_listener, **https) == (
        "UnsupportedCertificate",
        f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported key "
        "size.",
    )


def test_a_security_policy_that_does_not_exist(network: Network, emulator: Emulator) -> None:
    emulator.create_existing("certificate", region=REGION, arn=ISSUED)
    balancer = network.balancer()
    https = {"Protocol": "HTTPS", "Port": 443, "Certificates": [{"CertificateArn": ISSUED}]}
    wrong = listener(balancer, **https, SslPolicy="ELBSecurityPolicy-2099")

    assert refusal(network.aws("elbv2").create_listener, **wrong) == (
        "SSLPolicyNotFound",
        "SSL policy 'ELBSecurityPolicy-2099' not found",
    )
    created(network, balancer, **https, SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")


def test_a_further_certificate_that_does_not_exist(network: Network, emulator: Emulator) -> None:
    emulator.create_existing("certificate", region=REGION, arn=ISSUED)
    https = {"Protocol": "HTTPS", "Port": 443, "Certificates": [{"CertificateArn": ISSUED}]}
    arn = created(network, network.balancer(), **https)
    add = network.aws("elbv2").add_listener_certificates

    assert refusal(add, ListenerArn=arn, Certificates=[{"CertificateArn": MISSING}]) == (
        "CertificateNotFound",
        f"Certificate '{MISSING}' not found",
    )


def test_a_protocol_of_another_type_of_load_balancer(network: Network) -> None:
    balancer = network.balancer()

    assert refusal(network.aws("elbv2").create_listener, **listener(balancer, Protocol="TCP")) == (
        "ValidationError",
        "Protocol 'TCP' must be one of 'HTTP, HTTPS' for a load balancer of type 'application'",
    )


def test_authentication_without_https(network: Network) -> None:
    arn = created(network, network.balancer())
    cognito = {
        "UserPoolArn": "arn:aws:cognito-idp:eu-west-1:1:userpool/x",
        "UserPoolClientId": "1",
        "UserPoolDomain": "a",
    }
    actions = [{"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": cognito}, {**TEXT, "Order": 2}]
    paths = [{"Field": "path-pattern", "Values": ["/"]}]

    create = network.aws("elbv2").create_rule
    assert refusal(create, ListenerArn=arn, Priority=1, Conditions=paths, Actions=actions) == (
        "InvalidConfigurationRequest",
        "Authentication actions are only supported for HTTPS listeners",
    )


def forward(arn: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": arn}]


def test_a_target_group_of_another_vpc(network: Network, other_network: Network) -> None:
    elb, balancer, group = network.aws("elbv2"), network.balancer(), other_network.target_group()
    refused = (
        "InvalidConfigurationRequest",
        f"The target group '{group}' is not in the VPC of the load balancer '{balancer}'",
    )

    assert refusal(elb.create_listener, **listener(balancer, DefaultActions=forward(group))) == refused
    arn = created(network, balancer)
    conditions = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}]
    rule = {"ListenerArn": arn, "Priority": 1, "Conditions": conditions, "Actions": forward(group)}
    assert refusal(elb.create_rule, **rule) == refused
    assert refusal(elb.modify_listener, ListenerArn=arn, DefaultActions=forward(group)) == refused


def test_a_target_group_of_another_protocol(network: Network) -> None:
    group = network.target_group(Protocol="TCP")

    assert refusal(
        network.aws("elbv2").create_listener, **listener(network.balancer(), DefaultActions=forward(group))
    ) == (
        "IncompatibleProtocols",
        "Target group protocol 'TCP' is not supported by load balancers of type 'application'",
    )


def rule(arn: str, *conditions: tuple[str, list[str]], priority: int = 1) -> dict[str, Any]:
    configs = {"path-pattern": "PathPatternConfig", "host-header": "HostHeaderConfig"}
    found = [{"Field": field, configs[field]: {"Values": values}} for field, values in conditions]
    return {"ListenerArn": arn, "Priority": priority, "Conditions": found, "Actions": [TEXT]}


def test_more_than_five_values_in_two_conditions(network: Network) -> None:
    elb, arn = network.aws("elbv2"), created(network, network.balancer())
    hosts, paths = ("host-header", ["a.example.com"]), ("path-pattern", [f"/{n}" for n in range(5)])

    assert refusal(elb.create_rule, **rule(arn, hosts, paths)) == (
        "ValidationError",
        "A rule can only have '5' condition values",
    )
    elb.create_rule(**rule(arn, hosts, ("path-pattern", paths[1][:4])))


def test_more_than_six_wildcards(network: Network) -> None:
    elb, arn = network.aws("elbv2"), created(network, network.balancer())

    assert refusal(elb.create_rule, **rule(arn, ("path-pattern", ["/*/*/*", "/?/?/?/?"]))) == (
        "ValidationError",
        "A rule can only have '6' condition wildcards",
    )
    elb.create_rule(**rule(arn, ("path-pattern", ["/*/*/*", "/?/?/?"])))


@pytest.mark.parametrize("path", ["/a b", "/ä", "/{id}", "/a,b", "/a;b", "/a|b", "/(a)", "/#a", "/a%20b"])
def test_a_path_with_other_characters(network: Network, path: str) -> None:
    arn = created(network, network.balancer())

    assert refusal(network.aws("elbv2").create_rule, **rule(arn, ("path-pattern", [path]))) == (
        "ValidationError",
        f"The path pattern '{path}' is not valid",
    )


@pytest.mark.parametrize("host", ["localhost", "shop_a.example.com", "example.c0m", "ä.example.com", "example."])
def test_a_host_that_is_not_a_name(network: Network, host: str) -> None:
    arn = created(network, network.balancer())

    assert refusal(network.aws("elbv2").create_rule, **rule(arn, ("host-header", [host]))) == (
        "ValidationError",
        f"The host header '{host}' is not valid",
    )


def test_patterns_with_every_character(network: Network) -> None:
    arn = created(network, network.balancer())

    network.aws("elbv2").create_rule(
        **rule(
            arn, ("path-pattern", ["/aZ0_-.$~\"'@:+&*?"]), ("host-header", ["*.shop-1.example.com", "a?.example.c*"])
        )
    )


def test_more_than_a_hundred_rules(network: Network) -> None:
    elb, balancer = network.aws("elbv2"), network.balancer()
    first, second = created(network, balancer), created(network, balancer, Port=81)
    for number in range(1, 101):
        arn = first if number <= 50 else second
        elb.create_rule(**rule(arn, ("path-pattern", [f"/{number}"]), priority=number))

    assert refusal(elb.create_rule, **rule(second, ("path-pattern", ["/101"]), priority=101)) == (
        "TooManyRules",
        "The maximum number of rules on a load balancer has been reached",
    )


def test_a_certificate_of_a_listener_is_not_deleted(network: Network, emulator: Emulator) -> None:
    arn = ISSUED.replace("5555", "6666")
    emulator.create_existing("certificate", region=REGION, arn=arn)
    https = {"Protocol": "HTTPS", "Port": 443, "Certificates": [{"CertificateArn": arn}]}
    found = created(network, network.balancer(), **https)

    assert refusal(network.aws("acm").delete_certificate, CertificateArn=arn) == (
        "ResourceInUseException",
        f"Certificate {arn} in account {ACCOUNT_ID} is in use.",
    )
    network.aws("elbv2").delete_listener(ListenerArn=found)
    network.aws("acm").delete_certificate(CertificateArn=arn)


def test_a_certificate_with_more_than_ten_names(network: Network) -> None:
    names = [f"{unique('a')}.example.com" for _ in range(11)]

    assert refusal(
        network.aws("acm").request_certificate,
        DomainName=names[0],
        SubjectAlternativeNames=names,
        ValidationMethod="DNS",
    ) == ("LimitExceededException", "Error: number of domain names exceeds the limit of 10")
