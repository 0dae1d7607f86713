"""Who may assume the roles of a pipeline: the claims of GitHub's tokens, evaluated."""

from __future__ import annotations

from typing import Any

import pytest

from operations.ci.documents import is_planned, subject_claim, trust_policy
from operations.ci.names import AUDIENCE, ISSUER, Account, Kind, role_name
from operations.iam.document import parse
from operations.iam.evaluate import Policies, decide
from operations.iam.request import Principal, Request
from stacks.project.models import Github, Project

ACCOUNT = Account("123456789012", "eu-west-1")
GITHUB = Github(repository="acme/shop", install="pip install .")
PROVIDER = Principal("Federated", ACCOUNT.provider_arn)
DEPLOY, PLAN = "repo:acme/shop:environment:dev", "repo:acme/shop:pull_request"


def may_assume(kind: Kind, subject: str, audience: str = AUDIENCE, principal: Principal = PROVIDER) -> bool:
    """Whether a token with these claims may assume the role of `dev`."""
    role = ACCOUNT.iam(f"role/{role_name(kind, 'shop', 'dev')}")
    trust = parse(trust_policy(ACCOUNT, subject_claim(kind, GITHUB, "dev")))
    claims = {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": audience}
    request = Request(principal, "sts:AssumeRoleWithWebIdentity", role, claims, ACCOUNT.account_id)
    return decide(Policies(resource=trust), request).allowed


def test_a_job_of_the_environment_may_deploy_and_a_job_of_a_pull_request_may_plan() -> None:
    assert may_assume("deploy", DEPLOY)
    assert may_assume("plan", PLAN)


@pytest.mark.parametrize(
    "subject",
    [
        "repo:acme/other:environment:dev",  # another repository
        "repo:evil/shop:environment:dev",  # another owner, such as a fork
        "repo:acme/shop-evil:environment:dev",
        "repo:acme/shop:environment:prod",  # another environment
        "repo:acme/shop:environment:dev-evil",
        "repo:acme/shop:environment:DEV",
        "repo:acme/shop:ref:refs/heads/main",  # a job without an environment
        "repo:acme/shop:ref:refs/heads/evil",  # another branch
        "repo:acme/shop:ref:refs/tags/environment:dev",
        "repo:acme/shop:pull_request",
        "repo:acme/shop:environment:*",
        "",
    ],
)
def test_no_other_job_may_deploy(subject: str) -> None:
    assert not may_assume("deploy", subject)


@pytest.mark.parametrize(
    "subject",
    [
        "repo:evil/shop:pull_request",  # a pull request in a fork
        "repo:acme/other:pull_request",
        "repo:acme/shop:ref:refs/heads/main",
        "repo:acme/shop:environment:pull_request",
        DEPLOY,
    ],
)
def test_no_other_job_may_plan(subject: str) -> None:
    assert not may_assume("plan", subject)


def test_tokens_for_another_service_or_of_another_provider_are_refused() -> None:
    other = Principal("Federated", ACCOUNT.iam("oidc-provider/gitlab.com"))

    assert not may_assume("deploy", DEPLOY, audience="https://github.com/acme")
    assert not may_assume("deploy", DEPLOY, principal=other)
    assert not may_assume("deploy", DEPLOY, principal=Principal("AWS", ACCOUNT.iam("role/admin")))


@pytest.mark.parametrize(
    ("settings", "planned"),
    [
        ({}, True),
        ({"protected": True}, False),
        ({"assume_role": "arn:aws:iam::210987654321:role/deploy"}, False),
        ({"env": "shared"}, False),
    ],
)
def test_only_environments_that_a_pull_request_may_read_are_planned(settings: dict[str, Any], planned: bool) -> None:
    project = Project(**{"project_id": "shop", "env": "dev", **settings})
    asked = Github(repository="acme/shop", install="pip install .", plan_protected=True)

    assert is_planned(project, GITHUB) is planned
    assert is_planned(project, asked) is (planned or project.protected)
