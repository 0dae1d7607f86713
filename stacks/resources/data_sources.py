"""Data sources: objects that Terraform reads but does not create."""

from __future__ import annotations

from stacks.resources.model import DOMAIN, NETWORK, OTHER, ResourceType

TYPES = (
    ResourceType("data.aws_availability_zones", "availability zones", NETWORK, shared=True),
    ResourceType("data.aws_caller_identity", "caller identity", OTHER, shared=True),
    ResourceType("data.aws_partition", "partition", OTHER, shared=True),
    ResourceType("data.aws_route53_zone", "hosted zone", DOMAIN, shared=True),
)
