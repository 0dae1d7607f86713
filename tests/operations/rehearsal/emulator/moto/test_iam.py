"""moto's IAM: policies that are attached again."""

from __future__ import annotations

import json

from tests.operations.rehearsal.emulator.moto.conftest import Aws


def test_a_policy_that_is_attached_twice_is_attached_once(aws: Aws) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="attached", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
    listing = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [listing]})
    arn = iam.create_policy(PolicyName="attached", PolicyDocument=document)["Policy"]["Arn"]

    for _ in range(2):
        iam.attach_role_policy(RoleName="attached", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1

    iam.detach_role_policy(RoleName="attached", PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
