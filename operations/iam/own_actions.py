"""The IAM actions that ecsforge itself needs, and Terraform for the state. Those for resources are in the catalogue.

A test finds the calls of boto3 in the source, and others record those of the commands: both ways, as for the catalogue.
"""

from __future__ import annotations

from stacks.resources.actions import of

READ = (
    *of("application-autoscaling", "DescribeScalableTargets"),
    *of("cloudwatch", "DescribeAlarms", "GetMetricStatistics"),
    *of("dynamodb", "DescribeTable"),
    *of("ec2", "DescribeRouteTables", "DescribeSecurityGroupRules", "DescribeSecurityGroups", "DescribeSubnets"),
    *of("ecs", "DescribeClusters", "DescribeServices", "DescribeTaskDefinition", "DescribeTasks"),
    *of("ecs", "DescribeServiceRevisions", "ListServiceDeployments", "ListServices", "ListTaskDefinitions"),
    *of("ecs", "ListTasks"),
    *of("elasticache", "DescribeReplicationGroups"),
    *of("elasticfilesystem", "DescribeMountTargets"),
    *of("elasticloadbalancing", "DescribeListeners", "DescribeLoadBalancers", "DescribeRules"),
    *of("elasticloadbalancing", "DescribeTags", "DescribeTargetGroups", "DescribeTargetHealth"),
    *of("iam", "GetRole", "ListPolicies"),
    *of("kms", "ListAliases"),
    *of("logs", "DescribeLogStreams", "FilterLogEvents"),
    *of("rds", "DescribeDBClusters", "DescribeDBInstances"),
    *of("route53", "ListResourceRecordSets"),
    *of("s3", "ListBucket"),
    *of("scheduler", "GetSchedule"),
    *of("sqs", "GetQueueAttributes", "GetQueueUrl"),
    *of("sts", "GetCallerIdentity"),
    *of("tag", "GetResources"),
)
"""What commands read: whether a stack exists and what of it is not in the state, its health, logs and URL."""

CHECKS = (
    *of("acm", "DescribeCertificate"),
    *of("cloudwatch", "DescribeAlarms"),
    *of("ec2", "DescribeAddresses", "DescribeInternetGateways", "DescribeNatGateways", "DescribeRouteTables"),
    *of("ec2", "DescribeSecurityGroups", "DescribeVpcAttribute", "DescribeVpcEndpoints", "DescribeVpcs"),
    *of("ecr", "BatchGetImage", "DescribeImages", "DescribeRepositories", "GetAuthorizationToken"),
    *of("ecr", "GetDownloadUrlForLayer"),
    *of("elasticfilesystem", "DescribeAccessPoints", "DescribeFileSystems"),
    *of("elasticloadbalancing", "DescribeLoadBalancers", "DescribeTargetGroups"),
    *of("iam", "GetAccountSummary", "GetPolicy", "GetPolicyVersion"),
    *of("kms", "DescribeKey", "GetKeyPolicy"),
    *of("rds", "DescribeDBEngineVersions", "DescribeOrderableDBInstanceOptions"),
    *of("route53", "ListHostedZonesByName", "ListResourceRecordSets"),
    *of("s3", "GetObject"),
    *of("secretsmanager", "DescribeSecret", "GetResourcePolicy"),
    *of("servicequotas", "GetServiceQuota"),
    *of("sns", "GetTopicAttributes"),
    *of("ssm", "DescribeParameters"),
)
"""What `doctor`, and `deploy` before its plan, read to check the account; without one of them a check is a warning.

`s3:GetObject` is for environment files, of which only the metadata is read.
"""

DRIFT = (
    *of("ec2", "DescribeNatGateways", "DescribeSecurityGroupRules", "DescribeVpcEndpoints"),
    *of("ecs", "DescribeClusters", "DescribeServices", "DescribeTaskDefinition"),
    *of("elasticloadbalancing", "DescribeListeners", "DescribeRules"),
    *of("iam", "GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "ListRoles"),
    *of("kms", "DescribeKey"),
    *of("tag", "GetResources"),
)
"""What `drift` reads besides what a plan needs; without one of them a part of it is a warning."""

SECRETS = (
    *of("secretsmanager", "CreateSecret", "DeleteSecret", "DescribeSecret", "GetSecretValue", "PutSecretValue"),
    *of("secretsmanager", "RestoreSecret"),
    *of("ssm", "DeleteParameter", "DescribeParameters", "PutParameter"),
)
"""What `secrets` needs. `list` only describes; a value is read only to change one JSON key of it.

A secret with a key of its own also needs `kms:GenerateDataKey`, `kms:Encrypt` and `kms:Decrypt`, which AWS uses.
"""

DEPLOY = (
    *of("ec2", "RevokeSecurityGroupEgress"),
    *of("ecs", "DeregisterTaskDefinition", "StopTask"),
)
"""What `deploy` and `destroy` change themselves: rules that AWS adds, tasks and task definitions of what is gone."""

IMAGES = of(
    "ecr",
    *(
        "BatchDeleteImage",
        "BatchGetImage",
        "DescribeImages",
        "DescribeRepositories",
        "GetAuthorizationToken",
        "PutImage",
    ),
)
"""What `deploy`, `release` and `promote` need in the registry: to find images, and to tag those that run."""

TASKS = (*of("ecs", "RunTask", "StopTask"), *of("logs", "GetLogEvents"))
"""What one-off tasks need; with the tags that they get `ecs:TagResource`, and `iam:PassRole` for their roles. `run
--image` also needs `RELEASE` and `DEPLOY`, to register a revision and to deregister it."""

OPERATE = (
    *of("application-autoscaling", "RegisterScalableTarget"),
    *of("ecs", "TagResource", "UntagResource"),
)
"""What `stop`, `start` and `scale` change besides what a release does."""

RESOURCES = (
    *of("dynamodb", "DescribeContinuousBackups", "DescribeTable", "DescribeTimeToLive"),
    *of("s3", "GetBucketCORS", "GetBucketPublicAccessBlock", "GetBucketVersioning", "GetEncryptionConfiguration"),
    *of("s3", "GetLifecycleConfiguration", "ListBucketVersions"),
    *of("sns", "ListSubscriptionsByTopic"),
)
"""What `status`, `doctor` and plans read of buckets, tables and topics, besides `READ` and `CHECKS`.

The roles of pipelines have it with the types. The versions of objects are listed before a bucket is deleted.
"""

SESSIONS = (*of("ecs", "ExecuteCommand"), *of("ssm", "StartSession", "TerminateSession"))
"""What `exec` and `tunnel` need to open and to end a session in a task."""

RELEASE = (*of("ecs", "RegisterTaskDefinition", "UpdateService"), *of("scheduler", "UpdateSchedule"))
"""What `release` changes; with `iam:PassRole` for the roles of the task and of the schedule."""

PUSH = of(
    "ecr",
    *(
        "BatchCheckLayerAvailability",
        "CompleteLayerUpload",
        "GetDownloadUrlForLayer",
        "InitiateLayerUpload",
        "PutImage",
    ),
    "UploadLayerPart",
)
"""What an engine needs to push an image, and ecsforge to read its platform, over HTTP (ECR User Guide, "IAM permissions
for pushing an image")."""

SHARED = of("ecr", "DeleteRepository")
"""What `destroy --shared` deletes itself: repositories with images."""

PIPELINES = of(
    "iam",
    *("AttachRolePolicy", "CreateOpenIDConnectProvider", "CreatePolicy", "CreatePolicyVersion", "CreateRole"),
    *("DeletePolicy", "DeletePolicyVersion", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy"),
    *("GetOpenIDConnectProvider", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy"),
    *("ListAttachedRolePolicies", "ListPolicyVersions", "ListRolePolicies", "PutRolePolicy"),
    "UpdateAssumeRolePolicy",
)
"""What `ci init` and `ci remove` need, which an administrator runs; with the tag of a role `iam:TagRole`."""

OWN_ROLE = of("iam", "GetPolicy", "GetPolicyVersion", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies")
"""What `deploy` reads of the role of a pipeline that it runs in, to compare it with the plan."""

STATE_READ = of("s3", "GetObject", "ListBucket")
"""What Terraform needs to read a state in S3, without a lock."""

STATE_WRITE = of("s3", "DeleteObject", "PutObject")
"""What Terraform needs besides to lock and to write a state in S3 (Terraform's page on the S3 backend)."""

STATE_KEY = of("kms", "Decrypt", "GenerateDataKey")
"""What it needs on the key of a state with `state.kms_key` (S3 User Guide, "Using SSE-KMS")."""

STATE_BUCKET = (
    *of("s3", "CreateBucket", "ListBucket", "PutBucketOwnershipControls", "PutBucketPolicy"),
    *of("s3", "PutBucketPublicAccessBlock", "PutBucketVersioning", "PutEncryptionConfiguration"),
    *of("s3", "PutLifecycleConfiguration"),
)
"""What `state init` needs."""

ASSUME = of("sts", "AssumeRole")
"""The only action that credentials need in an environment with `assume_role`; the role needs all others."""
