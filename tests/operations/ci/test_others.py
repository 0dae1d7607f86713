"""What pipelines' roles may do with what others own and the project file names."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.project.models import Project, Service
from tests.operations.ci.test_permissions import ACCOUNT, allowed, decision, project, role

ELB = "elasticloadbalancing"
TOPIC = ACCOUNT.arn("sns", "orders")
LISTENER = ACCOUNT.arn(ELB, "listener/app/platform/1/2")
BALANCER = LISTENER.replace(":listener/", ":loadbalancer/").removesuffix("/2")
RULE = LISTENER.replace(":listener/", ":listener-rule/") + "/3"
EXISTING = {"arn": BALANCER, "listener_arn": LISTENER, "security_group": "sg-0123456789abcdef0"}
POOL = ACCOUNT.arn("cognito-idp", "userpool/eu-west-1_ABCdefGHI")


def web(**settings: Any) -> Project:
    return project(services={"web": Service(image="app:1", **settings)})


def oidc(client_secret: str) -> Project:
    endpoints = {key: f"https://id.example.com/{key}" for key in ("issuer", "authorization_endpoint", "token_endpoint")}
    given = {**endpoints, "user_info_endpoint": "https://id.example.com/me", "client_id": "shop"}
    return web(http={"auth": {"oidc": {**given, "client_secret": client_secret}}})


def test_queues_subscribe_to_the_topics_of_the_file_only() -> None:
    pipeline = role(own=web(type="worker", queue={"subscribe": (TOPIC,)}))

    for operation in ("Subscribe", "ListSubscriptionsByTopic", "GetTopicAttributes"):
        assert allowed(pipeline, f"sns:{operation}", TOPIC), operation
        assert not allowed(pipeline, f"sns:{operation}", f"{TOPIC}-of-others"), operation
        assert not allowed(role(), f"sns:{operation}", TOPIC), operation
    for operation in ("DeleteTopic", "SetTopicAttributes", "Publish", "TagResource"):
        assert not allowed(pipeline, f"sns:{operation}", TOPIC), operation


def test_a_plan_reads_the_subscriptions_of_the_topics() -> None:
    pipeline = role("plan", own=web(type="worker", queue={"subscribe": (TOPIC,)}))

    assert allowed(pipeline, "sns:ListSubscriptionsByTopic", TOPIC)
    assert not allowed(pipeline, "sns:Subscribe", TOPIC)


def test_an_existing_load_balancer_gets_rules_and_nothing_else_changes() -> None:
    pipeline = role(own=project(load_balancer=EXISTING))

    assert allowed(pipeline, f"{ELB}:CreateRule", LISTENER)
    for operation in ("AddTags", "DeleteRule", "ModifyRule", "SetRulePriorities"):
        assert allowed(pipeline, f"{ELB}:{operation}", RULE), operation
    for operation in ("DeleteListener", "ModifyListener", "AddListenerCertificates", "AddTags"):
        assert not allowed(pipeline, f"{ELB}:{operation}", LISTENER), operation
    for operation in ("DeleteLoadBalancer", "ModifyLoadBalancerAttributes", "SetSecurityGroups", "AddTags"):
        assert not allowed(pipeline, f"{ELB}:{operation}", BALANCER), operation
    assert not allowed(role(), f"{ELB}:CreateRule", LISTENER)
    assert not allowed(role(), f"{ELB}:DeleteRule", RULE)


@pytest.mark.parametrize(("project_id", "env"), [("shop", "dev"), ("orders", "prod")])
@pytest.mark.parametrize("operation", ["DeleteRule", "ModifyRule", "RemoveTags", "SetRulePriorities"])
def test_rules_with_the_tags_of_others_are_denied(operation: str, project_id: str, env: str) -> None:
    tags = {"aws:ResourceTag/Project": project_id, "aws:ResourceTag/Environment": env}
    own = {"aws:ResourceTag/Project": "shop", "aws:ResourceTag/Environment": "prod"}
    pipeline = role(own=project(load_balancer=EXISTING))

    assert decision(pipeline, f"{ELB}:{operation}", RULE, tags).outcome == "explicitly denied"
    assert decision(pipeline, f"{ELB}:{operation}", RULE, own).outcome == "allowed"


def test_the_network_load_balancer_and_its_listeners_are_those_of_the_environment() -> None:
    pipeline = role("deploy", "dev")

    for env, expected in (("prod", True), ("dev", False)):
        balancer = ACCOUNT.arn(ELB, f"loadbalancer/net/nlb-shop-{env}/1")
        listener = ACCOUNT.arn(ELB, f"listener/net/nlb-shop-{env}/1/2")
        assert allowed(pipeline, f"{ELB}:DeleteLoadBalancer", balancer) is expected
        assert allowed(pipeline, f"{ELB}:AddListenerCertificates", listener) is expected


@pytest.mark.parametrize("kind", ["deploy", "plan"])
@pytest.mark.parametrize("text", ["secretsmanager:shop/oidc", ACCOUNT.arn("secretsmanager", "secret:shop/oidc-AbCdEf")])
def test_only_client_secrets_are_read(kind: str, text: str) -> None:
    secret, other = (ACCOUNT.arn("secretsmanager", f"secret:{name}-AbCdEf") for name in ("shop/oidc", "shop/db"))
    pipeline = role(kind, own=oidc(text))

    assert allowed(pipeline, "secretsmanager:GetSecretValue", secret)
    assert not allowed(pipeline, "secretsmanager:GetSecretValue", other)
    assert not allowed(role(kind), "secretsmanager:GetSecretValue", secret)


def test_the_client_of_a_user_pool_is_described() -> None:
    cognito = {"user_pool_arn": POOL, "client_id": "shop", "domain": "shop"}
    pipeline = role(own=web(http={"auth": {"cognito": cognito}}))

    assert allowed(pipeline, "cognito-idp:DescribeUserPoolClient", POOL)
    assert not allowed(pipeline, "cognito-idp:DescribeUserPoolClient", f"{POOL}2")


def test_environment_files_of_sidecars_are_checked() -> None:
    proxy = {"image": "proxy:1", "env_files": ("s3://config/proxy.env",)}
    pipeline = role(own=web(sidecars={"proxy": proxy}))

    assert allowed(pipeline, "s3:GetObject", "arn:aws:s3:::config/proxy.env")
    assert not allowed(pipeline, "s3:GetObject", "arn:aws:s3:::config/other.env")
