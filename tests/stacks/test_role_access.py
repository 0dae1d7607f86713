"""The generated roles allow what they are there for, and nothing else.

Every role is asked for every request in `Requests`, which include the resources of its neighbors, of another
environment and of another account. What the evaluator allows is compared with a table, in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pytest

from operations.iam import Principal
from operations.iam.request import ANONYMOUS
from tests.stacks.conftest import Synth
from tests.support.access import ACCOUNT, OTHER_ACCOUNT, Access
from tests.support.some import some
from tests.support.synthesized import Stack

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


@pytest.fixture(params=["aws", "customer"])
def system(request: pytest.FixtureRequest, stack: Synth) -> System:
    """The system without and with a key of its own."""
    return System(Access(stack(SYSTEM.format(encryption=request.param))))


@pytest.fixture
def encrypted(system: System) -> bool:
    return "aws_kms_key.main" in system.access.stack


def on(label: str, *actions: str) -> set[str]:
    return {f"{action} {label}" for action in actions}


def writes(group: str) -> set[str]:
    return on(f"log {group}", "logs:CreateLogStream", "logs:PutLogEvents")


def pulls(*labels: str) -> set[str]:
    actions = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
    return {"ecr:GetAuthorizationToken registry"}.union(*(on(f"image {label}", *actions) for label in labels))


def mounts(label: str, *actions: str) -> set[str]:
    return on(f"volume {label}", *(f"elasticfilesystem:Client{action}" for action in actions))


EXECUTION = {
    "plain": writes("plain"),
    "web": writes("web")
    | pulls("team/web")
    | {f"ssm:GetParameters parameter {name}" for name in ("shop/a", "c", "shop/token")}
    | {f"secretsmanager:GetSecretValue secret {name}-AbCdEf" for name in ("shop/b", "shop/d", "shop/e")}
    | {f"s3:GetObject object {key}" for key in ("shop-config/web.env", "shop-config/more.env", "shop-startup/x")}
    | {"s3:GetBucketLocation bucket shop-config"},
    "external": writes("external") | pulls("external"),
    "mailer": writes("mailer"),
    "printer": writes("printer"),
    "nightly": writes("nightly"),
    "hourly": writes("hourly"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_an_execution_role_starts_its_tasks_and_nothing_else(system: System, service: str) -> None:
    assert system.allowed(f"{service}_execution") == EXECUTION[service]


def consumes(queue: str) -> set[str]:
    reading = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueUrl", "GetQueueAttributes")
    return on(f"queue {queue}", *(f"sqs:{each}" for each in reading))


TASK: dict[str, set[str]] = {
    "plain": set(),
    "web": {f"ssmmessages:{channel} *" for channel in CHANNELS}
    | {"logs:DescribeLogGroups all logs"}
    | on("log exec", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")
    | mounts("web_data by web_data", "Mount", "Write")
    | mounts("shared by shared", "Mount")
    | mounts("shared without TLS", "Mount")
    | mounts("whole without access point", "Mount", "Write")
    | mounts("whole without TLS", "Mount", "Write")
    | {
        name
        for point in ("web_data", "external_data", "shared")
        for name in mounts(f"whole by {point}", "Mount", "Write")
    }
    | on("object shop-uploads/x", "s3:GetObject", "s3:PutObject")
    | on("object shop-uploads/archive/x", "s3:GetObject"),
    "external": mounts("external_data by external_data", "Mount", "Write"),
    "mailer": consumes("mailer_queue"),
    "printer": consumes("printer_queue"),
    "nightly": set(),
    "hourly": set(),
}
"""What containers may do. The policies of existing file systems, which refuse other clients, are not the stack's."""
VIA = ("", " via sqs", " via s3", " via secretsmanager")
TASK_WITH_KEY = {
    # The agent of ECS Exec calls KMS itself (ECS Developer Guide, "Logging using ECS Exec").
    "web": {f"kms:Decrypt key main{via}" for via in VIA},
    # SQS calls KMS for the consumer.
    "mailer": {"kms:Decrypt key main via sqs"},
    "printer": {"kms:Decrypt key main via sqs"},
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_task_role_allows_what_the_service_declares_and_nothing_else(
    system: System, encrypted: bool, service: str
) -> None:
    with_key = TASK_WITH_KEY.get(service, set()) if encrypted else set()

    assert system.allowed(f"{service}_task") == TASK[service] | with_key


@pytest.mark.parametrize("job", JOBS)
def test_the_role_of_a_schedule_runs_its_job_and_nothing_else(system: System, encrypted: bool, job: str) -> None:
    with_key = {f"kms:{action} key main{via}" for action in ("Decrypt", "GenerateDataKey") for via in VIA}

    assert system.allowed(f"{job}_schedule") == {
        f"ecs:RunTask task {job}",
        "ecs:TagResource task on RunTask",
        f"iam:PassRole role {job}_execution to ecs-tasks",
        f"iam:PassRole role {job}_task to ecs-tasks",
        f"sqs:SendMessage queue {job}_dead_letters",
        *(with_key if encrypted else ()),
    }


def test_every_role_is_in_these_tables(system: System) -> None:
    roles = {f"{service}_{use}" for service in SERVICES for use in ("execution", "task")}

    assert set(system.access.stack.names("aws_iam_role")) == roles | {f"{job}_schedule" for job in JOBS}


def test_the_role_of_the_flow_logs_writes_to_their_log_group_and_nothing_else(spec_stack: Synth) -> None:
    access = Access(spec_stack("two-web.yaml", "prod"))
    actions = [f"logs:{each}" for each in ("CreateLogStream", "PutLogEvents", "DescribeLogStreams", "GetLogEvents")]
    groups = access.stack.names("aws_cloudwatch_log_group")
    allowed = [
        f"{action} {group}"
        for group in groups
        for action in actions
        if access.decide("flow_logs", action, f"{access.arn(f'aws_cloudwatch_log_group.{group}')}:log-stream:x").allowed
    ]

    assert len(groups) > 1
    assert allowed == [f"{action} flow_logs" for action in actions[:3]]


def service(name: str) -> Principal:
    return Principal("Service", f"{name}.amazonaws.com")


TRUSTED = {
    "execution": ("ecs-tasks", "ecs", "task/web-cluster-shop-prod/abc"),
    "task": ("ecs-tasks", "ecs", "task/web-cluster-shop-prod/abc"),
    "schedule": ("scheduler", "scheduler", "schedule-group/default"),
    "flow_logs": ("vpc-flow-logs", "ec2", "vpc-flow-log/fl-1"),
}
"""The service that assumes a role by its use, and the ARN that it sends."""


def test_only_its_service_assumes_a_role_and_only_for_this_account(reviewed: list[Stack]) -> None:
    for access in map(Access, some(reviewed)):
        for role in some(access.stack.names("aws_iam_role")):
            use = role if role == "flow_logs" else role.rpartition("_")[2]
            trusted, prefix, resource = TRUSTED[use]
            arn = f"arn:aws:{prefix}:{access.region}:{{}}:{resource}".format
            own, other = {"aws_SourceAccount": ACCOUNT, "aws_SourceArn": arn(ACCOUNT)}, arn(OTHER_ACCOUNT)

            assert access.assumes(role, service(trusted), **own)
            assert not access.assumes(role, service(trusted))
            assert not access.assumes(role, service(trusted), aws_SourceAccount=OTHER_ACCOUNT, aws_SourceArn=other)
            assert not access.assumes(role, service(trusted), **{**own, "aws_SourceArn": other})
            assert not access.assumes(role, service(trusted), **{**own, "aws_SourceAccount": OTHER_ACCOUNT})
            assert not access.assumes(role, service("ec2"), **own)
            assert not access.assumes(role, Principal("AWS", f"arn:aws:iam::{ACCOUNT}:user/bob"), **own)
            assert not access.assumes(role, ANONYMOUS, **own)


def test_a_queue_accepts_nobody_but_the_roles_of_the_account(system: System) -> None:
    for queue in QUEUES:
        arn = system.access.arn(f"aws_sqs_queue.{queue}")
        for principal in (ANONYMOUS, service("sns"), Principal("AWS", f"arn:aws:iam::{OTHER_ACCOUNT}:role/x")):
            assert system.access.decide_for(principal, "sqs:SendMessage", arn, {}).outcome == "implicitly denied"
            insecure = {"aws:SecureTransport": "false"}
            assert system.access.decide_for(principal, "sqs:SendMessage", arn, insecure).outcome == "explicitly denied"


def test_the_topic_accepts_alarms_of_this_account_only(system: System) -> None:
    arn = system.access.arn("aws_sns_topic.alarms")

    def publishes(name: str, account: str, insecure: bool = False) -> bool:
        source = f"arn:aws:cloudwatch:eu-west-1:{account}:alarm:x"
        context = {"aws:SourceAccount": account, "aws:SourceArn": source}
        context |= {"aws:SecureTransport": "false"} if insecure else {}
        return system.access.decide_for(service(name), "sns:Publish", arn, context).allowed

    assert publishes("cloudwatch", ACCOUNT)
    assert not publishes("cloudwatch", OTHER_ACCOUNT)
    assert not publishes("cloudwatch", ACCOUNT, insecure=True)
    assert not publishes("events", ACCOUNT)


def test_the_bucket_accepts_access_logs_of_this_account_only(system: System) -> None:
    bucket = system.access.arn("aws_s3_bucket.access_logs")
    delivery = service("logdelivery.elasticloadbalancing")

    def puts(principal: Principal, key: str, action: str = "s3:PutObject", **context: str) -> str:
        keys = {name.replace("_", ":", 1): value for name, value in context.items()}
        return system.access.decide_for(principal, action, f"{bucket}/{key}", keys).outcome

    assert puts(delivery, f"AWSLogs/{ACCOUNT}/x.log.gz") == "allowed"
    assert puts(delivery, f"AWSLogs/{OTHER_ACCOUNT}/x.log.gz") == "implicitly denied"
    assert puts(delivery, "x.log.gz") == "implicitly denied"
    assert puts(delivery, f"AWSLogs/{ACCOUNT}/x.log.gz", "s3:GetObject") == "implicitly denied"
    assert puts(delivery, f"AWSLogs/{ACCOUNT}/x.log.gz", aws_SecureTransport="false") == "explicitly denied"
    assert puts(ANONYMOUS, f"AWSLogs/{ACCOUNT}/x.log.gz", "s3:GetObject") == "implicitly denied"


def test_the_key_serves_the_services_of_this_account_only(stack: Synth) -> None:
    access = Access(stack(SYSTEM.format(encryption="customer")))
    key = access.arn("aws_kms_key.main")
    log_group = "kms:EncryptionContext:aws:logs:arn"

    def decrypts(principal: Principal, **context: str) -> bool:
        keys = {"source": "aws:SourceAccount", "group": log_group}
        return access.decide_for(principal, "kms:Decrypt", key, {keys[k]: v for k, v in context.items()}).allowed

    assert decrypts(service("logs.eu-west-1"), group=ARN("logs", "log-group:/ecs/web"))
    assert not decrypts(service("logs.eu-west-1"), group=f"arn:aws:logs:eu-west-1:{OTHER_ACCOUNT}:log-group:/ecs/web")
    assert not decrypts(service("logs.eu-west-1"))
    assert not decrypts(service("logs.us-east-1"), group=ARN("logs", "log-group:/ecs/web"))
    for name in ("cloudwatch", "scheduler"):
        assert decrypts(service(name), source=ACCOUNT)
        assert not decrypts(service(name), source=OTHER_ACCOUNT)
    assert not decrypts(service("s3"), source=ACCOUNT)
    assert not decrypts(ANONYMOUS)


def test_without_an_identity_policy_nobody_in_the_account_uses_the_key(stack: Synth) -> None:
    access = Access(stack(SYSTEM.format(encryption="customer")))
    someone = Principal("AWS", f"arn:aws:iam::{ACCOUNT}:role/someone")

    assert not access.decide_for(someone, "kms:Decrypt", access.arn("aws_kms_key.main"), {}).allowed


def test_a_file_system_of_the_stack_grants_access_to_nobody_itself(system: System) -> None:
    arn = system.access.arn("aws_efs_file_system.web_data")
    mount = "elasticfilesystem:ClientMount"

    assert system.access.decide_for(ANONYMOUS, mount, arn, {}).outcome == "implicitly denied"
    insecure = {"aws:SecureTransport": "false"}
    assert system.access.decide_for(ANONYMOUS, mount, arn, insecure).outcome == "explicitly denied"


NEVER = (
    *("iam:CreateUser", "iam:PutRolePolicy", "sts:AssumeRole", "kms:ScheduleKeyDeletion", "kms:CreateGrant"),
    *("s3:DeleteBucket", "s3:PutBucketPolicy", "secretsmanager:PutSecretValue", "ssm:PutParameter", "ecr:PutImage"),
    *("ecs:UpdateService", "ecs:RegisterTaskDefinition", "ec2:RunInstances", "logs:DeleteLogGroup", "sqs:DeleteQueue"),
    *("elasticfilesystem:DeleteFileSystem", "elasticfilesystem:ClientRootAccess", "sns:Publish"),
)


def test_no_role_of_the_specs_administers_anything(reviewed: list[Stack]) -> None:
    for access in map(Access, some(reviewed)):
        own = [access.arn(each) for each in access.stack.addresses if each.partition(".")[0] in IDENTIFIED]
        for role in some(access.stack.names("aws_iam_role")):
            allowed = [(do, on) for do in NEVER for on in ("*", *own) if access.decide(role, do, on).allowed]
            assert allowed == [], role


IDENTIFIED = (
    *("aws_cloudwatch_log_group", "aws_ecr_repository", "aws_ecs_cluster", "aws_efs_file_system", "aws_iam_role"),
    *("aws_kms_key", "aws_s3_bucket", "aws_sns_topic", "aws_sqs_queue"),
)


def test_in_the_specs_each_service_writes_its_own_logs_and_consumes_its_own_queue(reviewed: list[Stack]) -> None:
    for access in map(Access, some(reviewed)):
        roles = access.stack.names("aws_iam_role")
        for role in [each for each in roles if each.endswith("_execution")]:
            groups = access.stack.names("aws_cloudwatch_log_group")
            arns = {group: f"{access.arn(f'aws_cloudwatch_log_group.{group}')}:log-stream:x" for group in groups}
            written = [group for group, arn in arns.items() if access.decide(role, "logs:PutLogEvents", arn).allowed]
            assert written == [role.removesuffix("_execution")]
        for role in roles:
            queues = access.stack.names("aws_sqs_queue")
            arns = {queue: access.arn(f"aws_sqs_queue.{queue}") for queue in queues}
            read = [queue for queue, arn in arns.items() if access.decide(role, "sqs:ReceiveMessage", arn).allowed]
            own = f"{role.removesuffix('_task')}_queue"
            assert read == [queue for queue in queues if role.endswith("_task") and queue == own]
