"""Terraform resource types in the words of people who use AWS."""

from __future__ import annotations

# Where the words of the type, without `aws_` and with spaces, are not what AWS calls the thing.
_NAMES = {
    "acm": "ACM",
    "alb": "ALB",
    "appautoscaling": "auto scaling",
    "cloudwatch": "CloudWatch",
    "ecr": "ECR",
    "ecs": "ECS",
    "efs": "EFS",
    "eip": "Elastic IP",
    "iam": "IAM",
    "kms": "KMS",
    "lb": "load balancer",
    "nat": "NAT",
    "route53": "Route 53",
    "s3": "S3",
    "sns": "SNS",
    "sqs": "SQS",
    "ssm": "SSM",
    "vpc": "VPC",
    "wafv2": "WAF",
}


def kind(type_: str) -> tuple[str, str]:
    """A Terraform resource type in words, singular and plural: `aws_lb_listener` is `load balancer listener`."""
    words = [_NAMES.get(word, word) for word in type_.removeprefix("aws_").split("_")]
    last = words[-1]
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        plural = f"{last[:-1]}ies"
    elif last.endswith(("s", "x", "ch", "sh")):
        plural = f"{last}es"
    else:
        plural = f"{last}s"
    return " ".join(words), " ".join([*words[:-1], plural])
