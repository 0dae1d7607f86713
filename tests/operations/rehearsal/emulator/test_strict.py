"""Refusals reach boto3 as an error of AWS, in the protocol of each service, and every request is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from operations.rehearsal.emulator.client import Emulator

REGION = "eu-west-1"
Aws = Callable[[str], Any]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Aws:
    return lambda service: emulator.client(service, REGION)


CASES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "json": ("logs", "create_log_group", {"logGroupName": "a group"}, "InvalidParameterException"),
    "query": ("iam", "create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": "{}"}, "ValidationError"),
    "ec2": ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "x"}, "InvalidParameterValue"),
    "rest-json": ("efs", "create_access_point", {"FileSystemId": "x", "ClientToken": "a"}, "BadRequest"),
    "rest-xml": (
        "s3",
        "put_bucket_versioning",
        {"Bucket": "bucket", "VersioningConfiguration": {"Status": "x"}},
        "InvalidArgument",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_is_an_error_in_the_protocol_of_the_service(case: str, aws: Aws) -> None:
    service, operation, arguments, code = CASES[case]

    with pytest.raises(ClientError) as refused:
        getattr(aws(service), operation)(**arguments)

    error = refused.value.response["Error"]
    assert error["Code"] == code
    assert error["Message"].startswith("1 validation error detected: Value '")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_refused_request_does_not_reach_moto(aws: Aws) -> None:
    with pytest.raises(ClientError):
        aws("logs").create_log_group(logGroupName="refused", logGroupClass="x")

    assert aws("logs").describe_log_groups(logGroupNamePrefix="refused")["logGroups"] == []


def test_every_request_is_recorded_with_its_refusals(emulator: Emulator, aws: Aws) -> None:
    aws("ecr").create_repository(repositoryName="shop/web", tags=[{"Key": "a", "Value": "b"}])
    with pytest.raises(ClientError):
        aws("ecr").create_repository(repositoryName="Shop")

    (call,) = [call for call in emulator.calls() if call.service == "ecr"]

    assert (call.operation, call.client, call.count, call.tagged) == ("CreateRepository", "boto3", 2, True)
    assert call.resources == {"repositoryName": ("Shop", "shop/web")}
    assert call.refused == ("InvalidParameterException",)


def test_requests_of_the_emulator_itself_are_not_recorded(emulator: Emulator) -> None:
    emulator.create_existing("security_group", region=REGION, group_id="sg-0123456789abcdef0")

    assert not [call for call in emulator.calls() if call.operation == "CreateSecurityGroup"]


def test_rules_see_the_account_of_a_role(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2", REGION, role="arn:aws:iam::210987654321:role/deploy")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)

    with pytest.raises(ClientError) as refused:
        ec2.delete_vpc(VpcId=vpc)

    assert refused.value.response["Error"]["Code"] == "DependencyViolation"


def test_models_and_rules_can_be_disabled_for_a_test() -> None:
    with Emulator(disabled=("models",)) as lenient, Emulator(disabled=("layer",)) as plain:
        for emulator in (lenient, plain):
            emulator.client("logs", REGION).create_log_group(logGroupName="a group")
