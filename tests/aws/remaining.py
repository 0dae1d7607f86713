"""What a run left in the account: resources with its tags, and others with its names.

The tagging API does not return roles, and lists some resources for a while after they were deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operations.rehearsal.inventory import inventory
from tests.aws.prerequisites import is_gone

Client = Callable[[str, str], Any]


@dataclass(frozen=True)
class Remaining:
    """What remains.

    Attributes:
        existing: What still exists and may cost money, sorted.
        expiring: What AWS keeps for a while or forever after its deletion, without charge: the state of each, sorted.
    """

    existing: tuple[str, ...]
    expiring: tuple[str, ...]


def remaining(client: Client, region: str, project_id: str) -> Remaining:
    """The resources of a project in an account and a region."""
    existing, expiring = set(), set()
    for arn in _tagged(client, region, project_id):
        state = _state_after_deletion(client, region, arn)
        if state is None:
            existing.add(arn)
        else:
            expiring.add(f"{arn} ({state})")
    named = {each for each in inventory(client, region) if project_id in each}
    known = {arn.rpartition("/")[2].rpartition(":")[2] for arn in existing}
    existing |= {each for each in named if not any(name and each.endswith(name) for name in known)}
    return Remaining(tuple(sorted(existing)), tuple(sorted(expiring)))


def _tagged(client: Client, region: str, project_id: str) -> Iterator[str]:
    pages = client("resourcegroupstaggingapi", region).get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": "Project", "Values": [project_id]}]):
        yield from (each["ResourceARN"] for each in page["ResourceTagMappingList"])


def _state_after_deletion(client: Client, region: str, arn: str) -> str | None:
    """The state of a resource that was deleted; None for one that exists."""
    service, _, rest = arn.partition("arn:")[2].partition(":")[2].partition(":")
    resource = rest.partition(":")[2].partition(":")[2]
    find = _STATES.get((service, resource.partition("/")[0]))
    if find is None:
        return None
    try:
        return find(lambda name: client(name, region), arn, resource)
    except ClientError as error:
        return "deleted" if is_gone(error) else None


def _key(aws: Callable[[str], Any], arn: str, resource: str) -> str | None:
    key = aws("kms").describe_key(KeyId=arn)["KeyMetadata"]
    date = key.get("DeletionDate")
    return f"deleted on {date:%Y-%m-%d}" if key["KeyState"] == "PendingDeletion" and date else None


def _task_definition(aws: Callable[[str], Any], arn: str, resource: str) -> str | None:
    status = aws("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]["status"]
    return None if status == "ACTIVE" else f"{status}, which ECS keeps"


def _cluster(aws: Callable[[str], Any], arn: str, resource: str) -> str | None:
    found = aws("ecs").describe_clusters(clusters=[arn])["clusters"]
    return None if any(each["status"] != "INACTIVE" for each in found) else "INACTIVE"


def _service(aws: Callable[[str], Any], arn: str, resource: str) -> str | None:
    _, cluster, name = resource.split("/")
    found = aws("ecs").describe_services(cluster=cluster, services=[name])["services"]
    return None if any(each["status"] != "INACTIVE" for each in found) else "INACTIVE"


def _nat_gateway(aws: Callable[[str], Any], arn: str, resource: str) -> str | None:
    found = aws("ec2").describe_nat_gateways(NatGatewayIds=[resource.partition("/")[2]])["NatGateways"]
    return None if any(each["State"] != "deleted" for each in found) else "deleted"


def _endpoint(aws: Callable[[str], Any], arn: str, resource: str) -> str | None:
    found = aws("ec2").describe_vpc_endpoints(VpcEndpointIds=[resource.partition("/")[2]])["VpcEndpoints"]
    return None if any(each["State"] != "deleted" for each in found) else "deleted"


_STATES: dict[tuple[str, str], Callable[[Callable[[str], Any], str, str], str | None]] = {
    ("ec2", "natgateway"): _nat_gateway,
    ("ec2", "vpc-endpoint"): _endpoint,
    ("ecs", "cluster"): _cluster,
    ("ecs", "service"): _service,
    ("ecs", "task-definition"): _task_definition,
    ("kms", "key"): _key,
}
