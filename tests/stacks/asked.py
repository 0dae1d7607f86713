"""A system with two services of each kind, and the requests that its roles are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tests.stacks.conftest import Synth
from tests.support.access import Access
from tests.support.some import some

# Two services of each kind with the same settings, so that each has a neighbor.
SYSTEM = """
project_id: shop
region: eu-west-1
encryption: {encryption}
network: {{vpc_id: vpc-0123456789abcdef0, public_subnet_ids: [subnet-0000000a, subnet-0000000b],
          private_subnet_ids: [subnet-0000000c, subnet-0000000d]}}
load_balancer: {{access_logs: true}}
alarms: {{email: [ops@example.com]}}
services:
  plain: {{type: worker}}
  web:
    image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web:1
    port: 8080
    http: {{paths: [/*]}}
    exec: true
    alarms: {{cpu_percent: 85}}
    secrets: {{A: "ssm:/shop/a", B: "secretsmanager:shop/b:key", C: "arn:aws:ssm:eu-west-1:123456789012:parameter/c",
              D: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/d-AbCdEf",
              E: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/e"}}
    env_files: ["s3://shop-config/web.env", "s3://shop-config/more.env"]
    volumes:
      data: {{efs: managed, path: /data}}
      shared: {{efs: fs-0123456789abcdef0, access_point: fsap-0123456789abcdef0, path: /shared, read_only: true}}
      whole: {{efs: fs-0fedcba9876543210, root_directory: /x, path: /whole}}
    permissions:
      statements:
        - {{actions: [s3:GetObject, s3:PutObject], resources: ["arn:aws:s3:::shop-uploads/*"]}}
        - {{effect: Deny, actions: [s3:PutObject], resources: ["arn:aws:s3:::shop-uploads/archive/*"]}}
      execution_statements: [{{actions: [s3:GetObject], resources: ["arn:aws:s3:::shop-startup/*"]}}]
    sidecars:
      proxy: {{image: "210987654321.dkr.ecr.us-east-1.amazonaws.com/mesh:1", secrets: {{TOKEN: "ssm:/shop/token"}}}}
  external:
    port: 8081
    http: {{paths: [/external/*]}}
    deployment: {{image_owner: external}}
    volumes: {{data: {{efs: managed, path: /data}}}}
  mailer: {{type: worker, queue: {{}}}}
  printer: {{type: worker, queue: {{}}}}
  nightly: {{type: job, schedule: rate(1 hour)}}
  hourly: {{type: job, schedule: rate(1 hour)}}
environments: {{prod: {{}}}}
"""
ARN = "arn:aws:{}:eu-west-1:123456789012:{}".format
CHANNELS = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
SERVICES = ("plain", "web", "external", "mailer", "printer", "nightly", "hourly")
JOBS = ("nightly", "hourly")
QUEUES = ("mailer_queue", "mailer_dead_letters", "printer_queue", "nightly_dead_letters", "hourly_dead_letters")


@dataclass(frozen=True)
class Asked:
    """A request: `label` names the resource and the circumstances in the tables."""

    label: str
    action: str
    resource: str
    context: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.action} {self.label}"


class Requests:
    """Every request that the roles of the system are asked for."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.all: list[Asked] = []
        self._logs()
        self._images()
        self._secrets()
        self._objects()
        self._volumes()
        self._queues()
        self._keys()
        self._tasks()
        for action in (*(f"ssmmessages:{each}" for each in CHANNELS), "sts:AssumeRole", "iam:CreateUser"):
            self._ask("*", "*", action)
        self._ask("topic", access.arn("aws_sns_topic.alarms"), "sns:Publish", "sns:Subscribe")

    def _ask(self, label: str, resource: str, *actions: str, **context: str) -> None:
        keys = {name.replace("_", ":", 1): value for name, value in context.items()}
        self.all += [Asked(label, action, resource, keys) for action in actions]

    def _logs(self) -> None:
        actions = [
            f"logs:{each}"
            for each in ("CreateLogStream", "PutLogEvents", "DescribeLogStreams", "GetLogEvents", "DeleteLogGroup")
        ]
        for group in self._access.stack.all("aws_cloudwatch_log_group"):
            self._ask(f"log {group}", f"{self._access.arn(f'aws_cloudwatch_log_group.{group}')}:log-stream:x", *actions)
        self._ask("log of another environment", f"{ARN('logs', 'log-group:/ecs/web-shop-dev')}:log-stream:x", *actions)
        self._ask("all logs", "*", "logs:DescribeLogGroups", "logs:CreateLogGroup")

    def _images(self) -> None:
        pull = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability", "ecr:PutImage")
        self._ask("registry", "*", "ecr:GetAuthorizationToken", "ecr:CreateRepository")
        self._ask("image external", self._access.arn("aws_ecr_repository.external"), *pull)
        self._ask("image team/web", ARN("ecr", "repository/team/web"), *pull)
        self._ask("image team/web2", ARN("ecr", "repository/team/web2"), *pull)
        self._ask("image mesh here", ARN("ecr", "repository/mesh"), *pull)

    def _secrets(self) -> None:
        for name in ("shop/a", "c", "shop/token", "shop/other", "shop/a/below"):
            self._ask(f"parameter {name}", ARN("ssm", f"parameter/{name}"), "ssm:GetParameters", "ssm:PutParameter")
        for name in ("shop/b-AbCdEf", "shop/d-AbCdEf", "shop/e-AbCdEf", "shop/d-XyZ123", "shop/b-other-AbCdEf"):
            secret = ARN("secretsmanager", f"secret:{name}")
            self._ask(f"secret {name}", secret, "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue")

    def _objects(self) -> None:
        for key in ("shop-config/web.env", "shop-config/more.env", "shop-config/other.env", "shop-startup/x"):
            self._ask(f"object {key}", f"arn:aws:s3:::{key}", "s3:GetObject", "s3:PutObject")
        for key in ("shop-uploads/x", "shop-uploads/archive/x", "other/x"):
            self._ask(f"object {key}", f"arn:aws:s3:::{key}", "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        for bucket in ("shop-config", "shop-uploads"):
            self._ask(f"bucket {bucket}", f"arn:aws:s3:::{bucket}", "s3:GetBucketLocation", "s3:ListBucket")

    def _volumes(self) -> None:
        actions = [f"elasticfilesystem:Client{each}" for each in ("Mount", "Write", "RootAccess")]
        points = {name: self._access.arn(f"aws_efs_access_point.{name}") for name in ("web_data", "external_data")} | {
            "shared": ARN("elasticfilesystem", "access-point/fsap-0123456789abcdef0")
        }
        systems = {name: self._access.arn(f"aws_efs_file_system.{name}") for name in ("web_data", "external_data")} | {
            "shared": ARN("elasticfilesystem", "file-system/fs-0123456789abcdef0"),
            "whole": ARN("elasticfilesystem", "file-system/fs-0fedcba9876543210"),
        }
        for system, arn in systems.items():
            self._ask(f"volume {system} without access point", arn, *actions)
            for point, point_arn in points.items():
                self._ask(f"volume {system} by {point}", arn, *actions, elasticfilesystem_AccessPointArn=point_arn)
            self._ask(
                f"volume {system} without TLS",
                arn,
                *actions,
                elasticfilesystem_AccessPointArn=points.get(system, ""),
                aws_SecureTransport="false",
            )

    def _queues(self) -> None:
        reading = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueUrl", "GetQueueAttributes")
        actions = [f"sqs:{each}" for each in (*reading, "SendMessage", "PurgeQueue", "SetQueueAttributes")]
        for queue in QUEUES:
            arn = self._access.arn(f"aws_sqs_queue.{queue}")
            self._ask(f"queue {queue}", arn, *actions)
            self._ask(f"queue {queue} without TLS", arn, *actions, aws_SecureTransport="false")

    def _keys(self) -> None:
        actions = ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:ScheduleKeyDeletion")
        keys = {name: self._access.arn(f"aws_kms_key.{name}") for name in self._access.stack.all("aws_kms_key")}
        for name, arn in {**keys, "other": ARN("kms", "key/other")}.items():
            self._ask(f"key {name}", arn, *actions)
            for service in ("sqs", "s3", "secretsmanager"):
                via = f"{service}.eu-west-1.amazonaws.com"
                self._ask(f"key {name} via {service}", arn, *actions, kms_ViaService=via)

    def _tasks(self) -> None:
        cluster = self._access.arn("aws_ecs_cluster.web_cluster")
        for service in SERVICES:
            definition = ARN("ecs", f"task-definition/{service}-shop-prod:7")
            self._ask(f"task {service}", definition, "ecs:RunTask", "ecs:DeregisterTaskDefinition", ecs_cluster=cluster)
            elsewhere = ARN("ecs", "cluster/other")
            self._ask(f"task {service} in another cluster", definition, "ecs:RunTask", ecs_cluster=elsewhere)
            for use in ("execution", "task"):
                role = self._access.arn(f"aws_iam_role.{service}_{use}")
                for to in ("ecs-tasks", "lambda"):
                    passed = f"{to}.amazonaws.com"
                    self._ask(f"role {service}_{use} to {to}", role, "iam:PassRole", iam_PassedToService=passed)
        running = ARN("ecs", "task/web-cluster-shop-prod/abc")
        for operation in ("RunTask", "CreateService"):
            self._ask(f"task on {operation}", running, "ecs:TagResource", ecs_CreateAction=operation)
        self._ask("running task", running, "ecs:StopTask", "ecs:TagResource", "ecs:ExecuteCommand")


@dataclass(frozen=True)
class System:
    """The stack of `SYSTEM`, and what it is asked for."""

    access: Access

    @cached_property
    def requests(self) -> list[Asked]:
        return some(Requests(self.access).all)

    def allowed(self, role: str) -> set[str]:
        """The names of the requests that a role may make."""
        identity, principal = self.access.role_policies(role), self.access.principal(role)
        return {
            asked.name
            for asked in self.requests
            if self.access.decide_for(principal, asked.action, asked.resource, dict(asked.context), identity).allowed
        }


def system_of(stack: Synth, encryption: str) -> System:
    """The system with `encryption: aws` or `customer`."""
    return System(Access(stack(SYSTEM.format(encryption=encryption))))
