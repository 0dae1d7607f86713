"""The actions that AWS checks beside that of an operation, for the same caller.

Sources: the Service Authorization Reference, "Dependent actions", and the documentation named with each entry. What
creates a tag or passes a role is in `tag_on_create.py` and `calls.py`. Service-linked roles are not included: AWS
creates each once in an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Dependent:
    """Actions that AWS checks beside that of an operation.

    Attributes:
        actions: The actions.
        parameter: The path of the parameter that names the resource; they are only needed if it is set. Empty if they
            are always needed and no parameter names a resource.
    """

    actions: tuple[str, ...]
    parameter: str = ""


_GRANT = ("kms:CreateGrant", "kms:DescribeKey")
_WEB_ACL = (Dependent(("elasticloadbalancing:SetWebACL",), "ResourceArn"),)
_SCHEDULE = (Dependent(("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), "KmsKeyArn"),)
DEPENDENT: Mapping[tuple[str, str], tuple[Dependent, ...]] = {
    # Application Auto Scaling User Guide, "Permissions validation for API calls on target resources"; ECS Developer
    # Guide, "IAM permissions required for Amazon ECS service auto scaling".
    ("application-autoscaling", "DeleteScalingPolicy"): (Dependent(("cloudwatch:DeleteAlarms",)),),
    ("application-autoscaling", "PutScalingPolicy"): (
        Dependent(("cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm")),
    ),
    ("application-autoscaling", "RegisterScalableTarget"): (Dependent(("ecs:DescribeServices", "ecs:UpdateService")),),
    # DynamoDB Developer Guide, "DynamoDB encryption at rest: usage notes", and "Using IAM policies with keys".
    ("dynamodb", "CreateTable"): (Dependent((*_GRANT, "kms:Decrypt"), "SSESpecification.KMSMasterKeyId"),),
    ("ec2", "CreateVpcEndpoint"): (
        Dependent(("ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs")),
        Dependent(("route53:AssociateVPCWithHostedZone",)),
    ),
    # ECR User Guide, "Encryption at rest", required IAM policy.
    ("ecr", "CreateRepository"): (Dependent(_GRANT, "encryptionConfiguration.kmsKey"),),
    # EFS User Guide, "Managing access to encrypted file systems".
    ("elasticfilesystem", "CreateFileSystem"): (
        Dependent((*_GRANT, "kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"), "KmsKeyId"),
    ),
    # EFS API Reference, the page of each operation.
    ("elasticfilesystem", "CreateMountTarget"): (
        Dependent(("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")),
    ),
    ("elasticfilesystem", "DeleteMountTarget"): (Dependent(("ec2:DeleteNetworkInterface",)),),
    ("elasticfilesystem", "DescribeMountTargetSecurityGroups"): (
        Dependent(("ec2:DescribeNetworkInterfaceAttribute",)),
    ),
    ("elasticfilesystem", "ModifyMountTargetSecurityGroups"): (Dependent(("ec2:ModifyNetworkInterfaceAttribute",)),),
    ("kms", "CreateKey"): (Dependent(("kms:PutKeyPolicy",)),),
    # EventBridge Scheduler User Guide, "Encryption at rest".
    ("scheduler", "CreateSchedule"): _SCHEDULE,
    ("scheduler", "UpdateSchedule"): _SCHEDULE,
    # AWS WAF Developer Guide, "Service roles and policies": AssociateWebACL, DisassociateWebACL, and the destination
    # CloudWatch Logs of PutLoggingConfiguration.
    ("wafv2", "AssociateWebACL"): _WEB_ACL,
    ("wafv2", "DisassociateWebACL"): _WEB_ACL,
    ("wafv2", "DeleteLoggingConfiguration"): (Dependent(("logs:DeleteLogDelivery",)),),
    ("wafv2", "PutLoggingConfiguration"): (
        Dependent(
            (
                *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups"),
                *("logs:DescribeResourcePolicies", "logs:PutResourcePolicy"),
            )
        ),
    ),
}
