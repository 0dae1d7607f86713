"""All checks of an account, and what a deploy does with their results."""

from __future__ import annotations

import boto3
import pytest

from cli.sentences import sentences
from operations.checks.account import CHECKS, account_checks, check_account
from stacks.errors import AwsError
from tests.operations.checks.conftest import ACCOUNT, MakeProject
from tests.support.refusals import DENIED, EXPIRED, THROTTLED, UNAVAILABLE, drop, refuse
from tests.support.reporter import Recorder

SECRETS = "services: {web: {secrets: {URL: 'ssm:/shop/url', KEY: 'secretsmanager:shop/key'}}}"
QUOTAS = "service-quotas.GetServiceQuota"


def test_results_have_the_names_of_their_checks(account: boto3.Session, project: MakeProject) -> None:
    results = account_checks(project(SECRETS), account, ACCOUNT, deployed=False)

    assert [(each.check, each.status) for each in results] == [
        ("secrets", "missing"),
        ("secrets", "missing"),
        ("quotas", "ok"),
    ]
    assert {each.check for each in results} <= set(CHECKS)


def test_what_is_missing_ends_a_deploy_with_every_problem(account: boto3.Session, project: MakeProject) -> None:
    reporter = Recorder()

    with pytest.raises(AwsError) as error:
        check_account(project(SECRETS), account, reporter, deployed=True)

    assert sentences(error.value).splitlines() == [
        "services.web.secrets.URL: the parameter does not exist; got ssm:/shop/url; set its value: `ecsforge secrets "
        "set URL`",
        "services.web.secrets.KEY: the secret does not exist; got secretsmanager:shop/key; set its value: `ecsforge "
        "secrets set KEY`",
    ]
    assert reporter.details == [
        "checked secrets with ssm:DescribeParameters",
        "checked secrets with secretsmanager:DescribeSecret",
    ]


def test_a_denied_check_does_not_end_a_deploy(account: boto3.Session, project: MakeProject) -> None:
    refuse(account, QUOTAS, *DENIED)
    reporter = Recorder()

    check_account(project("services: {web: {}}"), account, reporter, deployed=False)

    assert reporter.warnings == [
        "servicequotas:GetServiceQuota: AWS refused GetServiceQuota; got AccessDeniedException: refused; allow this "
        "for the user or role that deploys, then run the same command again; completed changes are kept"
    ]


@pytest.mark.parametrize("trouble", [THROTTLED, UNAVAILABLE])
def test_a_check_that_aws_does_not_answer_is_one_warning(
    account: boto3.Session, project: MakeProject, trouble: tuple[str, int]
) -> None:
    refuse(account, QUOTAS, *trouble)
    refuse(account, "ssm.DescribeParameters", *trouble)
    reporter = Recorder()

    check_account(project("services: {web: {secrets: {URL: 'ssm:/shop/url'}}}"), account, reporter, deployed=False)

    (warning,) = reporter.warnings
    assert warning.startswith(
        f"ssm:DescribeParameters: not checked: AWS refused DescribeParameters; got {trouble[0]}: refused; AWS "
    )


def test_a_dropped_connection_is_one_warning(account: boto3.Session, project: MakeProject) -> None:
    drop(account, QUOTAS)
    reporter = Recorder()

    check_account(project("services: {web: {}}"), account, reporter, deployed=False)

    assert reporter.warnings == [
        "servicequotas:GetServiceQuota: not checked: the request to AWS failed; got Could not connect to the endpoint "
        'URL: "https://aws.example.com"; check the network, AWS_ENDPOINT_URL and the proxy settings, then run the same '
        "command again; completed changes are kept"
    ]


def test_expired_credentials_end_a_deploy_with_one_message(account: boto3.Session, project: MakeProject) -> None:
    for call in ("ssm.DescribeParameters", "secrets-manager.DescribeSecret", QUOTAS):
        refuse(account, call, *EXPIRED)

    with pytest.raises(AwsError) as error:
        check_account(project(SECRETS), account, Recorder(), deployed=False)

    assert sentences(error.value) == (
        "ssm:DescribeParameters: AWS refused DescribeParameters; got ExpiredTokenException: refused; the credentials "
        "have expired: sign in again with `aws sso login`, then run the same command again; completed changes are kept"
    )
