"""Which secrets exist, and what the execution roles may read, in moto's SSM, Secrets Manager, KMS and IAM."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from stacks.errors import AwsError
from tests.operations.checks.conftest import ACCOUNT, Run, texts
from tests.support.refusals import DENIED, EXPIRED, refuse

URL = "services: {web: {secrets: {URL: 'ssm:/shop/url'}}}"
KEY = "services: {web: {secrets: {KEY: 'secretsmanager:shop/payment:key'}}}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop-dev-web-execution"


def parameter(account: boto3.Session, name: str = "/shop/url", **more: Any) -> None:
    account.client("ssm").put_parameter(Name=name, Value="x", Type="SecureString", **more)


def secret(account: boto3.Session, name: str = "shop/payment", **more: Any) -> str:
    made = account.client("secretsmanager").create_secret(Name=name, SecretString="{}", **more)
    arn: str = made["ARN"]
    return arn


def test_a_project_without_secrets_is_not_checked(run: Run) -> None:
    assert run("secrets", "services: {web: {}}") == []
    assert run("secrets and roles", "services: {web: {}}") == []


def test_a_missing_parameter_and_a_missing_secret_are_named_with_the_command_that_sets_them(run: Run) -> None:
    missing_parameter, missing_secret = run("secrets", URL), run("secrets", KEY)

    assert texts([*missing_parameter, *missing_secret]) == [
        "missing: services.web.secrets.URL: the parameter does not exist; got ssm:/shop/url; set its value: "
        "`ecsforge secrets set URL`",
        "missing: services.web.secrets.KEY: the secret does not exist; got secretsmanager:shop/payment:key; set its "
        "value: `ecsforge secrets set KEY`",
    ]
    assert missing_parameter[0].calls == ("ssm:DescribeParameters",)
    assert missing_secret[0].calls == ("secretsmanager:DescribeSecret",)


def test_a_secret_that_several_containers_use_is_reported_once(run: Run) -> None:
    used = "services: {web: {secrets: {A: 'ssm:/x/y'}}, api: {type: worker, secrets: {B: 'ssm:/x/y'}}}"

    assert len(run("secrets", used)) == 1


def test_existing_secrets_are_counted(account: boto3.Session, run: Run) -> None:
    parameter(account)
    secret(account)
    both = "services: {web: {secrets: {URL: 'ssm:/shop/url', KEY: 'secretsmanager:shop/payment:key'}}}"

    assert texts(run("secrets", both)) == ["ok: 2 secrets, each with a value"]
    assert texts(run("secrets and roles", both)) == ["ok: 1 execution role may read the secrets"]


@pytest.mark.parametrize("name", ["url", "/url"])
def test_a_top_level_parameter_is_found_with_and_without_its_slash(account: boto3.Session, run: Run, name: str) -> None:
    parameter(account, name)

    assert texts(run("secrets", "services: {web: {secrets: {URL: 'ssm:/url'}}}")) == ["ok: 1 secret, each with a value"]


def test_a_parameter_in_another_region_is_looked_up_there(account: boto3.Session, run: Run) -> None:
    boto3.client("ssm", "eu-central-1").put_parameter(Name="/shop/url", Value="x", Type="String")
    used = f"services: {{web: {{secrets: {{URL: 'arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/shop/url'}}}}}}"

    assert texts(run("secrets", used)) == ["ok: 1 secret, each with a value"]


def test_a_secret_of_another_account_is_a_warning(run: Run) -> None:
    used = "services: {web: {secrets: {URL: 'arn:aws:ssm:eu-west-1:210987654321:parameter/shop/url'}}}"

    assert texts(run("secrets", used)) == [
        "warning: services.web.secrets.URL: not checked: it belongs to another account; "
        "got arn:aws:ssm:eu-west-1:210987654321:parameter/shop/url"
    ]


def test_a_secret_that_is_scheduled_for_deletion_is_missing(account: boto3.Session, run: Run) -> None:
    secret(account)
    account.client("secretsmanager").delete_secret(SecretId="shop/payment", RecoveryWindowInDays=7)

    (found,) = texts(run("secrets", KEY))

    assert found.startswith("missing: services.web.secrets.KEY: the secret will be deleted; got secretsmanager:shop/")
    assert found.endswith("; restore it with a new value: `ecsforge secrets set KEY`")


def test_a_secret_without_a_value_is_missing(account: boto3.Session, run: Run) -> None:
    account.client("secretsmanager").create_secret(Name="shop/payment")

    assert texts(run("secrets", KEY)) == [
        "missing: services.web.secrets.KEY: the secret has no value; got secretsmanager:shop/payment:key; set its "
        "value: `ecsforge secrets set KEY`"
    ]


def test_a_stage_that_a_secret_does_not_have_is_missing(account: boto3.Session, run: Run) -> None:
    secret(account)

    assert texts(run("secrets", KEY.replace(":key", ":key:blue"))) == [
        "missing: services.web.secrets.KEY: the secret does not have this stage; got blue; correct the reference, or "
        "remove its stage"
    ]


def test_a_denied_call_is_a_warning_that_names_the_action(account: boto3.Session, run: Run) -> None:
    secret(account)
    refuse(account, "secrets-manager.GetResourcePolicy", *DENIED)

    assert texts(run("secrets and roles", KEY)) == [
        "warning: secretsmanager:GetResourcePolicy: AWS refused GetResourcePolicy; got AccessDeniedException: refused; "
        "allow this for the user or role that deploys, then run the same command again; completed changes are kept"
    ]


def test_expired_credentials_end_a_check(account: boto3.Session, run: Run) -> None:
    refuse(account, "ssm.DescribeParameters", *EXPIRED)

    with pytest.raises(AwsError):
        run("secrets", URL)


def test_a_permissions_boundary_that_does_not_allow_it_is_named(account: boto3.Session, run: Run) -> None:
    parameter(account)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    account.client("iam").create_policy(PolicyName="limit", PolicyDocument=json.dumps(document))

    assert texts(run("secrets and roles", f"permissions_boundary: arn:aws:iam::{ACCOUNT}:policy/limit\n{URL}")) == [
        "missing: services.web.secrets.URL: the execution role may not read URL; got no policy allows it; allow "
        "ssm:GetParameters in the role, its permissions boundary and the policy of the secret or key"
    ]


def test_a_statement_that_denies_it_is_named(account: boto3.Session, run: Run) -> None:
    arn = secret(account)
    deny = {"Sid": "NoTasks", "Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": "*", "Resource": "*"}
    account.client("secretsmanager").put_resource_policy(
        SecretId=arn, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )

    assert texts(run("secrets and roles", KEY)) == [
        "missing: services.web.secrets.KEY: the execution role may not read KEY; got statement NoTasks of the policy "
        "of shop/payment denies it; allow secretsmanager:GetSecretValue in the policy of the secret or key"
    ]


def test_a_key_that_the_project_file_does_not_list_is_a_problem(account: boto3.Session, run: Run) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    secret(account, KmsKeyId=key)
    listed = KEY.replace("secrets:", f"kms_keys: ['{key}'], secrets:")

    assert texts(run("secrets and roles", KEY)) == [
        f"missing: services.web.secrets.KEY: the execution role may not decrypt KEY; got encrypted with {key}; add "
        f"{key} to services.web.kms_keys"
    ]
    assert texts(run("secrets and roles", listed)) == ["ok: 1 execution role may read the secrets"]


def test_a_key_whose_policy_does_not_admit_the_account_is_a_problem(account: boto3.Session, run: Run) -> None:
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    parameter(account, KeyId=key)
    statement = {"Effect": "Allow", "Principal": {"AWS": f"{ROLE}-2"}, "Action": "kms:*", "Resource": "*"}
    kms.put_key_policy(
        KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )

    assert texts(run("secrets and roles", URL.replace("secrets:", f"kms_keys: ['{key}'], secrets:"))) == [
        "missing: services.web.secrets.URL: the execution role may not decrypt URL; got no policy allows it; allow "
        f"kms:Decrypt with {key} in the role, its permissions boundary and the policy of the secret or key"
    ]


def test_a_disabled_key_is_a_problem(account: boto3.Session, run: Run) -> None:
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    parameter(account, KeyId=key)
    kms.disable_key(KeyId=key.rpartition("/")[2])

    assert texts(run("secrets and roles", URL)) == [
        f"missing: services.web.secrets.URL: the key that encrypts it can't be used; got {key}, Disabled; enable the "
        "key, or encrypt the secret with another one"
    ]
