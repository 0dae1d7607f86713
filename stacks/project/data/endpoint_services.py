"""The names of AWS's VPC endpoint services, `com.amazonaws.eu-west-1.ecr.api`.

In China most services have `cn.com.amazonaws` in front. Source: DescribeVpcEndpointServices of both regions, as in the
AWS CDK (`aws-ec2/lib/vpc-endpoint.ts`); the user guides of some services document their name. Gateway endpoints have
the common name everywhere.
"""

from __future__ import annotations

GATEWAY_ENDPOINTS = frozenset({"s3", "dynamodb"})
"""The endpoints that are routes, without a network interface."""

_IN_CHINA = frozenset(
    {
        *("application-autoscaling", "appmesh-envoy-management", "athena", "autoscaling", "awsconnector"),
        *("backup", "batch", "cassandra", "cloudcontrolapi", "cloudformation", "codedeploy-commands-secure"),
        *("databrew", "dms", "ebs", "ec2", "ecr.api", "ecr.dkr", "eks", "elasticache", "elasticbeanstalk"),
        *("elasticfilesystem", "elasticfilesystem-fips", "emr-containers", "execute-api", "fsx"),
        *("imagebuilder", "iot.data", "kinesis-streams", "lambda", "license-manager", "monitoring", "rds"),
        *("redshift", "redshift-data", "sagemaker.api", "sagemaker.featurestore-runtime", "sagemaker.runtime"),
        *("securityhub", "servicecatalog", "sms", "sqs", "states", "sts", "sync-states", "synthetics"),
        *("transcribe", "transcribestreaming", "transfer", "xray"),
    }
)
_IN_ONE_REGION = {
    "cn-north-1": frozenset({"iotsitewise.api", "iotsitewise.data"}),
    "cn-northwest-1": frozenset({"account", "polly", "workspaces"}),
}
_ENDINGS = {"transcribe": ".cn"}


def endpoint_service(region: str, service: str) -> str:
    """The full name of the endpoint service `service`, such as `ecr.api`, in a region."""
    if region in _IN_ONE_REGION and service in _IN_CHINA | _IN_ONE_REGION[region]:
        return f"cn.com.amazonaws.{region}.{service}{_ENDINGS.get(service, '')}"
    return f"com.amazonaws.{region}.{service}"
