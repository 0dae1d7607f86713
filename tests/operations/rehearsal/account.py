"""An account as a deploy of `PROJECT` leaves it, and the same account with every fact wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from operations.rehearsal.emulator.client import ACCOUNT_ID
from stacks.naming import Names
from tests.support.roles import scheduler_role

REGION = "eu-west-1"
VPC = "vpc-0000000a"
SUBNETS = ("subnet-0000000a", "subnet-0000000b")
OTHER_SUBNET = "subnet-0000000c"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"

PROJECT: dict[str, Any] = {
    "project_id": "shop",
    "region": REGION,
    "permissions_boundary": BOUNDARY,
    "network": {
        "vpc_id": VPC,
        "public_subnet_ids": ["subnet-0000000d", "subnet-0000000e"],
        "private_subnet_ids": [*SUBNETS],
    },
    "services": {
        "web": {
            "image": "web:1",
            "port": 8080,
            "cpu": 512,
            "memory": 1024,
            "architecture": "arm64",
            "count": {"min": 2, "max": 6, "cpu_percent": 60},
            "http": {"hosts": ["shop.example.com"], "paths": ["/shop/*"], "priority": 5},
            "health_check": {"path": "/health", "port": 9000, "matcher": "200", "interval": 20, "timeout": 4},
            "logs": {"retention_days": 14},
            "environment": {"GREETING": "hi ${USER}", "API_TOKEN": "t0p"},
            "secrets": {"DB": "ssm:/shop/db"},
            "sidecars": {"proxy": {"image": "proxy:1"}},
            "permissions": {
                "managed_policies": [READ_ONLY],
                "statements": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::uploads/*"]}],
                "execution_statements": [{"actions": ["kms:Decrypt"], "resources": ["*"]}],
            },
        },
        "cleanup": {"type": "job", "image": "cleanup:1", "schedule": "cron(0 3 * * ? *)", "timezone": "Europe/Berlin"},
    },
    "environments": {"right": {}, "wrong": {}, "deleted": {}},
}


@dataclass(frozen=True)
class Facts:
    """The settings of the resources in the account. The defaults match `PROJECT`."""

    insights: str = "enabled"
    principal: str = "ecs-tasks.amazonaws.com"
    boundary: str | None = BOUNDARY
    managed_policy: str = READ_ONLY
    task_actions: str | tuple[str, ...] = "s3:GetObject"
    execution_actions: str | tuple[str, ...] = ("kms:Decrypt", "logs:PutLogEvents")
    retention: int = 14
    cpu: str = "512"
    memory: str = "1024"
    architecture: str = "ARM64"
    image: str = "web:1"
    greeting: str = "hi ${USER}"
    token: str = "t0p"
    secret: str = "DB"
    sidecar: str = "proxy:1"
    sidecar_secrets: tuple[str, ...] = ()
    count: int = 2
    family: str = ""
    public_ip: str = "DISABLED"
    security_group: str = ""
    subnets: tuple[str, ...] = SUBNETS
    maximum: int = 6
    port: int = 8080
    check_port: str = "9000"
    path: str = "/health"
    matcher: str = "200"
    interval: int = 20
    host: str = "shop.example.com"
    route: str = "/shop/*"
    priority: int = 5
    schedule: str = "cron(0 3 * * ? *)"


WRONG = Facts(
    insights="disabled",
    principal="ec2.amazonaws.com",
    boundary=None,
    managed_policy="arn:aws:iam::aws:policy/AdministratorAccess",
    task_actions="s3:ListBucket",
    execution_actions=("logs:PutLogEvents",),
    retention=30,
    cpu="256",
    memory="512",
    architecture="X86_64",
    image="web:2",
    greeting="hi root",
    token="changed",
    secret="CACHE",
    sidecar="proxy:2",
    sidecar_secrets=("DB",),
    count=7,
    family="other",
    public_ip="ENABLED",
    security_group="other",
    subnets=(SUBNETS[0], OTHER_SUBNET),
    maximum=9,
    port=9090,
    check_port="traffic-port",
    path="/",
    matcher="200-399",
    interval=30,
    host="other.example.com",
    route="/other/*",
    priority=6,
    schedule="rate(1 day)",
)


class DeployedAccount:
    """Creates an environment of `PROJECT`; `client` returns the boto3 client of a service and a region."""

    def __init__(self, client: Callable[[str, str], Any], env: str, facts: Facts) -> None:
        self.names = Names("shop", env)
        self.facts = facts
        self._client = client
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._client(service, REGION)
        return self._clients[service]

    def create(self) -> None:
        self._boundary()
        self._cluster()
        for service in PROJECT["services"]:
            self._roles(service)
            self.aws("logs").create_log_group(logGroupName=self.names.log_group(service))
            self.aws("logs").put_retention_policy(
                logGroupName=self.names.log_group(service),
                retentionInDays=self.facts.retention if service == "web" else 30,
            )
        self._task_definitions()
        self._service()
        self._scaling()
        self._load_balancer()
        self._schedule()

    def _boundary(self) -> None:
        iam = self.aws("iam")
        document = json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
        )
        with suppress(iam.exceptions.EntityAlreadyExistsException):  # another environment of the account has it
            iam.create_policy(PolicyName="boundary", PolicyDocument=document)

    def _cluster(self) -> None:
        settings = [{"name": "containerInsights", "value": self.facts.insights}]
        self.aws("ecs").create_cluster(clusterName=self.names.cluster, settings=settings)

    def _roles(self, service: str) -> None:
        iam = self.aws("iam")
        facts = self.facts if service == "web" else Facts()
        assume = {"Effect": "Allow", "Principal": {"Service": facts.principal}, "Action": "sts:AssumeRole"}
        boundary = {"PermissionsBoundary": facts.boundary} if facts.boundary else {}
        for use, actions in (("task", facts.task_actions), ("execution", facts.execution_actions)):
            role = self.names.role(service, use)
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({"Statement": [assume]}), **boundary)
            statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            iam.put_role_policy(
                RoleName=role,
                PolicyName="main",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            )
        if service == "web":
            iam.attach_role_policy(RoleName=self.names.role("web", "task"), PolicyArn=facts.managed_policy)

    def _task_definitions(self) -> None:
        facts, fargate = self.facts, {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
        web = {
            "name": "web",
            "image": facts.image,
            "environment": [
                {"name": "PORT", "value": "8080"},
                {"name": "GREETING", "value": facts.greeting},
                {"name": "API_TOKEN", "value": facts.token},
            ],
            "secrets": _secrets(facts.secret),
        }
        proxy = {"name": "proxy", "image": facts.sidecar, "secrets": _secrets(*facts.sidecar_secrets)}
        for family in {self.names.task_definition("web"), self._family}:
            self.aws("ecs").register_task_definition(
                family=family,
                cpu=facts.cpu,
                memory=facts.memory,
                runtimePlatform={"cpuArchitecture": facts.architecture, "operatingSystemFamily": "LINUX"},
                containerDefinitions=[web, proxy],
                executionRoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{self.names.role('web', 'execution')}",
                **fargate,
            )
        self.aws("ecs").register_task_definition(
            family=self.names.task_definition("cleanup"),
            cpu="512",
            memory="1024",
            containerDefinitions=[{"name": "cleanup", "image": "cleanup:1"}],
            **fargate,
        )

    @property
    def _family(self) -> str:
        return self.facts.family or self.names.task_definition("web")

    def _service(self) -> None:
        name = self.facts.security_group or self.names.task_security_group("web")
        group = self.aws("ec2").create_security_group(GroupName=name, Description=name, VpcId=VPC)["GroupId"]
        self.aws("ecs").create_service(
            cluster=self.names.cluster,
            serviceName=self.names.service("web"),
            taskDefinition=self._family,
            desiredCount=self.facts.count,
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": [*self.facts.subnets],
                    "securityGroups": [group],
                    "assignPublicIp": self.facts.public_ip,
                }
            },
        )

    def _scaling(self) -> None:
        self.aws("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{self.names.cluster}/{self.names.service('web')}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=2,
            MaxCapacity=self.facts.maximum,
        )

    def _load_balancer(self) -> None:
        elb, facts = self.aws("elbv2"), self.facts
        balancer = elb.create_load_balancer(Name=self.names.load_balancer, Subnets=[*SUBNETS])["LoadBalancers"][0]
        group = elb.create_target_group(
            Name=self.names.target_group("web", 8080, "HTTP1"),
            Protocol="HTTP",
            Port=facts.port,
            VpcId=VPC,
            TargetType="ip",
            HealthCheckPort=facts.check_port,
            HealthCheckPath=facts.path,
            HealthCheckIntervalSeconds=facts.interval,
            HealthCheckTimeoutSeconds=4,
            Matcher={"HttpCode": facts.matcher},
        )["TargetGroups"][0]["TargetGroupArn"]
        answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        listener = elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[answer]
        )["Listeners"][0]["ListenerArn"]
        elb.create_rule(
            ListenerArn=listener,
            Priority=facts.priority,
            Conditions=[
                {"Field": "host-header", "HostHeaderConfig": {"Values": [facts.host]}},
                {"Field": "path-pattern", "PathPatternConfig": {"Values": [facts.route]}},
            ],
            Actions=[{"Type": "forward", "TargetGroupArn": group}],
        )

    def _schedule(self) -> None:
        family = self.facts.family or self.names.task_definition("cleanup")
        self.aws("scheduler").create_schedule(
            Name=self.names.schedule("cleanup"),
            ScheduleExpression=self.facts.schedule,
            ScheduleExpressionTimezone="Europe/Berlin",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT_ID}:cluster/{self.names.cluster}",
                "RoleArn": scheduler_role(self.aws("iam")),
                "EcsParameters": {
                    "TaskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT_ID}:task-definition/{family}",
                    "LaunchType": "FARGATE",
                },
            },
        )


def _secrets(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "valueFrom": f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:parameter/shop/db"} for name in names]
