"""What AWS refuses to delete: resources with deletion protection, and buckets and repositories that are not empty.

In the configuration, `prevent_destroy` keeps the resources of a protected environment. It ends with the block, so what
leaves the project file is only kept by AWS, when half of the plan is applied.

Sources: Amazon DynamoDB API reference, DeleteTable; Elastic Load Balancing API reference, DeleteLoadBalancer
(OperationNotPermitted); Amazon RDS API reference, DeleteDBCluster and DeleteDBInstance; Amazon S3 API reference,
DeleteBucket ("all objects, including all object versions and delete markers, must be deleted"); Amazon ECR API
reference, DeleteRepository (RepositoryNotEmptyException). The AWS provider empties buckets with `force_destroy` and
repositories with `force_delete`, deletes all versions of an `aws_s3_object`, and turns no protection off in a destroy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stacks.addresses import Origin, Owners, origin
from stacks.errors import Position, Problem

BUCKET, REPOSITORY = "aws_s3_bucket", "aws_ecr_repository"
_PROTECTION = ("deletion_protection", "deletion_protection_enabled", "enable_deletion_protection")
"""The arguments that protect a resource from deletion, whatever its type."""
DATABASES = CLUSTER, INSTANCE = ("aws_rds_cluster", "aws_db_instance")
_BALANCERS = ("aws_lb", "aws_alb")
_EMPTIED = {BUCKET: ("bucket", "force_destroy"), REPOSITORY: ("name", "force_delete")}
"""The arguments with the name, and for deletion with the content, by type."""
_OBJECTS = ("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy")


@dataclass(frozen=True)
class OnlyIfEmpty:
    """A resource that a plan deletes, and that AWS deletes only while it is empty.

    Attributes:
        type: Its Terraform type, `aws_s3_bucket` or `aws_ecr_repository`.
        address: Its address.
        name: Its name in AWS.
        origin: Whether ecsforge made it.
        deleted: The keys of the objects that the plan deletes before it.
    """

    type: str
    address: str
    name: str
    origin: Origin = "stack"
    deleted: frozenset[str] = frozenset()


def protected_from_deletion(changes: Sequence[Mapping[str, Any]], owners: Owners) -> Iterator[Problem]:
    """The problems of resources that are deleted while AWS protects them, also where they leave the project file.

    Those of databases of `resources` are in `impossible_stores`.
    """
    for each in changes:
        if each["type"] in DATABASES and origin(each["address"], owners) == "stack":
            continue
        before = each["change"].get("before") or {}
        argument = next((name for name in _PROTECTION if before.get(name) is True), None)
        if argument is None or not is_deleted(each):
            continue
        setting = "load_balancer.deletion_protection" if each["type"] in _BALANCERS else "protected"
        fix = fix_of(each["address"], owners, setting=f"{setting}: false", argument=f"{argument} = false")
        what = "it has deletion protection, so AWS refuses to delete it"
        yield Problem(Position(each["address"]), what, fix=fix, address=each["address"])


def only_if_empty(changes: Iterable[Mapping[str, Any]], owners: Owners) -> tuple[OnlyIfEmpty, ...]:
    """The resources of a plan's `resource_changes` that AWS deletes only while they are empty."""
    deleted = [each for each in changes if is_deleted(each)]
    found = []
    for each in deleted:
        before = each["change"].get("before") or {}
        name, force = _EMPTIED.get(each["type"], ("", ""))
        if name and before.get(name) and before.get(force) is not True:
            address = each["address"]
            keys = _keys(deleted, before[name]) if each["type"] == BUCKET else frozenset()
            found.append(OnlyIfEmpty(each["type"], address, before[name], origin(address, owners), keys))
    return tuple(found)


def not_empty(resource: OnlyIfEmpty, got: str | None) -> Problem:
    """The problem of a resource with something in it."""
    kind, service = ("repository", "ECR") if resource.type == REPOSITORY else ("bucket", "S3")
    what = f"the {kind} {resource.name} is not empty, so {service} refuses to delete it"
    _, force = _EMPTIED[resource.type]
    fix = _fix(resource.origin, setting="protected: false", argument=f"{force} = true")
    return Problem(Position(resource.address), what, got, f"empty it; or {fix}", address=resource.address)


def fix_of(address: str, owners: Owners, *, setting: str, argument: str) -> str:
    """How to delete a resource: with another setting in the project file, or argument in the user's own Terraform."""
    return _fix(origin(address, owners), setting=setting, argument=argument)


def is_deleted(resource: Mapping[str, Any]) -> bool:
    """Whether a plan deletes a resource, also to replace it."""
    return "delete" in resource["change"]["actions"]


def _fix(origin: Origin, *, setting: str, argument: str) -> str:
    changes = {"stack": f"`{setting}`", "own": f"`{argument}`"}
    both = f"{changes['stack']}, or `{argument}` if it is your own Terraform,"
    return f"keep it, and deploy it with {changes.get(origin, both)} before you remove or replace it"


def _keys(deleted: Iterable[Mapping[str, Any]], bucket: str) -> frozenset[str]:
    """The keys of the objects in a bucket that are resources, and deleted too."""
    objects = (each["change"].get("before") or {} for each in deleted if each["type"] in _OBJECTS)
    return frozenset(str(each["key"]) for each in objects if each.get("bucket") == bucket and each.get("key"))
