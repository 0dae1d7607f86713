"""Data sources: objects that Terraform reads but does not create."""

from __future__ import annotations

from stacks.resources.actions import Actions, of
from stacks.resources.model import DOMAIN, LOAD_BALANCER, NETWORK, OTHER, ResourceType

_EXISTING_BALANCER = of(
    "elasticloadbalancing",
    *("DescribeCapacityReservation", "DescribeListeners", "DescribeLoadBalancerAttributes"),
    *("DescribeLoadBalancers", "DescribeTags"),
)
TYPES = (
    ResourceType(
        "data.aws_availability_zones",
        "availability zones",
        NETWORK,
        shared=True,
        actions=Actions(
            read=of("ec2", "DescribeAvailabilityZones"),
        ),
    ),
    ResourceType(
        "data.aws_caller_identity",
        "caller identity",
        OTHER,
        shared=True,
        actions=Actions(
            read=of("sts", "GetCallerIdentity"),
        ),
    ),
    ResourceType(
        "data.aws_lb",
        "existing load balancer",
        LOAD_BALANCER,
        shared=True,
        actions=Actions(
            read=_EXISTING_BALANCER,
            unrecorded=dict.fromkeys(
                _EXISTING_BALANCER,
                "read for local.ecsforge, which no rehearsed project with an existing load balancer has "
                "(internal/service/elbv2/load_balancer_data_source.go)",
            ),
        ),
    ),
    ResourceType(
        "data.aws_lb_listener",
        "existing listener",
        LOAD_BALANCER,
        shared=True,
        actions=Actions(
            read=of("elasticloadbalancing", "DescribeListeners", "DescribeTags"),
        ),
    ),
    ResourceType("data.aws_partition", "partition", OTHER, shared=True),
    ResourceType(
        "data.aws_secretsmanager_secret_version",
        "secret",
        OTHER,
        actions=Actions(
            read=of("secretsmanager", "GetSecretValue"),
        ),
    ),
    ResourceType(
        "data.aws_route53_zone",
        "hosted zone",
        DOMAIN,
        shared=True,
        actions=Actions(
            read=of("route53", "GetHostedZone", "ListHostedZones", "ListTagsForResource"),
        ),
    ),
)
