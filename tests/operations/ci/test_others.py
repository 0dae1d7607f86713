"""What pipelines' roles may do with what others own and the project file names."""

from __future__ import annotations

from typing import Any

import pytest

from operations.ci.documents import roles_of
from operations.ci.permissions import Subject
from stacks.project.models import Project, Service
from tests.operations.ci.test_permissions import ACCOUNT, GITHUB, allowed, project, role

ELB = "elasticloadbalancing"
TOPIC = ACCOUNT.arn("sns", "orders")
LISTENER = ACCOUNT.arn(ELB, "listener/app/platform/1/2")
BALANCER = LISTENER.replace(":listener/", ":loadbalancer/").removesuffix("/2")
RULE = LISTENER.replace(":listener/", ":listener-rule/") + "/3"
EXISTING = {"arn": BALANCER, "listener_arn": LISTENER, "security_group": "sg-0123456789abcdef0"}
OWN_TAGS = {"aws:ResourceTag/Project": "shop", "aws:ResourceTag/Environment": "prod"}
KEY = ACCOUNT.arn("kms", "key/11111111-2222-3333-4444-555555555555")
POOL = ACCOUNT.arn("cognito-idp", "userpool/eu-west-1_ABCdefGHI")


def web(**settings: Any) -> Project:
    return project(services={"web": Service(image="app:1", **settings)})


def oidc(client_secret: str, **settings: Any) -> Project:
    endpoints = {key: f"https://id.example.com/{key}" for key in ("issuer", "authorization_endpoint", "token_endpoint")}
    given = {**endpoints, "user_info_endpoint": "https://id.example.com/me", "client_id": "shop"}
    return web(http={"auth": {"oidc": {**given, "client_secret": client_secret}}}, **settings)


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
    for operation in ("DeleteListener", "ModifyListener", "AddListenerCertificates", "AddTags"):
        assert not allowed(pipeline, f"{ELB}:{operation}", LISTENER), operation
    for operation in ("DeleteLoadBalancer", "ModifyLoadBalancerAttributes", "SetSecurityGroups", "AddTags"):
        assert not allowed(pipeline, f"{ELB}:{operation}", BALANCER), operation
    assert not allowed(role(), f"{ELB}:CreateRule", LISTENER)
    assert not allowed(role(), f"{ELB}:DeleteRule", RULE, OWN_TAGS)


@pytest.mark.parametrize("operation", ["AddTags", "DeleteRule", "ModifyRule", "RemoveTags", "SetRulePriorities"])
def test_only_rules_with_the_tags_of_the_environment_are_changed(operation: str) -> None:
    pipeline = role(own=project(load_balancer=EXISTING))
    others = [{**OWN_TAGS, "aws:ResourceTag/Environment": "dev"}, {**OWN_TAGS, "aws:ResourceTag/Project": "orders"}, {}]

    assert allowed(pipeline, f"{ELB}:{operation}", RULE, OWN_TAGS)
    assert [tags for tags in others if allowed(pipeline, f"{ELB}:{operation}", RULE, tags)] == []
    assert not allowed(role("plan", own=project(load_balancer=EXISTING)), f"{ELB}:{operation}", RULE, OWN_TAGS)


def test_a_rule_gets_its_tags_when_it_is_created() -> None:
    pipeline = role(own=project(load_balancer=EXISTING))
    created, of_a_listener = ({f"{ELB}:CreateAction": each} for each in ("CreateRule", "CreateListener"))

    assert allowed(pipeline, f"{ELB}:AddTags", RULE, created)
    assert not allowed(pipeline, f"{ELB}:AddTags", RULE, of_a_listener)
    assert not allowed(pipeline, f"{ELB}:DeleteRule", RULE, created)


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


@pytest.mark.parametrize("kind", ["deploy", "plan"])
def test_an_encrypted_client_secret_is_decrypted_through_secrets_manager_only(kind: str) -> None:
    types = frozenset({"data.aws_secretsmanager_secret_version"})
    pipeline, without = (
        next(each for each in roles_of(Subject(own, ACCOUNT, types), GITHUB) if each.kind == kind)
        for own in (oidc("secretsmanager:shop/oidc", kms_keys=(KEY,)), web(kms_keys=(KEY,)))
    )
    via = {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}

    assert allowed(pipeline, "kms:Decrypt", KEY, via)
    assert not allowed(pipeline, "kms:Decrypt", f"{KEY[:-1]}6", via)
    assert not allowed(pipeline, "kms:Decrypt", KEY, {"kms:ViaService": "s3.eu-west-1.amazonaws.com"})
    assert not allowed(without, "kms:Decrypt", KEY, via)


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
