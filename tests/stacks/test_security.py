"""Rules of a security review that a Terraform scanner can't check: networks, containers, the load balancer and
guardrails.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from stacks.constructs.waf import MANAGED_GROUPS
from stacks.resources import resource_type
from tests.stacks.conftest import Synth
from tests.support.some import some
from tests.support.synthesized import Stack

ANYWHERE = "0.0.0.0/0"
WITH_DATA = (
    *("aws_cloudwatch_log_group", "aws_ecr_repository", "aws_efs_file_system", "aws_kms_key"),
    *("aws_dynamodb_table", "aws_s3_bucket", "aws_sqs_queue"),
)


def ingress(stack: Stack) -> list[dict[str, Any]]:
    return list(stack.all("aws_vpc_security_group_ingress_rule").values())


def services(stack: Stack) -> list[str]:
    return stack.names("aws_ecs_task_definition")


# Security groups


def test_the_default_security_group_has_no_rules(any_stack: Stack) -> None:
    closed = any_stack["aws_default_security_group.closed"]

    assert closed["vpc_id"] == "${aws_vpc.main.id}"
    assert not {"ingress", "egress"} & set(closed)


def test_every_rule_is_a_separate_resource_with_a_description(any_stack: Stack) -> None:
    assert all(not {"ingress", "egress"} & set(group) for group in any_stack.all("aws_security_group").values())
    rules = [*ingress(any_stack), *any_stack.all("aws_vpc_security_group_egress_rule").values()]
    assert all(rule["description"] for rule in rules)
    assert all(group["description"] for group in any_stack.all("aws_security_group").values())
    assert not any_stack.all("aws_security_group_rule")


def test_the_internet_only_reaches_the_listeners_of_the_load_balancer(any_stack: Stack) -> None:
    listened = {listener["port"] for listener in any_stack.all("aws_lb_listener").values()}
    for rule in ingress(any_stack):
        if rule.get("cidr_ipv4") == ANYWHERE:
            assert rule["security_group_id"] == "${aws_security_group.load_balancer.id}"
            assert rule["from_port"] == rule["to_port"]
    reached = {rule["from_port"] for rule in ingress(any_stack) if "load_balancer" in rule["security_group_id"]}
    assert reached == listened


def test_ingress_of_tasks_is_only_from_security_groups(any_stack: Stack) -> None:
    tasks = [f"{service}_tasks" for service in services(any_stack)]
    for peer, _ in some(rule for group in tasks for rule in any_stack.rules("ingress", group).values()):
        assert peer.startswith("${aws_security_group.")


def test_ingress_of_the_load_balancer_comes_from_the_project_file(everything: Stack) -> None:
    rules = everything.rules("ingress", "load_balancer")

    assert sorted(rules.values()) == [
        ("198.51.100.0/24", 80),
        ("198.51.100.0/24", 443),
        ("203.0.113.0/24", 80),
        ("203.0.113.0/24", 443),
    ]


def test_tasks_reach_listed_egress_and_connected_services(everything: Stack) -> None:
    assert sorted(everything.rules("egress", "web_tasks").values()) == [
        ("${aws_security_group.api_tasks.id}", 9901),
        ("${aws_security_group.web_data_efs.id}", 2049),
        (ANYWHERE, 443),
        ("10.50.0.0/24", 5432),
        ("sg-0123456789abcdef0", 6379),
    ]
    assert list(everything.rules("egress", "worker_tasks").values()) == [(ANYWHERE, 443)]


def test_open_egress_is_one_rule_and_only_for_tasks(reviewed: list[Stack]) -> None:
    rules = [
        (stack, name, rule)
        for stack in reviewed
        for name, rule in stack.all("aws_vpc_security_group_egress_rule").items()
    ]
    for stack, name, _ in some(each for each in rules if each[2]["ip_protocol"] == "-1"):
        assert name.endswith("_tasks_open")
        assert stack.rules("egress", name.removesuffix("_open")) == {name: (ANYWHERE, None)}


BALANCERS = ("load_balancer", "network_load_balancer")


def test_other_security_groups_reach_only_tasks(any_stack: Stack) -> None:
    ports = {f"${{aws_security_group.{name}_tasks.id}}" for name in services(any_stack)}
    for balancer in BALANCERS:
        assert {peer for peer, _ in any_stack.rules("egress", balancer).values()} <= ports
    for group in any_stack.names("aws_security_group"):
        if not group.endswith("_tasks") and group not in BALANCERS:
            assert not any_stack.rules("egress", group)


def test_only_the_load_balancer_and_nat_have_public_addresses(any_stack: Stack) -> None:
    for service in any_stack.all("aws_ecs_service").values():
        assert service["network_configuration"]["assign_public_ip"] is False
        assert all(".private_" in subnet for subnet in service["network_configuration"]["subnets"])
    for schedule in any_stack.all("aws_scheduler_schedule").values():
        assert schedule["target"]["ecs_parameters"]["network_configuration"]["assign_public_ip"] is False
    assert not any(subnet.get("map_public_ip_on_launch") for subnet in any_stack.all("aws_subnet").values())


# Containers


def test_containers_have_no_access_to_the_host(any_stack: Stack) -> None:
    for service in some(services(any_stack)):
        definition = any_stack.definition(service)
        assert definition["requiresCompatibilities"] == ["FARGATE"]
        assert definition["networkMode"] == "awsvpc"
        assert not {"pidMode", "ipcMode"} & set(definition)
        for container in definition["containerDefinitions"]:
            assert not container.get("privileged")
            assert not {"dockerSecurityOptions", "extraHosts", "links"} & set(container)
            assert "capabilities" not in container.get("linuxParameters", {})
        for volume in definition.get("volumes", []):
            assert volume.get("host", {}) == {}


def test_a_read_only_root_file_system_has_volumes_for_its_writable_paths(spec_stack: Synth) -> None:
    stack = spec_stack("shop.yaml", "prod")

    web = stack.container("web")

    assert web["readonlyRootFilesystem"] is True
    writable = [mount["containerPath"] for mount in web["mountPoints"] if not mount["readOnly"]]
    assert writable == ["/var/cache/nginx", "/var/run", "/tmp"]
    assert "readonlyRootFilesystem" not in stack.container("api")


def test_exec_is_off_by_default_and_its_sessions_are_logged(everything: Stack) -> None:
    exec_by_service = {
        name: service["enable_execute_command"] for name, service in everything.all("aws_ecs_service").items()
    }

    assert exec_by_service == {"api": True, "broker": False, "web": False, "worker": False}
    sessions = everything["aws_ecs_cluster.web_cluster"]["configuration"]["execute_command_configuration"]
    assert sessions["logging"] == "OVERRIDE"
    assert sessions["kms_key_id"] == "${aws_kms_key.main.arn}"
    assert sessions["log_configuration"]["cloud_watch_encryption_enabled"] is True


# The load balancer


def test_the_load_balancer_drops_malformed_requests(any_stack: Stack) -> None:
    balancer = any_stack["aws_lb.main"]

    assert balancer["drop_invalid_header_fields"] is True
    assert balancer["desync_mitigation_mode"] == "defensive"
    assert balancer["access_logs"] == {"bucket": "${aws_s3_bucket.access_logs.id}", "enabled": True}


def test_unmatched_requests_get_a_404_and_http_redirects_to_https(any_stack: Stack) -> None:
    listeners = any_stack.all("aws_lb_listener").items()
    own = {name: each for name, each in listeners if each["load_balancer_arn"] == "${aws_lb.main.arn}"}
    actions = {name: listener["default_action"][0]["type"] for name, listener in own.items()}

    assert actions in ({"http": "fixed-response"}, {"http": "redirect", "https": "fixed-response"})


def test_https_requires_tls_1_2_or_later(reviewed: list[Stack]) -> None:
    listeners = [listener for stack in reviewed for listener in stack.all("aws_lb_listener").values()]
    for listener in some(each for each in listeners if each["protocol"] == "HTTPS"):
        assert re.match(r"ELBSecurityPolicy-TLS13-1-[23]-", listener["ssl_policy"])


def test_the_web_acl_has_a_rate_limit_then_managed_rule_groups_and_redacted_logs(
    everything: Stack,
) -> None:
    rate, *groups = everything["aws_wafv2_web_acl.main"]["rule"]

    assert rate["statement"]["rate_based_statement"] == {"limit": 500, "aggregate_key_type": "IP"}
    assert rate["action"] == {"block": {}}
    names = [group["statement"]["managed_rule_group_statement"]["name"] for group in groups]
    assert names == list(MANAGED_GROUPS)
    assert {
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAnonymousIpList",
        "AWSManagedRulesCommonRuleSet",
    } < {*names}
    assert all(group["override_action"] == {"none": {}} for group in groups)
    assert everything["aws_wafv2_web_acl_association.main"]["resource_arn"] == "${aws_lb.main.arn}"
    logging = everything["aws_wafv2_web_acl_logging_configuration.main"]
    assert logging["log_destination_configs"] == ["${aws_cloudwatch_log_group.waf.arn}"]
    assert [field["single_header"]["name"] for field in logging["redacted_fields"]] == ["authorization", "cookie"]


# Guardrails


@pytest.mark.parametrize(
    ("file", "env", "accounts"),
    [
        ("shop.yaml", "prod", ["123456789012"]),
        ("shop.yaml", "dev", None),
        ("everything.yaml", "prod", ["123456789012"]),
    ],
)
def test_the_provider_only_allows_the_account_of_the_environment(
    spec_stack: Synth, file: str, env: str, accounts: list[str] | None
) -> None:
    (provider,) = spec_stack(file, env).content["provider"]["aws"]

    assert provider.get("allowed_account_ids") == accounts


def test_a_protected_environment_prevents_the_loss_of_data(everything: Stack) -> None:
    kept = {
        address.partition(".")[0] for address, _ in everything.everything() if _prevents_destroy(everything, address)
    }

    assert kept == set(WITH_DATA)
    assert all(_prevents_destroy(everything, address) for address in everything.addresses if _has_data(address))
    assert everything["aws_lb.main"]["enable_deletion_protection"] is True
    assert everything["aws_s3_bucket.access_logs"]["force_destroy"] is False
    assert everything["aws_ecr_repository.api"]["force_delete"] is False


def test_a_plan_reports_data_loss_for_the_resources_that_a_protected_environment_keeps(everything: Stack) -> None:
    risks = {kind: resource_type(kind).risk("destroy") for kind in everything.content["resource"]}

    assert {kind for kind, risk in risks.items() if risk and risk.kind == "data"} == set(WITH_DATA)


def test_the_key_of_the_alarm_topic_is_protected(spec_stack: Synth) -> None:
    stack = spec_stack("shop.yaml", "prod")

    assert all(_prevents_destroy(stack, address) for address in stack.addresses if _has_data(address))
    assert stack.names("aws_kms_key") == ["alarms"]


def test_an_environment_that_is_not_protected_can_be_destroyed(spec_stack: Synth) -> None:
    stack = spec_stack("everything.yaml", "dev")

    assert not any(_prevents_destroy(stack, address) for address in stack.addresses)
    assert stack["aws_lb.main"]["enable_deletion_protection"] is False
    assert stack["aws_s3_bucket.access_logs"]["force_destroy"] is True
    assert stack["aws_ecr_repository.api"]["force_delete"] is True


def _has_data(address: str) -> bool:
    return address.partition(".")[0] in WITH_DATA


def _prevents_destroy(stack: Stack, address: str) -> bool:
    return bool(stack[address].get("lifecycle", {}).get("prevent_destroy"))
