"""A deployed environment in the emulator, whose images a pipeline deploys."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Sequence
from typing import Any

import boto3

from operations.health.environment import Environment
from operations.rehearsal.emulator.client import Emulator
from stacks.naming import Names
from stacks.project.models import Project, Service
from tests.support.roles import create_role, scheduler_role

REGION = "eu-west-1"
HOST = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
INDEX = "application/vnd.oci.image.index.v1+json"
EXTERNAL: dict[str, Any] = {"image_owner": "external"}
FIRST = "public.ecr.aws/nginx/nginx:1"


def reset(emulator: Emulator) -> None:
    """Empty the account of an emulator."""
    urllib.request.urlopen(urllib.request.Request(f"{emulator.endpoint}/moto-api/reset", method="POST"), timeout=30)


class Account:
    """The account of `session`, with an environment of `project` in it."""

    def __init__(self, session: boto3.Session, project: Project) -> None:
        self.session, self.project = session, project
        self.names = Names(project.project_id, project.env)
        self.ecs = session.client("ecs")

    def environment(self, *services: str) -> Environment:
        """The environment with these services selected, or all."""
        selected = {name: self.project.services[name] for name in services or self.project.services}
        return Environment(
            self.project, selected, self.names, "123456789012", f"--env {self.project.env}", self.session
        )

    def deploy(self, *, image: str = FIRST) -> None:
        """Create what a deploy with Terraform creates."""
        ec2 = self.session.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        self.subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        self.group = ec2.create_security_group(GroupName="tasks", Description="t", VpcId=vpc)["GroupId"]
        self.ecs.create_cluster(clusterName=self.names.cluster)
        for name, service in self.project.services.items():
            arn = self.register(name, image)
            self.session.client("logs").create_log_group(logGroupName=self.names.log_group(name))
            if service.type == "job":
                self.schedule(name, arn)
            else:
                self.create_service(name, arn)

    def register(self, service: str, image: str, *, others: Sequence[Any] = (), **container: Any) -> str:
        """Register a definition as a deploy does, and return its ARN."""
        own = {
            "name": service,
            "image": image,
            "essential": True,
            "environment": [{"name": "MODE", "value": "production"}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.names.log_group(service),
                    "awslogs-region": REGION,
                    "awslogs-stream-prefix": "ecs",
                },
            },
            "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],
            **container,
        }
        made = self.ecs.register_task_definition(
            family=self.names.task_definition(service),
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=create_role(self.session.client("iam"), "execution", "ecs-tasks.amazonaws.com"),
            runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            volumes=[{"name": "tmp"}],
            containerDefinitions=[own, *others],
            tags=[{"key": "Project", "value": self.project.project_id}],
        )
        arn: str = made["taskDefinition"]["taskDefinitionArn"]
        return arn

    def create_service(self, name: str, arn: str) -> None:
        network = {"subnets": [self.subnet], "securityGroups": [self.group], "assignPublicIp": "DISABLED"}
        self.ecs.create_service(
            cluster=self.names.cluster,
            serviceName=self.names.service(name),
            desiredCount=0,
            taskDefinition=arn,
            networkConfiguration={"awsvpcConfiguration": network},
        )

    def schedule(self, name: str, arn: str) -> None:
        self.session.client("scheduler").create_schedule(
            Name=self.names.schedule(name),
            Description="Runs it",
            ScheduleExpression="cron(0 3 * * ? *)",
            ScheduleExpressionTimezone="Europe/Berlin",
            FlexibleTimeWindow={"Mode": "OFF"},
            State="DISABLED",
            Target={
                "Arn": f"arn:aws:ecs:{REGION}:123456789012:cluster/{self.names.cluster}",
                "RoleArn": scheduler_role(self.session.client("iam")),
                "EcsParameters": {"TaskDefinitionArn": arn, "TaskCount": 2, "PropagateTags": "TASK_DEFINITION"},
                "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600},
            },
        )

    def push(self, repository: str, tag: str, *, architecture: str = "amd64") -> str:
        """Put an index of one image into a repository, which is created, and return its digest."""
        ecr = self.session.client("ecr")
        known = {each["repositoryName"] for each in ecr.describe_repositories()["repositories"]}
        if repository not in known:
            ecr.create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
        entry = {"digest": f"sha256:{'1' * 64}", "platform": {"os": "linux", "architecture": architecture}}
        manifest = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry], "annotations": {"tag": tag}}
        text = json.dumps(manifest)
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        ecr.put_image(
            repositoryName=repository,
            imageManifest=text,
            imageManifestMediaType=INDEX,
            imageDigest=digest,
            imageTag=tag,
        )
        return digest

    def tags(self, repository: str) -> set[str]:
        """The tags in a repository."""
        images = self.session.client("ecr").describe_images(repositoryName=repository)["imageDetails"]
        return {tag for image in images for tag in image.get("imageTags", ())}

    def definition(self, name: str) -> dict[str, Any]:
        """What a service or a job runs."""
        if self.project.services[name].type == "job":
            schedule = self.session.client("scheduler").get_schedule(Name=self.names.schedule(name))
            arn = schedule["Target"]["EcsParameters"]["TaskDefinitionArn"]
        else:
            answer = self.ecs.describe_services(cluster=self.names.cluster, services=[self.names.service(name)])
            arn = answer["services"][0]["taskDefinition"]
        found: dict[str, Any] = self.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        return {**found["taskDefinition"], "tags": found["tags"]}

    def image(self, name: str) -> str:
        """The image that a service or a job runs."""
        image: str = self.definition(name)["containerDefinitions"][0]["image"]
        return image

    def revisions(self, name: str) -> int:
        """How many revisions the family of a service has."""
        arns = self.ecs.list_task_definitions(familyPrefix=self.names.task_definition(name))["taskDefinitionArns"]
        return len(arns)


def external(**changes: Any) -> Service:
    """A service whose images a pipeline deploys."""
    fields = {"type": "worker", "image": FIRST, "deployment": EXTERNAL, **changes}
    return Service.model_validate(fields)


def shop(env: str = "dev", **services: Service) -> Project:
    """A project with these services."""
    return Project(project_id="shop", env=env, region=REGION, services=services)
