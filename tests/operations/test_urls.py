"""URLs of services, and their pages in the console."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cli.sentences import sentences
from operations.health.environment import Environment
from operations.urls import balancer_url, console_url, require_web_service, url_in, web_url
from stacks.errors import AwsError, UsageError
from stacks.naming import Names
from stacks.project.models import Project
from tests.support.refusals import EXPIRED, THROTTLED, UNAVAILABLE, drop, refuse

BASE = "http://alb-1.eu-west-1.elb.amazonaws.com"


def project(services: dict[str, Any], **settings: Any) -> Project:
    return Project.model_validate(
        {"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": services, **settings}
    )


@pytest.mark.parametrize(
    ("http", "expected"),
    [
        ({}, BASE),
        ({"paths": ["/api/*", "/v2/*"]}, f"{BASE}/api/"),
        ({"paths": ["/api"]}, f"{BASE}/api"),
        ({"paths": ["/*/images"]}, BASE),
        ({"hosts": ["api.example.com"]}, "http://api.example.com"),
        ({"hosts": ["*.example.com", "a.example.com"], "paths": ["/x/?/y"]}, "http://a.example.com/x/"),
        ({"hosts": ["*.example.com"]}, BASE),
    ],
)
def test_the_url_of_a_service_has_its_host_and_path(http: dict[str, Any], expected: str) -> None:
    given = {name: tuple(values) for name, values in http.items()}

    assert web_url(project({"web": {"http": given}}), BASE, "web").text == expected


def test_the_url_of_an_environment_is_that_of_the_load_balancer() -> None:
    found = web_url(project({"web": {}}, load_balancer={"internal": True}), BASE, None)

    assert (found.text, found.internal) == (BASE, True)


@pytest.mark.parametrize(("outputs", "expected"), [({"alb_url": BASE}, BASE), ({}, None), ({"alb_url": "x"}, None)])
def test_the_url_in_a_state(outputs: dict[str, Any], expected: str | None) -> None:
    assert url_in(outputs) == expected


@pytest.mark.parametrize(
    ("services", "service", "message"),
    [
        ({"web": {}}, "wep", "unknown service; got wep; did you mean web?"),
        (
            {"web": {}, "mailer": {"type": "worker"}},
            "mailer",
            "a worker has no URL; got mailer; pass --console to open its page in the AWS console",
        ),
        (
            {"mailer": {"type": "worker"}},
            None,
            "dev has no web service; pass --console to open its page in the AWS console",
        ),
    ],
)
def test_what_has_no_url_is_refused(services: dict[str, Any], service: str | None, message: str) -> None:
    with pytest.raises(UsageError) as error:
        require_web_service(project(services), service)

    assert sentences(error.value) == message


SERVICES = {"web": {}, "cleanup": {"type": "job", "schedule": "rate(1 hour)"}}


@pytest.mark.parametrize(
    ("region", "service", "expected"),
    [
        ("eu-west-1", None, "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/web-cluster-shop-dev/services"),
        (
            "cn-north-1",
            "web",
            "https://cn-north-1.console.amazonaws.cn/ecs/v2/clusters/web-cluster-shop-dev/services/"
            "web-service-shop-dev/health",
        ),
        (
            "us-gov-west-1",
            "cleanup",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/ecs/v2/task-definitions/cleanup-shop-dev",
        ),
    ],
)
def test_pages_of_the_console(region: str, service: str | None, expected: str) -> None:
    assert console_url(project(SERVICES, region=region), service) == f"{expected}?region={region}"


def test_the_page_of_an_unknown_service_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown service"):
        console_url(project(SERVICES), "api")


def environment(account: boto3.Session, **settings: Any) -> Environment:
    made = project({"web": {}}, **settings)
    return Environment(made, made.services, Names("shop", "dev"), "123456789012", "--env dev", account)


@pytest.fixture
def balancer(account: boto3.Session) -> str:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    made = account.client("elbv2").create_load_balancer(Name=Names("shop", "dev").load_balancer, Subnets=subnets)
    name: str = made["LoadBalancers"][0]["DNSName"]
    return name


def test_aws_knows_the_address_of_the_load_balancer(account: boto3.Session, balancer: str) -> None:
    https = {"https": {"domain": "shop.example.com", "hosted_zone": "example.com"}}

    assert balancer_url(environment(account)) == f"http://{balancer}"
    assert balancer_url(environment(account, load_balancer=https)) == "https://shop.example.com"


def test_an_environment_that_is_not_deployed_is_an_error(account: boto3.Session) -> None:
    with pytest.raises(AwsError) as error:
        balancer_url(environment(account))

    assert sentences(error.value) == (
        "shop-dev: not deployed: eu-west-1, account 123456789012 has no load balancer of this stack; deploy it first: "
        "`ecsforge deploy`"
    )


@pytest.mark.parametrize("trouble", [EXPIRED, THROTTLED, UNAVAILABLE])
def test_a_refused_request_is_one_problem(account: boto3.Session, trouble: tuple[str, int]) -> None:
    refuse(account, "elastic-load-balancing-v2.DescribeLoadBalancers", *trouble)

    with pytest.raises(AwsError) as error:
        balancer_url(environment(account))

    assert error.value.codes == {trouble[0]}


def test_a_dropped_connection_is_one_problem(account: boto3.Session) -> None:
    drop(account, "elastic-load-balancing-v2.DescribeLoadBalancers")

    with pytest.raises(AwsError, match="the request to AWS failed"):
        balancer_url(environment(account))
