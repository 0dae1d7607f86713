"""Whether the existing resources that the project file names are in the account, in moto."""

from __future__ import annotations

import json
from typing import Any

import boto3

from tests.operations.checks.conftest import ACCOUNT, Run, texts
from tests.support.refusals import DENIED, refuse

DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
SERVICE = """\
services:
  mailer:
    type: worker
    env_files: ['s3://shop-config/mailer.env']
    egress: [{port: 443, security_group: sg-0123456789abcdef0}]
    volumes: {media: {efs: fs-0123456789abcdef0, path: /media, access_point: fsap-0123456789abcdef0}}
    permissions: {managed_policies: ['arn:aws:iam::123456789012:policy/extra']}
    deployment: {alarms: [late]}
    security_groups: [sg-0123456789abcdef1]
    queue: {subscribe: ['arn:aws:sns:eu-west-1:123456789012:orders']}
    sidecars: {proxy: {image: 'proxy:1', env_files: ['s3://shop-config/proxy.env']}}
"""


def test_each_missing_resource_is_named_with_the_call_that_looked_for_it(run: Run) -> None:
    found = run("named resources", SERVICE)

    assert [(text.split(";")[0], *each.calls) for text, each in zip(texts(found), found, strict=True)] == [
        ("missing: services.mailer.permissions.managed_policies: the policy does not exist", "iam:GetPolicy"),
        ("missing: services.mailer.egress: the security group does not exist", "ec2:DescribeSecurityGroups"),
        ("missing: services.mailer.security_groups: the security group does not exist", "ec2:DescribeSecurityGroups"),
        ("missing: services.mailer.queue.subscribe: the topic does not exist", "sns:GetTopicAttributes"),
        ("missing: services.mailer.env_files: the environment file does not exist", "s3:GetObject"),
        ("missing: services.mailer.sidecars.proxy.env_files: the environment file does not exist", "s3:GetObject"),
        ("missing: services.mailer.deployment.alarms: the alarm does not exist", "cloudwatch:DescribeAlarms"),
        (
            "missing: services.mailer.volumes.media.efs: the file system does not exist",
            "elasticfilesystem:DescribeFileSystems",
        ),
        (
            "missing: services.mailer.volumes.media.access_point: the access point does not exist",
            "elasticfilesystem:DescribeAccessPoints",
        ),
    ]


def test_resources_that_exist_are_counted(account: boto3.Session, run: Run) -> None:
    s3: Any = account.client("s3")
    s3.create_bucket(Bucket="shop-config", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="shop-config", Key="mailer.env", Body=b"A=1")
    account.client("iam").create_policy(PolicyName="limit", PolicyDocument=json.dumps(DOCUMENT))
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    service = (
        f"{{type: worker, env_files: ['s3://shop-config/mailer.env'], permissions: {{managed_policies: ['{arn}']}}}}"
    )

    assert texts(run("named resources", f"services: {{mailer: {service}}}")) == ["ok: 2 resources exist"]


def test_an_object_that_may_not_be_read_is_a_warning(account: boto3.Session, run: Run) -> None:
    refuse(account, "s3.HeadObject", "403", 403, "Forbidden")

    (found,) = run("named resources", "services: {mailer: {type: worker, env_files: ['s3://shop-config/mailer.env']}}")

    assert found.status == "warning"


def test_other_resources_are_checked_after_a_denied_one(account: boto3.Session, run: Run) -> None:
    refuse(account, "iam.GetPolicy", *DENIED)

    assert [each.status for each in run("named resources", SERVICE)] == ["warning", *["missing"] * 8]
