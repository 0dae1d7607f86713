"""What the first deploy would exceed, in moto's EC2 and IAM, with answers of Service Quotas in its documented shape."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from operations.checks.quotas import on_demand_share
from stacks.project.models import Service
from tests.operations.checks.conftest import Run, texts
from tests.support.refusals import DENIED, refuse

SERVICES = "services: {web: {cpu: 2048, memory: 4096, count: 4}, mailer: {type: worker, cpu: 1024, memory: 2048}}"


def quota(account: boto3.Session, code: str, value: float) -> None:
    """The account has this quota."""

    def answer(params: dict[str, Any], **_: Any) -> Any:
        if code in str(params["body"]):
            return type("Answer", (), {"status_code": 200})(), {"Quota": {"QuotaCode": code, "Value": value}}
        return None

    account.events.register("before-call.service-quotas.GetServiceQuota", answer)


def test_a_first_deploy_within_the_quotas_is_ok(run: Run) -> None:
    (found,) = run("quotas", SERVICES)

    assert (found.status, found.found) == ("ok", "6 quotas not exceeded")
    assert found.calls == (
        "servicequotas:GetServiceQuota",
        "ec2:DescribeVpcs",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeAddresses",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "iam:GetAccountSummary",
    )


def test_a_deployed_environment_is_not_checked(run: Run) -> None:
    assert run("quotas", SERVICES, deployed=True) == []


def test_a_sixth_vpc_exceeds_the_default_quota(account: boto3.Session, run: Run) -> None:
    for number in range(4):  # and the default VPC
        account.client("ec2").create_vpc(CidrBlock=f"10.{number}.0.0/16")

    assert texts(run("quotas", SERVICES)) == [
        "missing: network: the first deploy exceeds the quota for VPCs; got 1 more, 5 in use, quota 5; request more: "
        "aws service-quotas request-service-quota-increase --region eu-west-1 --service-code vpc --quota-code "
        "L-F678F1CE --desired-value 6"
    ]


def test_an_address_for_each_nat_gateway_is_counted(account: boto3.Session, run: Run) -> None:
    for _ in range(3):
        account.client("ec2").allocate_address(Domain="vpc")

    (found,) = texts(run("quotas", f"network: {{nat: per_az, availability_zones: 3}}\n{SERVICES}"))

    assert "the quota for Elastic IP addresses; got 3 more, 3 in use, quota 5; request more: " in found


def test_more_vcpus_than_the_quota_exceed_it(account: boto3.Session, run: Run) -> None:
    quota(account, "L-3032A538", 6)

    assert texts(run("quotas", SERVICES)) == [
        "missing: services: the first deploy exceeds the quota for Fargate vCPUs on demand; got 10, quota 6; request "
        "more: aws service-quotas request-service-quota-increase --region eu-west-1 --service-code fargate "
        "--quota-code L-3032A538 --desired-value 10"
    ]


def test_a_full_account_has_no_roles_left(account: boto3.Session, run: Run) -> None:
    def full(**_: Any) -> Any:
        summary = {"Roles": 998, "RolesQuota": 1000}
        return type("Answer", (), {"status_code": 200})(), {"SummaryMap": summary}

    account.events.register("before-call.iam.GetAccountSummary", full)

    assert texts(run("quotas", SERVICES)) == [
        "missing: services: the first deploy exceeds the quota for IAM roles; got 5 more, 998 in use, quota 1000; "
        "remove unused roles, or request more in us-east-1 under Service Quotas: IAM, Roles per account"
    ]


def test_a_denied_call_is_one_warning(account: boto3.Session, run: Run) -> None:
    refuse(account, "service-quotas.GetServiceQuota", *DENIED)

    assert [each.status for each in run("quotas", SERVICES)] == ["warning"]


@pytest.mark.parametrize(
    ("capacity", "expected"),
    [
        ("on_demand", 4),
        ("spot", 0),
        ({"on_demand_base": 1, "on_demand_weight": 1, "spot_weight": 2}, 2),
        ({"on_demand_base": 9, "spot_weight": 1}, 4),
    ],
)
def test_the_share_on_demand(capacity: Any, expected: int) -> None:
    assert on_demand_share(Service.model_validate({"capacity": capacity}), 4) == expected
