"""Resources with the tags of a stack that are not in its state.

The Resource Groups Tagging API finds them in the stack's region, roles are found by their name. It lists deleted
resources for a while; those that AWS keeps for hours or days are looked up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from operations.clients import Requests
from operations.deploy.import_by_arn import imported
from operations.drift.model import UnmanagedResource
from operations.state.document import StateDocument
from stacks.errors import AwsError
from stacks.resources import CATALOGUE, resource_type

_CREATED_BY_AWS = re.compile(
    r"ecs:(?:task|service-deployment|service-revision|container-instance)/.*"
    r"|ec2:(?:network-interface|snapshot)/.*|backup:.*"
    r"|rds:(?:cluster-)?snapshot:.*|elasticache:cluster:.*-\d{3}|elasticache:snapshot:.*"
)
"""What AWS creates with the tags of a resource: tasks and their interfaces, backups, snapshots of databases with
`copy_tags_to_snapshot`, the nodes of a replication group.
"""
_FAMILY = re.compile(r"ecs:task-definition/(.+):\d+")
_MISSING = re.compile(r"NotFound|NoSuch|NonExistent")


def unmanaged_resources(
    requests: Requests, tags: Mapping[str, str], state: StateDocument, role_prefix: str
) -> Iterator[UnmanagedResource]:
    """The resources with these tags that are not in the state, by ARN.

    Args:
        requests: Sends the requests.
        tags: The tags that every resource of the stack has.
        state: The stack's state.
        role_prefix: What the names of the stack's roles begin with.

    Raises:
        AwsError: AWS refused a request.
    """
    known, families = _identifiers(state), _families(state)
    filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
    items = requests.items("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters)
    found = {each["ResourceARN"]: _tags(each.get("Tags") or ()) for each in items}
    for arn in sorted(found):
        if not _is_known(arn, known, families) and _exists(requests, arn):
            yield _unmanaged(arn, found[arn])
    yield from _roles(requests, tags, state, role_prefix)


def _identifiers(state: StateDocument) -> set[str]:
    """The IDs and ARNs in the state."""
    names = ("arn", "id", "allocation_id")
    return {str(each.attributes.get(name)) for each in state.managed for name in names if each.attributes.get(name)}


def _families(state: StateDocument) -> set[str]:
    """The families of the task definitions: earlier revisions are kept to roll back to."""
    return {str(each.attributes.get("family")) for each in state.managed if each.type == "aws_ecs_task_definition"}


def _is_known(arn: str, known: Collection[str], families: Collection[str]) -> bool:
    _, _, service, _, _, resource = arn.split(":", 5)
    if _CREATED_BY_AWS.fullmatch(f"{service}:{resource}"):
        return True
    family = _FAMILY.fullmatch(f"{service}:{resource}")
    if family is not None and family[1] in families:
        return True
    tail = re.split(r"[/:]", resource)[-1]
    after = re.split(r"[/:]", resource, maxsplit=1)[-1]
    return any(name in known for name in (arn, resource, after, tail))


def _exists(requests: Requests, arn: str) -> bool:
    """Whether AWS still has a resource that it keeps for a while after its deletion."""
    _, _, service, _, _, resource = arn.split(":", 5)
    kind, _, name = resource.partition("/")
    look_up = _LOOK_UPS.get(f"{service}:{kind}")
    if look_up is None:
        return True
    try:
        return look_up(requests, arn, name)
    except AwsError as error:
        if any(_MISSING.search(code) for code in error.codes):
            return False
        raise


def _service(requests: Requests, arn: str, name: str) -> bool:
    cluster = name.partition("/")[0]
    found = requests.call("ecs", "describe_services", cluster=cluster, services=[arn]).get("services") or ()
    return any(each.get("status") != "INACTIVE" for each in found)


def _cluster(requests: Requests, arn: str, name: str) -> bool:
    found = requests.call("ecs", "describe_clusters", clusters=[arn]).get("clusters") or ()
    return any(each.get("status") != "INACTIVE" for each in found)


def _task_definition(requests: Requests, arn: str, name: str) -> bool:
    found = requests.call("ecs", "describe_task_definition", taskDefinition=arn)["taskDefinition"]
    return bool(found.get("status") == "ACTIVE")


def _nat_gateway(requests: Requests, arn: str, name: str) -> bool:
    found = requests.call("ec2", "describe_nat_gateways", NatGatewayIds=[name]).get("NatGateways") or ()
    return any(each.get("State") not in ("deleted", "failed") for each in found)


def _endpoint(requests: Requests, arn: str, name: str) -> bool:
    found = requests.call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[name]).get("VpcEndpoints") or ()
    return any(str(each.get("State")).lower() not in ("deleted", "deleting") for each in found)


def _key(requests: Requests, arn: str, name: str) -> bool:
    found = requests.call("kms", "describe_key", KeyId=arn)["KeyMetadata"]
    return bool(found.get("KeyState") != "PendingDeletion")


_LOOK_UPS: Mapping[str, Callable[[Requests, str, str], bool]] = {
    "ecs:service": _service,
    "ecs:cluster": _cluster,
    "ecs:task-definition": _task_definition,
    "ec2:natgateway": _nat_gateway,
    "ec2:vpc-endpoint": _endpoint,
    "kms:key": _key,
}


_LISTED = Counter(entry.listing.service for entry in CATALOGUE.values() if entry.listing is not None)
_ONLY_TYPES = {
    entry.listing.service: entry.name
    for entry in CATALOGUE.values()
    if entry.listing is not None and _LISTED[entry.listing.service] == 1
}
"""The names of the types whose AWS service has only one in the catalogue."""


def _roles(
    requests: Requests, tags: Mapping[str, str], state: StateDocument, prefix: str
) -> Iterator[UnmanagedResource]:
    """Roles, which the tagging API does not return."""
    known = {str(each.attributes.get("name")) for each in state.managed if each.type == "aws_iam_role"}
    for role in requests.items("iam", "list_roles", "Roles"):
        name = role["RoleName"]
        if name.startswith(prefix) and name not in known:
            found = requests.call("iam", "get_role", RoleName=name)["Role"]
            if tags.items() <= _tags(found.get("Tags") or ()).items():
                yield UnmanagedResource(found["Arn"], resource_type("aws_iam_role").name, name, importable=True)


def _unmanaged(arn: str, tags: Mapping[str, str]) -> UnmanagedResource:
    _, _, service, _, _, resource = arn.split(":", 5)
    found = imported(arn)
    kind = re.split(r"[/:]", resource)[0]
    generic = _ONLY_TYPES.get(service) or (service if kind == resource else f"{service} {kind}")
    name = tags.get("Name") or re.split(r"[/:]", resource, maxsplit=1)[-1]
    if found is None:
        return UnmanagedResource(arn, generic, name)
    return UnmanagedResource(arn, resource_type(found.type).name, name, importable=True)


def _tags(items: Collection[Mapping[str, Any]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in items}
