"""The requests that IAM checks for a call: its action, passed roles, and tags of what it creates."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from operations.iam import ApiCall, Principal, Request, requests_of
from operations.iam.actions import action_of
from operations.iam.calls import PASSED_ROLES
from operations.iam.dependent_actions import DEPENDENT
from operations.iam.recorded import actions_of_recorded

ME = Principal("AWS", "arn:aws:iam::123456789012:role/deploy", "one")
BASE = "arn:aws:{}:eu-west-1:123456789012:{}".format
ROLE = "arn:aws:iam::123456789012:role/{}".format


def requests(service: str, operation: str, **parameters: Any) -> tuple[Request, ...]:
    return requests_of(ApiCall(service, operation, parameters, region="eu-west-1"), ME)


def checked(service: str, operation: str, **parameters: Any) -> list[tuple[str, str]]:
    return [(each.action, each.resource) for each in requests(service, operation, **parameters)]


# FACTS of the Service Authorization Reference: (service, operation, action).
ACTIONS = [
    ("elbv2", "CreateLoadBalancer", "elasticloadbalancing:CreateLoadBalancer"),
    ("elasticloadbalancing", "CreateRule", "elasticloadbalancing:CreateRule"),
    ("efs", "CreateFileSystem", "elasticfilesystem:CreateFileSystem"),
    ("monitoring", "PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
    ("cloudwatch", "PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
    ("tagging", "GetResources", "tag:GetResources"),
    ("s3", "HeadBucket", "s3:ListBucket"),
    ("s3", "PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("s3", "DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("s3", "PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3", "GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3", "GetBucketAccelerateConfiguration", "s3:GetAccelerateConfiguration"),
    ("s3", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("s3", "GetBucketCors", "s3:GetBucketCORS"),
    ("s3", "DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls"),
    ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
    ("s3", "GetBucketInventoryConfiguration", "s3:GetInventoryConfiguration"),
    ("sqs", "SendMessageBatch", "sqs:SendMessage"),
]


@pytest.mark.parametrize(("service", "operation", "action"), ACTIONS)
def test_the_action_of_an_operation(service: str, operation: str, action: str) -> None:
    assert action_of(service, operation) == action


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "resources"),
    [
        ("ecs", "CreateCluster", {"clusterName": "a"}, [BASE("ecs", "cluster/a")]),
        ("ecs", "DescribeClusters", {"clusters": ["a", BASE("ecs", "cluster/b")]}, ["cluster/a", "cluster/b"]),
        ("ecs", "CreateService", {"cluster": "a", "serviceName": "web"}, ["service/a/web"]),
        ("ecs", "DescribeServices", {"services": ["web"]}, ["service/default/web"]),
        ("ecs", "RegisterTaskDefinition", {"family": "web"}, ["task-definition/web:*"]),
        ("ecs", "RunTask", {"taskDefinition": "web:3", "cluster": "a"}, ["task-definition/web:3"]),
        ("ecs", "RunTask", {"taskDefinition": BASE("ecs", "task-definition/web")}, ["task-definition/web:*"]),
        ("ecs", "StopTask", {"task": "x", "cluster": "a"}, ["task/a/x"]),
        ("ecs", "TagResource", {"resourceArn": BASE("ecs", "cluster/a")}, ["cluster/a"]),
        ("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}, ["vpc/*"]),
        ("ec2", "CreateSubnet", {"VpcId": "vpc-0000000a"}, ["subnet/*", "vpc/vpc-0000000a"]),
        ("ec2", "DeleteSecurityGroup", {"GroupId": "sg-0000000a"}, ["security-group/sg-0000000a"]),
        ("ec2", "DescribeVpcs", {}, ["*"]),
        ("logs", "CreateLogGroup", {"logGroupName": "/ecs/a"}, ["log-group:/ecs/a"]),
        ("sqs", "CreateQueue", {"QueueName": "jobs"}, ["jobs"]),
        ("sqs", "SendMessage", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"}, ["jobs"]),
        ("kms", "CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "k"}, ["alias/a", "key/k"]),
        ("ssm", "GetParameters", {"Names": ["/a/b", "c"]}, ["parameter/a/b", "parameter/c"]),
        ("secretsmanager", "GetSecretValue", {"SecretId": "db"}, ["secret:db-??????"]),
        ("scheduler", "CreateSchedule", {"Name": "job"}, ["schedule/default/job"]),
        ("elbv2", "CreateLoadBalancer", {"Name": "a"}, ["loadbalancer/app/a/*"]),
        ("elbv2", "CreateLoadBalancer", {"Name": "a", "Type": "network"}, ["loadbalancer/net/a/*"]),
        ("wafv2", "CreateWebACL", {"Name": "a"}, ["regional/webacl/a/*"]),
        ("ecr", "DescribeRepositories", {"repositoryNames": ["a/b"]}, ["repository/a/b"]),
        ("efs", "CreateAccessPoint", {"FileSystemId": "fs-1"}, ["file-system/fs-1"]),
        ("iam", "CreateRole", {"RoleName": "r", "Path": "/p/"}, ["arn:aws:iam::123456789012:role/p/r"]),
        ("iam", "PutRolePolicy", {"RoleName": "r", "PolicyName": "p"}, ["arn:aws:iam::123456789012:role/r"]),
        ("iam", "CreatePolicy", {"PolicyName": "p"}, ["arn:aws:iam::123456789012:policy/p"]),
        ("iam", "AttachRolePolicy", {"RoleName": "r", "PolicyArn": "arn:aws:iam::aws:policy/X"}, [ROLE("r")]),
        ("route53", "GetChange", {"Id": "/change/C1"}, ["arn:aws:route53:::change/C1"]),
        ("route53", "GetHostedZone", {"Id": "Z1"}, ["arn:aws:route53:::hostedzone/Z1"]),
        ("s3", "GetObject", {"Bucket": "b", "Key": "k/l"}, ["arn:aws:s3:::b/k/l"]),
        ("s3", "PutBucketPolicy", {"Bucket": "b"}, ["arn:aws:s3:::b"]),
    ],
)
def test_the_resources_of_a_call(
    service: str, operation: str, parameters: dict[str, Any], resources: list[str]
) -> None:
    prefix = action_of(service, operation).partition(":")[0]
    expected = [each if each.startswith(("arn:", "*")) else BASE(prefix, each) for each in resources]

    assert [each.resource for each in requests(service, operation, **parameters)] == expected


def test_registering_a_task_definition_passes_both_roles_to_ecs() -> None:
    found = requests(
        "ecs", "RegisterTaskDefinition", family="web", executionRoleArn=ROLE("execution"), taskRoleArn="task"
    )

    assert [(each.action, each.resource) for each in found] == [
        ("ecs:RegisterTaskDefinition", BASE("ecs", "task-definition/web:*")),
        ("iam:PassRole", ROLE("execution")),
        ("iam:PassRole", ROLE("task")),
    ]
    assert [each.values("iam:PassedToService") for each in found[1:]] == [("ecs-tasks.amazonaws.com",)] * 2


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "to"),
    [
        ("scheduler", "CreateSchedule", {"Name": "a", "Target": {"RoleArn": ROLE("r")}}, "scheduler"),
        ("scheduler", "UpdateSchedule", {"Name": "a", "Target": {"RoleArn": ROLE("r")}}, "scheduler"),
        ("ec2", "CreateFlowLogs", {"DeliverLogsPermissionArn": ROLE("r")}, "vpc-flow-logs"),
        ("ecs", "RunTask", {"overrides": {"taskRoleArn": ROLE("r")}}, "ecs-tasks"),
        ("events", "PutTargets", {"Targets": [{"RoleArn": ROLE("r")}]}, "events"),
    ],
)
def test_a_role_is_passed_to_its_service(service: str, operation: str, parameters: dict[str, Any], to: str) -> None:
    passed = [each for each in requests(service, operation, **parameters) if each.action == "iam:PassRole"]

    assert [(each.resource, each.values("iam:PassedToService")) for each in passed] == [
        (ROLE("r"), (f"{to}.amazonaws.com",))
    ]


@pytest.mark.parametrize(("service", "operation"), sorted(PASSED_ROLES))
def test_the_role_that_an_operation_passes_is_one_of_its_parameters(service: str, operation: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    for passed in PASSED_ROLES[service, operation]:
        shape: Any = model.operation_model(operation).input_shape
        for name in passed.path.split("."):
            shape = shape.member if shape.type_name == "list" else shape
            assert name in shape.members
            shape = shape.members[name]


TAGS = [{"Key": "team", "Value": "a"}]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "tagging"),
    [
        (
            "ec2",
            "CreateVpc",
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": TAGS}]},
            ("ec2:CreateTags", BASE("ec2", "vpc/*")),
        ),
        (
            "ec2",
            "CreateFlowLogs",
            {"TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": TAGS}]},
            ("ec2:CreateTags", BASE("ec2", "vpc-flow-log/*")),
        ),
        (
            "elbv2",
            "CreateTargetGroup",
            {"Name": "a", "Tags": TAGS},
            ("elasticloadbalancing:AddTags", BASE("elasticloadbalancing", "targetgroup/a/*")),
        ),
        (
            "elbv2",
            "CreateListener",
            {"LoadBalancerArn": BASE("elasticloadbalancing", "loadbalancer/app/a/1"), "Tags": TAGS},
            ("elasticloadbalancing:AddTags", BASE("elasticloadbalancing", "listener/app/a/1/*")),
        ),
        (
            "elbv2",
            "CreateRule",
            {"ListenerArn": BASE("elasticloadbalancing", "listener/app/a/1/2"), "Tags": TAGS},
            ("elasticloadbalancing:AddTags", BASE("elasticloadbalancing", "listener-rule/app/a/1/2/*")),
        ),
        (
            "ecs",
            "CreateCluster",
            {"clusterName": "a", "tags": [{"key": "team", "value": "a"}]},
            ("ecs:TagResource", BASE("ecs", "cluster/a")),
        ),
        (
            "ecs",
            "RunTask",
            {"cluster": "a", "taskDefinition": "web", "propagateTags": "TASK_DEFINITION"},
            ("ecs:TagResource", BASE("ecs", "task/a/*")),
        ),
        (
            "logs",
            "CreateLogGroup",
            {"logGroupName": "/a", "tags": {"team": "a"}},
            ("logs:TagResource", BASE("logs", "log-group:/a")),
        ),
        ("kms", "CreateKey", {"Tags": [{"TagKey": "team", "TagValue": "a"}]}, ("kms:TagResource", "*")),
        ("sqs", "CreateQueue", {"QueueName": "a", "tags": {"team": "a"}}, ("sqs:TagQueue", BASE("sqs", "a"))),
        ("iam", "CreateRole", {"RoleName": "r", "Tags": TAGS}, ("iam:TagRole", ROLE("r"))),
        (
            "efs",
            "CreateAccessPoint",
            {"FileSystemId": "fs-1", "Tags": TAGS},
            ("elasticfilesystem:TagResource", BASE("elasticfilesystem", "access-point/*")),
        ),
        ("acm", "RequestCertificate", {"DomainName": "a.b", "Tags": TAGS}, ("acm:AddTagsToCertificate", "*")),
    ],
)
def test_tags_of_what_a_call_creates_are_a_request_of_their_own(
    service: str, operation: str, parameters: dict[str, Any], tagging: tuple[str, str]
) -> None:
    assert checked(service, operation, **parameters)[-1] == tagging


@pytest.mark.parametrize(
    ("service", "operation", "key"),
    [
        ("ec2", "CreateVpc", "ec2:CreateAction"),
        ("ecs", "CreateCluster", "ecs:CreateAction"),
        ("efs", "CreateFileSystem", "elasticfilesystem:CreateAction"),
        ("elbv2", "CreateTargetGroup", "elasticloadbalancing:CreateAction"),
    ],
)
def test_the_tagging_request_has_the_creating_operation_and_the_tags(service: str, operation: str, key: str) -> None:
    found = requests(service, operation, Tags=TAGS, TagSpecifications=[{"ResourceType": "vpc", "Tags": TAGS}])[-1]

    assert found.values(key) == (operation,)
    assert found.values("aws:TagKeys") == ("team",)
    assert found.values("aws:RequestTag/team") == ("a",)


def test_a_call_without_tags_tags_nothing() -> None:
    assert checked("ecs", "CreateCluster", clusterName="a", tags=[]) == [
        ("ecs:CreateCluster", BASE("ecs", "cluster/a"))
    ]


def test_tagging_what_exists_is_a_single_request() -> None:
    assert checked("ecs", "TagResource", resourceArn=BASE("ecs", "cluster/a"), tags=[{"key": "a", "value": "b"}]) == [
        ("ecs:TagResource", BASE("ecs", "cluster/a"))
    ]


KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "beside"),
    [
        ("wafv2", "DisassociateWebACL", {"ResourceArn": "arn"}, [("elasticloadbalancing:SetWebACL", "arn")]),
        ("wafv2", "DeleteLoggingConfiguration", {"ResourceArn": "arn"}, [("logs:DeleteLogDelivery", "*")]),
        (
            "application-autoscaling",
            "RegisterScalableTarget",
            {},
            [("ecs:DescribeServices", "*"), ("ecs:UpdateService", "*")],
        ),
        (
            "ecr",
            "CreateRepository",
            {"repositoryName": "a", "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": KEY}},
            [("kms:CreateGrant", KEY), ("kms:DescribeKey", KEY)],
        ),
        ("ecr", "CreateRepository", {"encryptionConfiguration": {"encryptionType": "AES256"}}, []),
        ("efs", "CreateFileSystem", {"Encrypted": True}, []),
        ("efs", "DeleteMountTarget", {"MountTargetId": "a"}, [("ec2:DeleteNetworkInterface", "*")]),
    ],
)
def test_the_actions_that_aws_checks_beside_an_operations_own(
    service: str, operation: str, parameters: dict[str, Any], beside: list[tuple[str, str]]
) -> None:
    action = action_of(service, operation)

    assert [each for each in checked(service, operation, **parameters) if each[0] != action] == beside


@pytest.mark.parametrize(("prefix", "operation"), sorted(DEPENDENT))
def test_a_dependent_action_belongs_to_an_operation_and_its_parameter(prefix: str, operation: str) -> None:
    service = {"elasticfilesystem": "efs"}.get(prefix, prefix)
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    for dependent in DEPENDENT[prefix, operation]:
        shape: Any = model.input_shape
        for name in filter(None, dependent.parameter.split(".")):
            shape = shape.members[name]


def test_associating_a_web_acl_also_changes_the_load_balancer() -> None:
    balancer = BASE("elasticloadbalancing", "loadbalancer/app/a/1")
    acl = BASE("wafv2", "regional/webacl/a/1")

    assert checked("wafv2", "AssociateWebACL", WebACLArn=acl, ResourceArn=balancer) == [
        ("wafv2:AssociateWebACL", acl),
        ("elasticloadbalancing:SetWebACL", balancer),
    ]


def test_a_recorded_call_needs_what_the_call_needs() -> None:
    definition = {"family": "a", "executionRoleArn": ROLE("e"), "tags": [{"key": "a", "value": "b"}]}
    wanted = {action for action, _ in checked("ecs", "RegisterTaskDefinition", **definition)}

    assert actions_of_recorded("ecs", "RegisterTaskDefinition", ["executionRoleArn", "family"], tagged=True) == wanted
    assert wanted == {"ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole"}
    assert actions_of_recorded("scheduler", "CreateSchedule", ["KmsKeyArn", "Name", "RoleArn"], tagged=False) == {
        *("scheduler:CreateSchedule", "iam:PassRole", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
    }
    assert actions_of_recorded("ecs", "TagResource", ["resourceArn"], tagged=True) == {"ecs:TagResource"}
