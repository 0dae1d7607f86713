"""A deployed environment in the emulator, created through the AWS API because a deploy takes minutes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from operations.rehearsal.emulator.client import Emulator
from stacks.naming import Names
from tests.support.roles import create_role, scheduler_role

REGION = "eu-west-1"
FAMILIES = f"arn:aws:ecs:{REGION}:123456789012:task-definition"
IMAGE = "public.ecr.aws/nginx/nginx:1.27"
PROJECT: dict[str, Any] = {
    "project_id": "shop",
    "region": REGION,
    "services": {
        "web": {"image": IMAGE, "port": 80, "count": 2},
        "mailer": {"type": "worker", "image": IMAGE, "count": 1, "queue": {}},
        "cleanup": {"type": "job", "image": IMAGE, "schedule": "cron(0 3 * * ? *)"},
    },
    "environments": {"dev": {}, "staging": {}},
}
COUNTS = {"web": 2, "mailer": 1}
WEB, MAILER = "0123456789abcdef", "fedcba9876543210"
"""The IDs of a task of each service."""


class Deployed:
    """The environment `dev` of `PROJECT`; `aws("ecs")` is a client of its account."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.names = Names("shop", "dev")
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.emulator.client(service, REGION)
        return self._clients[service]

    def create(self) -> None:
        """Create the resources that `status` and `logs` read, all of them healthy."""
        self._network()
        self.aws("ecs").create_cluster(clusterName=self.names.cluster)
        self.target_group = self._target_group()
        for name in PROJECT["services"]:
            self.register(name)
            self.aws("logs").create_log_group(logGroupName=self.names.log_group(name))
        for name, count in COUNTS.items():
            self.aws("ecs").create_service(
                cluster=self.names.cluster,
                serviceName=self.names.service(name),
                desiredCount=count,
                taskDefinition=self.names.task_definition(name),
                **self._network_configuration,
            )
        self._queues()
        self._schedule()

    def write_log(self, service: str, task: str, *messages: str, at: float, container: str | None = None) -> None:
        """Write `messages` at `at`, seconds since 1970, one millisecond after the other."""
        logs, group = self.aws("logs"), self.names.log_group(service)
        stream = f"ecs/{container or service}/{task}"
        if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": int(at * 1000) + place, "message": text} for place, text in enumerate(messages)]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def empty_log_groups(self) -> None:
        """Delete all log groups, and create an empty one for each service."""
        logs = self.aws("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
        for name in PROJECT["services"]:
            logs.create_log_group(logGroupName=self.names.log_group(name))

    def write_logs(self) -> None:
        """Write log events of the last minute, and one from an hour ago."""
        now = time.time()
        self.write_log("web", WEB, "too old", at=now - 3600)
        self.write_log("web", WEB, "first", "second", at=now - 60)
        self.write_log("mailer", MAILER, "third", at=now - 50)
        self.write_log("web", WEB, "otel ERROR", at=now - 30, container="metrics")

    def run_task(self, service: str, *, group: str | None = None) -> str:
        """Start a task of a service or a job, as its scheduler would, and return its ARN."""
        started = self.aws("ecs").run_task(
            cluster=self.names.cluster,
            taskDefinition=self.names.task_definition(service),
            launchType="FARGATE",
            **self._network_configuration,
            **({"group": group} if group else {}),
        )
        arn: str = started["tasks"][0]["taskArn"]
        return arn

    def start_task(self, service: str = "web", state: str = "") -> str:
        """Start a task as ECS does for a service or a schedule, and return its ID.

        `state` is its state in `tests.support.emulator_with_sessions`.
        """
        group = {} if service == "cleanup" else {"group": f"service:{self.names.service(service)}"}
        started = self.aws("ecs").run_task(
            cluster=self.names.cluster,
            taskDefinition=self.names.task_definition(service),
            launchType="FARGATE",
            startedBy=state,
            **group,
            **self._network_configuration,
        )
        return str(started["tasks"][0]["taskArn"]).rpartition("/")[2]

    def calls(self, operation: str) -> int:
        """How often an operation was called since the emulator started."""
        return sum(call.count for call in self.emulator.calls() if call.operation == operation)

    def _network(self) -> None:
        ec2 = self.aws("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})  # moto requires it to run a task
        subnet = ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=self.vpc)["GroupId"]
        self._network_configuration = {
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
        }

    def _target_group(self) -> str:
        elb = self.aws("elbv2")
        made = elb.create_target_group(
            Name=self.names.target_group("web", 80, "HTTP1"), Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip"
        )
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.0.10", "Port": 80}, {"Id": "10.0.0.11"}])
        return arn

    def scaling(self, service: str, minimum: int, maximum: int) -> None:
        """Let a service scale between two bounds."""
        self.aws("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{self.names.cluster}/{self.names.service(service)}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=minimum,
            MaxCapacity=maximum,
        )

    def register(self, name: str, image: str = IMAGE) -> str:
        """Register a revision of a service's task definition, and return its ARN."""
        registered = self.aws("ecs").register_task_definition(
            family=self.names.task_definition(name),
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": name, "image": image, "memory": 512}],
        )
        arn: str = registered["taskDefinition"]["taskDefinitionArn"]
        return arn

    def register_with_logs(self, name: str) -> str:
        """Register a revision with a log group, as a deploy does, and with a secret `TOKEN`; return its ARN."""
        options = {
            "awslogs-group": self.names.log_group(name),
            "awslogs-region": REGION,
            "awslogs-stream-prefix": "ecs",
        }
        registered = self.aws("ecs").register_task_definition(
            family=self.names.task_definition(name),
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=create_role(self.aws("iam"), "execution", "ecs-tasks.amazonaws.com"),
            containerDefinitions=[
                {
                    "name": name,
                    "image": IMAGE,
                    "secrets": [{"name": "TOKEN", "valueFrom": "token"}],
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                }
            ],
        )
        arn: str = registered["taskDefinition"]["taskDefinitionArn"]
        return arn

    def service(self, name: str) -> dict[str, Any]:
        """A service, as DescribeServices returns it."""
        ecs_name = self.names.service(name)
        (found,) = self.aws("ecs").describe_services(cluster=self.names.cluster, services=[ecs_name])["services"]
        return dict(found)

    def deploy(self, name: str, task_definition: str) -> None:
        """Let a service run a task definition."""
        self.aws("ecs").update_service(
            cluster=self.names.cluster, service=self.names.service(name), taskDefinition=task_definition
        )

    def complete_schedule(self, revision: int) -> None:
        """Let the schedule of `cleanup` run a revision in the network of the services."""
        used = self._network_configuration["networkConfiguration"]["awsvpcConfiguration"]
        network = {"Subnets": used["subnets"], "SecurityGroups": used["securityGroups"]}
        scheduler = self.aws("scheduler")
        found = scheduler.get_schedule(Name=self.names.schedule("cleanup"))
        target = found["Target"]
        target["EcsParameters"] = {
            "TaskDefinitionArn": f"{FAMILIES}/{self.names.task_definition('cleanup')}:{revision}",
            "NetworkConfiguration": {"awsvpcConfiguration": network},
        }
        kept = ("Name", "ScheduleExpression", "FlexibleTimeWindow")
        scheduler.update_schedule(**{key: found[key] for key in kept}, Target=target)

    def _queues(self) -> None:
        for service, dead in (("mailer", False), ("mailer", True), ("cleanup", True)):
            self.aws("sqs").create_queue(QueueName=self.names.queue(service, dead=dead))

    def _schedule(self) -> None:
        self.aws("scheduler").create_schedule(
            Name=self.names.schedule("cleanup"),
            ScheduleExpression="cron(0 3 * * ? *)",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            State="ENABLED",
            Target={
                "Arn": f"arn:aws:ecs:{REGION}:123456789012:cluster/{self.names.cluster}",
                "RoleArn": scheduler_role(self.aws("iam")),
                "EcsParameters": {"TaskDefinitionArn": f"{FAMILIES}/{self.names.task_definition('cleanup')}:1"},
            },
        )


def write_project(folder: Path, **changes: Any) -> None:
    """Write `PROJECT` to `folder`, with other values for some of its keys."""
    (folder / "ecsforge.yaml").write_text(json.dumps({**PROJECT, **changes}, indent=2))  # JSON is YAML too
