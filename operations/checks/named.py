"""Whether the existing resources that the project file names are in the account.

A deploy refers to them after minutes: IAM refuses to attach a policy, EC2 a rule to a group, and tasks do not start
without their file system or environment file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.checks.answers import denied
from operations.checks.model import CheckResult
from operations.checks.target import Target
from operations.clients import Requests
from operations.text import counted
from stacks.errors import AwsError, Position, Problem
from stacks.project.models import written

if TYPE_CHECKING:
    from stacks.project.models import Project
    from stacks.project.models.container import Volume

_CHECK = "named resources"
_MISSING = frozenset(
    {
        *("NoSuchEntity", "FileSystemNotFound", "AccessPointNotFound", "404", "NoSuchKey", "NoSuchBucket"),
        *("InvalidGroup.NotFound", "InvalidGroupId.Malformed", "NotFound"),
    }
)


@dataclass(frozen=True)
class Named:
    """A resource that the project file names.

    Attributes:
        path: The field.
        kind: What it is.
        text: How the project file names it.
        exists: Asks AWS; returns False, or raises AwsError with a code of `_MISSING`, if it does not exist.
    """

    path: str
    kind: str
    text: str
    exists: Callable[[Requests], bool]


def named_resources(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The checks of the resources; none if the project file names none of these types."""
    resources = {each.text: each for each in reversed(list(_named(target.project, target.account_id)))}
    results = []
    for each in reversed(resources.values()):
        own = Requests(requests.clients)
        try:
            exists = each.exists(own)
        except AwsError as error:
            exists = not error.codes & _MISSING
            if exists:
                results.append(denied(_CHECK, error, own))
        if not exists:
            fix = "create it, or correct its name in the project file"
            problem = Problem(Position(each.path), f"the {each.kind} does not exist", each.text, fix)
            results.append(CheckResult.of(_CHECK, problem, calls=own.calls))
        requests.calls |= own.calls
    yield from results
    if resources and not results:
        yield CheckResult(_CHECK, "ok", f"{counted(len(resources), 'resource')} exist", calls=tuple(requests.calls))


def _named(project: Project, account_id: str) -> Iterator[Named]:
    if project.permissions_boundary:
        yield _policy("permissions_boundary", project.permissions_boundary)
    for name, service in project.services.items():
        path = f"services.{name}"
        for arn in service.permissions.managed_policies:
            if arn.split(":")[4] in ("aws", account_id):
                yield _policy(f"{path}.permissions.managed_policies", arn)
        rules = () if service.egress == "open" else service.egress
        groups = [rule.security_group for rule in rules if rule.security_group]
        yield from (_security_group(f"{path}.egress", group) for group in written(groups))
        yield from (_security_group(f"{path}.security_groups", group) for group in written(service.security_groups))
        topics = service.queue.existing_topics if service.queue else ()
        yield from (_topic(f"{path}.queue.subscribe", each) for each in topics)
        yield from (_object(f"{path}.env_files", file) for file in service.env_files)
        for sidecar, container in service.sidecars.items():
            yield from (_object(f"{path}.sidecars.{sidecar}.env_files", file) for file in container.env_files)
        own = {alarm for alarm, value in service.alarms if value is not None}
        yield from (_alarm(f"{path}.deployment.alarms", each) for each in service.deployment.alarms if each not in own)
        for volume, config in service.volumes.items():
            yield from _volume(f"{path}.volumes.{volume}", config)


def _volume(path: str, volume: Volume) -> Iterator[Named]:
    if volume.existing is not None:
        yield _file_system(f"{path}.efs", volume.existing)
    if volume.access_point:
        yield _access_point(f"{path}.access_point", volume.access_point)


def _policy(path: str, arn: str) -> Named:
    return Named(path, "policy", arn, lambda requests: bool(requests.call("iam", "get_policy", PolicyArn=arn)))


def _security_group(path: str, id_: str) -> Named:
    return Named(
        path,
        "security group",
        id_,
        lambda requests: bool(requests.call("ec2", "describe_security_groups", GroupIds=[id_])),
    )


def _file_system(path: str, id_: str) -> Named:
    return Named(
        path,
        "file system",
        id_,
        lambda requests: bool(requests.call("efs", "describe_file_systems", FileSystemId=id_)["FileSystems"]),
    )


def _access_point(path: str, id_: str) -> Named:
    return Named(
        path,
        "access point",
        id_,
        lambda requests: bool(requests.call("efs", "describe_access_points", AccessPointId=id_)["AccessPoints"]),
    )


def _object(path: str, file: str) -> Named:
    bucket, _, key = file.removeprefix("s3://").rpartition(":")[2].partition("/")
    return Named(
        path,
        "environment file",
        file,
        lambda requests: bool(requests.call("s3", "head_object", Bucket=bucket, Key=key)),
    )


def _topic(path: str, arn: str) -> Named:
    return Named(path, "topic", arn, lambda requests: bool(requests.call("sns", "get_topic_attributes", TopicArn=arn)))


def _alarm(path: str, name: str) -> Named:
    def exists(requests: Requests) -> bool:
        answer = requests.call("cloudwatch", "describe_alarms", AlarmNames=[name])
        return bool(answer.get("MetricAlarms") or answer.get("CompositeAlarms"))

    return Named(path, "alarm", name, exists)
