"""AWS sessions, credentials and their account."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)

from cli.sentences import sentences
from operations.advice import AGAIN, advice_for
from operations.answers import ForeignAnswer
from operations.aws import Identity, check_account, client, errors, identity, session, trouble
from stacks.errors import AwsError
from stacks.project.models import Project

ME = Identity("123456789012", "arn:aws:iam::123456789012:user/me")
NO_CREDENTIALS = (
    "credentials: no AWS credentials found; run `aws configure` or `aws sso login`, or set AWS_PROFILE or "
    "AWS_ACCESS_KEY_ID"
)


@pytest.fixture(autouse=True)
def no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


def project(**settings: object) -> Project:
    return Project(project_id="shop", env="prod", region="eu-west-1", **settings)  # type: ignore[arg-type]


def test_without_credentials_the_error_says_how_to_set_them() -> None:
    with pytest.raises(AwsError) as caught:
        session(project())

    assert sentences(caught.value) == NO_CREDENTIALS


def test_a_profile_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nix")

    with pytest.raises(AwsError) as caught:
        session(project())

    assert sentences(caught.value) == (
        "credentials: the request to AWS failed; got The config profile (nix) could not be found; AWS does not accept "
        "these credentials: check AWS_PROFILE and the keys"
    )


def test_the_session_is_in_the_projects_region_and_a_client_can_be_in_another(credentials: None) -> None:
    made = session(project())

    assert made.region_name == "eu-west-1"
    assert client(made, "s3", region="us-west-2").meta.region_name == "us-west-2"


def test_with_assume_role_the_session_is_in_that_role_and_its_account(account: boto3.Session) -> None:
    made = session(project(assume_role="arn:aws:iam::210987654321:role/deploy"))

    assert identity(made) == Identity("210987654321", "arn:aws:sts::210987654321:assumed-role/deploy/ecsforge")
    assert made.region_name == "eu-west-1"


@pytest.mark.parametrize("account_id", [None, "123456789012"])
def test_credentials_of_the_right_account_are_accepted_and_of_any_without_account_id(account_id: str | None) -> None:
    check_account(project(account_id=account_id), ME)


def test_credentials_of_another_account_are_refused() -> None:
    with pytest.raises(AwsError) as caught:
        check_account(project(account_id="210987654321"), ME)

    assert sentences(caught.value) == (
        "account_id: the environment prod belongs to account 210987654321; got credentials for 123456789012 "
        "(arn:aws:iam::123456789012:user/me); use credentials for that account: AWS_PROFILE, or `assume_role` in the "
        "project file"
    )


def test_a_request_that_aws_refuses_is_an_error_with_its_code_and_a_fix() -> None:
    refused = ClientError({"Error": {"Code": "ExpiredToken", "Message": "The token is expired"}}, "GetCallerIdentity")

    with pytest.raises(AwsError) as caught, errors("credentials"):
        raise refused

    assert sentences(caught.value) == (
        "credentials: AWS refused GetCallerIdentity; got ExpiredToken: The token is expired; the credentials have "
        "expired: sign in again with `aws sso login`, then run the same command again; completed changes are kept"
    )
    assert caught.value.codes == {"ExpiredToken"}


def test_an_unreachable_aws_is_an_error() -> None:
    with pytest.raises(AwsError) as caught, errors("waiting for ECS"):
        raise EndpointConnectionError(endpoint_url="https://ecs.eu-west-1.amazonaws.com/")

    assert sentences(caught.value).startswith(
        'waiting for ECS: the request to AWS failed; got Could not connect to the endpoint URL: "https://ecs.eu-west-1.'
    )
    assert "check the network, AWS_ENDPOINT_URL and the proxy settings" in sentences(caught.value)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, "temporary"),
        ("RequestLimitExceeded", 503, "temporary"),
        ("ServerException", 500, "temporary"),
        ("InternalFailure", 504, "temporary"),
        ("AccessDeniedException", 400, "denied"),
        ("UnauthorizedOperation", 403, "denied"),
        ("ExpiredTokenException", 400, "expired"),
        ("UnrecognizedClientException", 400, "expired"),
        ("ClusterNotFoundException", 400, "lasting"),
        ("NotImplementedByEmulator", 501, "lasting"),
    ],
)
def test_the_kind_of_an_error_of_aws(code: str, status: int, kind: str) -> None:
    response = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}

    with pytest.raises(AwsError) as caught, errors("x"):
        raise ClientError(response, "DescribeServices")  # type: ignore[arg-type]

    assert trouble(caught.value) == kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), "temporary"),
        (ReadTimeoutError(endpoint_url="https://x"), "temporary"),
        (SSLError(endpoint_url="https://x", error="certificate verify failed"), "temporary"),
        (ForeignAnswer("an HTML page"), "temporary"),
        (KeyError("services"), "temporary"),
        (NoCredentialsError(), "expired"),
        (CredentialRetrievalError(provider="sso", error_msg="x"), "expired"),
    ],
)
def test_the_kind_of_an_exception_of_boto3(error: Exception, kind: str) -> None:
    with pytest.raises(AwsError) as caught, errors("x"):
        raise error

    assert trouble(caught.value) == kind


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (
            "ConnectionClosedError: Connection was closed before we received a valid response from endpoint URL",
            "check the network, AWS_ENDPOINT_URL and the proxy settings, then",
        ),
        ("ServerException: ", "AWS had an internal error, and the state is intact: wait a minute, then"),
        ("ConcurrentUpdateException: ", "another change of the same resource is in progress: wait a minute, then"),
        ("ThrottlingException: Rate exceeded", "AWS is throttling requests: wait a minute, then"),
    ],
)
def test_what_passes_by_itself_is_tried_again_later(text: str, fix: str) -> None:
    assert advice_for(text) == f"{fix} {AGAIN}"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (
            'No value for required variable The root module input variable "size" is not set, and has no default '
            "value. Use a -var or -var-file command line argument to provide a value for this variable.",
            "add a default, write the value to terraform.tfvars in the same folder, or set TF_VAR_size",
        ),
        (
            "Failed to query available provider packages Could not retrieve the list of available versions for "
            "provider hashicorp/aws: no available releases match the given constraints >= 5.100.0, < 7.0.0, ~> 4.0",
            "change the version constraint of this provider in the required_providers of your own Terraform",
        ),
    ],
)
def test_what_own_terraform_lacks_is_named(text: str, fix: str) -> None:
    assert advice_for(text) == fix
