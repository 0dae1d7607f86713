"""From an ARN to Terraform: the type of the resource, and the id it is imported by."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Service and resource part of an ARN -> Terraform's type and, as the provider documents it, its import id.
# The groups of the pattern fill the id; {arn} is the whole ARN.
_TYPES = tuple(
    (re.compile(pattern), kind, id_)
    for pattern, kind, id_ in (
        (r"acm:certificate/.+", "aws_acm_certificate", "{arn}"),
        (r"ec2:elastic-ip/(.+)", "aws_eip", "{0}"),
        (r"ec2:internet-gateway/(.+)", "aws_internet_gateway", "{0}"),
        (r"ec2:natgateway/(.+)", "aws_nat_gateway", "{0}"),
        (r"ec2:route-table/(.+)", "aws_route_table", "{0}"),
        (r"ec2:security-group/(.+)", "aws_security_group", "{0}"),
        (r"ec2:subnet/(.+)", "aws_subnet", "{0}"),
        (r"ec2:vpc/(.+)", "aws_vpc", "{0}"),
        (r"ec2:vpc-endpoint/(.+)", "aws_vpc_endpoint", "{0}"),
        (r"ec2:vpc-flow-log/(.+)", "aws_flow_log", "{0}"),
        (r"ecr:repository/(.+)", "aws_ecr_repository", "{0}"),
        (r"ecs:cluster/(.+)", "aws_ecs_cluster", "{0}"),
        (r"ecs:service/(.+/.+)", "aws_ecs_service", "{0}"),
        (r"elasticfilesystem:access-point/(.+)", "aws_efs_access_point", "{0}"),
        (r"elasticfilesystem:file-system/(.+)", "aws_efs_file_system", "{0}"),
        (r"elasticloadbalancing:listener-rule/.+", "aws_lb_listener_rule", "{arn}"),
        (r"elasticloadbalancing:listener/.+", "aws_lb_listener", "{arn}"),
        (r"elasticloadbalancing:loadbalancer/.+", "aws_lb", "{arn}"),
        (r"elasticloadbalancing:targetgroup/.+", "aws_lb_target_group", "{arn}"),
        (r"kms:key/(.+)", "aws_kms_key", "{0}"),
        (r"logs:log-group:([^:]+)(?::\*)?", "aws_cloudwatch_log_group", "{0}"),
        (r"s3:([^/:]+)", "aws_s3_bucket", "{0}"),
        (r"servicediscovery:namespace/(.+)", "aws_service_discovery_http_namespace", "{0}"),
        (r"sns:([^:]+)", "aws_sns_topic", "{arn}"),
        (r"wafv2:regional/webacl/([^/]+)/([^/]+)", "aws_wafv2_web_acl", "{1}/{0}/REGIONAL"),
    )
)


@dataclass(frozen=True)
class Imported:
    """A resource as Terraform's `import` names it."""

    type: str
    id: str


def imported(arn: str) -> Imported | None:
    """What Terraform calls the resource of this ARN; None for a kind that needs no import.

    Those are made again without harm: a queue of the same settings, a revision of a task definition, an alarm.
    """
    _, _, service, _, _, resource = arn.split(":", 5)
    for pattern, kind, id_ in _TYPES:
        match = pattern.fullmatch(f"{service}:{resource}")
        if match is not None:
            return Imported(kind, id_.format(*match.groups(), arn=arn))
    return None
