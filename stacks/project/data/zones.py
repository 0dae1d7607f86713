"""The availability zones where ECS runs Fargate tasks, by their ids, which are the same in every account.

Sources: "AWS Availability Zones" in the guide to AWS Regions and Availability Zones, less the zones that "Supported
Regions for Amazon ECS on AWS Fargate" of the ECS Developer Guide leaves out.
"""

from __future__ import annotations

_NUMBERS = {
    "af-south-1": ("afs1", "123"),
    "ap-east-1": ("ape1", "123"),
    "ap-east-2": ("ape2", "123"),
    "ap-northeast-1": ("apne1", "124"),
    "ap-northeast-2": ("apne2", "1234"),
    "ap-northeast-3": ("apne3", "123"),
    "ap-south-1": ("aps1", "123"),
    "ap-south-2": ("aps2", "123"),
    "ap-southeast-1": ("apse1", "123"),
    "ap-southeast-2": ("apse2", "123"),
    "ap-southeast-3": ("apse3", "123"),
    "ap-southeast-4": ("apse4", "123"),
    "ap-southeast-5": ("apse5", "123"),
    "ap-southeast-6": ("apse6", "123"),
    "ap-southeast-7": ("apse7", "123"),
    "ca-central-1": ("cac1", "124"),
    "ca-west-1": ("caw1", "123"),
    "cn-north-1": ("cnn1", "12"),
    "cn-northwest-1": ("cnnw1", "123"),
    "eu-central-1": ("euc1", "123"),
    "eu-central-2": ("euc2", "123"),
    "eu-north-1": ("eun1", "123"),
    "eu-south-1": ("eus1", "123"),
    "eu-south-2": ("eus2", "123"),
    "eu-west-1": ("euw1", "123"),
    "eu-west-2": ("euw2", "123"),
    "eu-west-3": ("euw3", "123"),
    "il-central-1": ("ilc1", "123"),
    "me-central-1": ("mec1", "123"),
    "me-south-1": ("mes1", "123"),
    "mx-central-1": ("mxc1", "123"),
    "sa-east-1": ("sae1", "123"),
    "us-east-1": ("use1", "123456"),
    "us-east-2": ("use2", "123"),
    "us-gov-east-1": ("usge1", "123"),
    "us-gov-west-1": ("usgw1", "123"),
    "us-west-1": ("usw1", "13"),
    "us-west-2": ("usw2", "1234"),
}

MAX_ZONES = 6
"""The availability zones of the region that has the most: us-east-1."""

ZONE_IDS: dict[str, tuple[str, ...]] = {
    region: tuple(f"{prefix}-az{number}" for number in numbers) for region, (prefix, numbers) in _NUMBERS.items()
}
"""Zone ids by region; regions whose zones AWS does not publish are missing.

A zone that AWS adds to one of these regions must not be added here: subnets are placed by the order of the zones, and
those of systems that run would move.
"""

# Zones without Fargate, by region: a load balancer or a mount target can have a subnet in them.
_WITHOUT_FARGATE = {"ap-northeast-1": 1, "ca-central-1": 1, "cn-north-1": 2, "us-west-1": 1}


def zones_of(region: str) -> int:
    """The number of availability zones of a region; 6, the most that any region has, where AWS publishes none."""
    known = ZONE_IDS.get(region)
    return MAX_ZONES if known is None else len(known) + _WITHOUT_FARGATE.get(region, 0)
