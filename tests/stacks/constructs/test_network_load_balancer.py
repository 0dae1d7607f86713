"""The network load balancer of services with `tcp`."""

from __future__ import annotations

from tests.stacks.conftest import Synth

PROXY = """
load_balancer: {ingress_cidrs: [198.51.100.0/24], internal: true}
services:
  proxy: {image: "proxy:1", port: 5432, tcp: {listener: 6432}, health_check: {port: 9000}}
"""
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"


def test_a_service_with_tcp_has_a_listener_of_its_own_and_no_application_load_balancer(small: Synth) -> None:
    made = small(PROXY)

    balancer, listener = made["aws_lb.network"], made["aws_lb_listener.proxy_tcp"]
    assert (balancer["load_balancer_type"], balancer["name"]) == ("network", "nlb-shop-prod")
    assert balancer["internal"] is True
    assert balancer["subnets"] == ["subnet-0000000c", "subnet-0000000d"]
    assert (listener["port"], listener["protocol"]) == (6432, "TCP")
    assert listener["default_action"] == [{"type": "forward", "target_group_arn": "${aws_lb_target_group.proxy.arn}"}]
    assert [*made.all("aws_lb")] == ["network"]
    assert made.content["output"]["nlb_dns_name"]["value"] == "${aws_lb.network.dns_name}"
    assert "alb_url" not in made.content["output"]
    assert "aws_lb_listener.proxy_tcp" in made["aws_ecs_service.proxy"]["depends_on"]


def test_it_keeps_the_addresses_of_the_clients_and_checks_connections(small: Synth) -> None:
    group = small(PROXY)["aws_lb_target_group.proxy"]

    assert (group["protocol"], group["port"], group["name"]) == ("TCP", 5432, "shop-prod-proxy-5432-tcp")
    assert group["preserve_client_ip"] == "true"
    assert group["health_check"] == {
        "enabled": True,
        "protocol": "TCP",
        "port": "9000",
        "interval": 30,
        "timeout": 5,
        "healthy_threshold": 2,
        "unhealthy_threshold": 3,
    }


def test_a_path_makes_the_health_check_a_request(small: Synth) -> None:
    made = small('services: {proxy: {image: "proxy:1", tcp: {}, health_check: {path: /up}}}')

    check = made["aws_lb_target_group.proxy"]["health_check"]
    assert (check["protocol"], check["path"], check["matcher"]) == ("HTTP", "/up", "200-399")


def test_clients_reach_the_listener_and_the_load_balancer_reaches_the_tasks(small: Synth) -> None:
    made = small(PROXY)

    assert made["aws_lb.network"]["security_groups"] == ["${aws_security_group.network_load_balancer.id}"]
    assert made.rules("ingress", "network_load_balancer") == {
        "network_load_balancer_proxy_198_51_100_0_24": ("198.51.100.0/24", 6432)
    }
    assert sorted(made.rules("egress", "network_load_balancer").values()) == [
        ("${aws_security_group.proxy_tasks.id}", 5432),
        ("${aws_security_group.proxy_tasks.id}", 9000),
    ]
    assert sorted(made.rules("ingress", "proxy_tasks").values()) == [
        ("${aws_security_group.network_load_balancer.id}", 5432),
        ("${aws_security_group.network_load_balancer.id}", 9000),
    ]


def test_tls_uses_the_certificate_of_the_environment(small: Synth) -> None:
    tls = small(
        f"""
        load_balancer: {{https: {{certificate_arn: "{CERTIFICATE}"}}, ssl_policy: ELBSecurityPolicy-TLS13-1-3-2021-06}}
        services: {{proxy: {{image: "proxy:1", tcp: {{port: 5432, tls: true}}}}}}
        """
    )["aws_lb_listener.proxy_tcp"]

    assert (tls["protocol"], tls["certificate_arn"]) == ("TLS", CERTIFICATE)
    assert tls["ssl_policy"] == "ELBSecurityPolicy-TLS13-1-3-2021-06"


def test_without_an_application_load_balancer_the_domains_point_to_it(small: Synth) -> None:
    domain = "load_balancer: {https: {domain: db.example.com, hosted_zone: example.com}}"
    proxy = 'proxy: {image: "proxy:1", tcp: {port: 5432, tls: true}}'

    alone, beside = small(f"{domain}\nservices: {{{proxy}}}"), small(f"{domain}\nservices: {{{proxy}, web: {{}}}}")

    assert alone["aws_route53_record.alias"]["alias"]["name"] == "${aws_lb.network.dns_name}"
    assert beside["aws_route53_record.alias"]["alias"]["name"] == "${aws_lb.main.dns_name}"
    for made in (alone, beside):
        arn = made["aws_lb_listener.proxy_tcp"]["certificate_arn"]
        assert arn == "${aws_acm_certificate_validation.main.certificate_arn}"


def test_the_target_container_receives_the_connections(small: Synth) -> None:
    made = small(
        """
        services:
          proxy: {port: 5432, tcp: {}, target_container: pgbouncer, sidecars: {pgbouncer: {image: "p:1", port: 6432}}}
        """
    )

    assert made["aws_lb_listener.proxy_tcp"]["port"] == 6432
    assert made["aws_lb_target_group.proxy"]["port"] == 6432
    (reached,) = made["aws_ecs_service.proxy"]["load_balancer"]
    assert (reached["container_name"], reached["container_port"]) == ("pgbouncer", 6432)
    assert made.environment("proxy")["PORT"] == "5432"
