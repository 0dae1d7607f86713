"""Whether an existing load balancer can route to the services, in moto's load balancing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.sentences import sentence
from operations.deploy.existing_load_balancer import load_balancer_problems
from stacks.errors import AwsError
from stacks.naming import Names
from stacks.project import Selection, load
from stacks.project.models import Project

REGION = "eu-west-1"
FORWARD = {"Type": "forward"}


class Shared:
    """A load balancer with a listener in a VPC, and the project that uses it."""

    def __init__(self, folder: Path) -> None:
        self.session = boto3.Session(region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
        self.ec2, self.elb = self.session.client("ec2"), self.session.client("elbv2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self._subnet(number) for number in range(2)]
        self.group = self.ec2.create_security_group(GroupName="shared", Description="shared", VpcId=self.vpc)["GroupId"]
        balancer = self.elb.create_load_balancer(Name="shared", Subnets=self.subnets, SecurityGroups=[self.group])
        self.arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        text = {"StatusCode": "404", "ContentType": "text/plain"}
        answer: Any = [{"Type": "fixed-response", "FixedResponseConfig": text}]
        listener = self.elb.create_listener(LoadBalancerArn=self.arn, Protocol="HTTP", Port=80, DefaultActions=answer)
        self.listener = listener["Listeners"][0]["ListenerArn"]
        self._file = folder / "ecsforge.yaml"

    def _subnet(self, number: int) -> str:
        zone = f"{REGION}{'ab'[number]}"
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    def project(self, *, priority: int = 100, **changes: str) -> Project:
        given = {"arn": self.arn, "listener_arn": self.listener, "security_group": self.group, **changes}
        vpc = given.pop("vpc", self.vpc)
        self._file.write_text(
            f"""
project_id: shop
region: {REGION}
network: {{vpc_id: {vpc}, public_subnet_ids: {self.subnets}, private_subnet_ids: {self.subnets}}}
load_balancer: {json.dumps(given)}
services: {{web: {{image: "app:1", http: {{hosts: [app.example.com], priority: {priority}}}}}}}
"""
        )
        return load(Selection(file=self._file, env="prod")).projects[0]

    def problems(self, *, priority: int = 100, **changes: str) -> list[str]:
        project = self.project(priority=priority, **changes)
        return [sentence(problem) for problem in load_balancer_problems(project, self.session)]

    def rule(self, group: str, priority: int, **tags: str) -> None:
        made = self.elb.create_target_group(Name=group, Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip")
        arn = made["TargetGroups"][0]["TargetGroupArn"]
        paths: Any = [{"Field": "path-pattern", "Values": [f"/{priority}"]}]
        actions: Any = [{**FORWARD, "TargetGroupArn": arn}]
        rule = self.elb.create_rule(ListenerArn=self.listener, Priority=priority, Conditions=paths, Actions=actions)
        if tags:
            given: Any = [{"Key": key, "Value": value} for key, value in tags.items()]
            self.elb.add_tags(ResourceArns=[rule["Rules"][0]["RuleArn"]], Tags=given)


@pytest.fixture
def shared(tmp_path: Path) -> Any:
    with mock_aws():
        yield Shared(tmp_path)


def test_free_priorities_and_those_of_this_stack_are_accepted(shared: Shared) -> None:
    assert shared.problems() == []
    shared.rule(Names("shop", "prod").target_group("web", 3000, "HTTP1"), 100)
    assert shared.problems() == []


def test_a_priority_that_another_rule_has_is_named_with_a_free_one(shared: Shared) -> None:
    shared.rule("other", 100)
    shared.rule("third", 101)

    assert shared.problems() == [
        "services.web.http.priority: a rule of another stack has the priority; got 100; write priority: 102"
    ]


def test_a_rule_of_this_stack_may_forward_to_a_target_group_for_an_earlier_port(shared: Shared) -> None:
    shared.rule("before", 100, Project="shop", Environment="prod")

    assert shared.problems() == []


@pytest.mark.parametrize(
    "tags", [{"Project": "shop", "Environment": "dev"}, {"Project": "blog", "Environment": "prod"}]
)
def test_a_rule_with_other_tags_is_of_another_stack(shared: Shared, tags: dict[str, str]) -> None:
    shared.rule("other", 100, **tags)

    assert len(shared.problems()) == 1


def test_the_highest_priority_can_be_taken_too(shared: Shared) -> None:
    shared.rule("other", 50_000)

    assert shared.problems(priority=50_000) == [
        "services.web.http.priority: a rule of another stack has the priority; got 50000; write priority: 1"
    ]


def test_another_vpc_and_another_security_group_are_refused(shared: Shared) -> None:
    other = "vpc-0123456789abcdef0"

    assert shared.problems(vpc=other, security_group="sg-0123456789abcdef0") == [
        f"network.vpc_id: the load balancer is in another VPC; got {other}; write vpc_id: {shared.vpc} and its subnets",
        "load_balancer.security_group: the load balancer does not have the security group; got sg-0123456789abcdef0; "
        f"write one of {shared.group}",
    ]


def test_a_load_balancer_that_does_not_exist_is_an_error(shared: Shared) -> None:
    gone = {key: getattr(shared, name).replace("/app/shared/", "/app/gone/") for key, name in NAMES.items()}

    with pytest.raises(AwsError) as error:
        shared.problems(**gone)
    assert "LoadBalancerNotFound" in error.value.codes


NAMES = {"arn": "arn", "listener_arn": "listener"}
