"""Buckets, tables and topics of `resources`: whether a deploy can create them, and whether they are as deployed.

Sources: Amazon S3 API reference, HeadBucket (another region in `x-amz-bucket-region`, 403 for another account's bucket
as for a missing permission); Amazon DynamoDB API reference, TableDescription (`TableStatus`) and CreateTable
(ResourceInUseException while a table of the name is deleted); Amazon SNS API reference, ListSubscriptionsByTopic
(`PendingConfirmation`) and Subscribe (two days to confirm).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from operations import aws
from operations.checks.answers import denied
from operations.checks.model import CheckResult
from operations.checks.settings import Place, Setting, settings_of
from operations.checks.target import Target
from operations.clients import Requests
from operations.text import counted
from stacks.errors import AwsError, Position, Problem
from stacks.project.models import Bucket, Table, Topic
from stacks.project.suggest import listed

NAMES, SETTINGS = "resources", "resource settings"
_NOT_THERE = frozenset({"404", "NoSuchBucket", "NotFound", "NotFoundException", "ResourceNotFoundException"})
_TABLE_FIXES = {
    "INACCESSIBLE_ENCRYPTION_CREDENTIALS": "enable its KMS key, or cancel the deletion of the key",
    "ARCHIVING": "restore it from its backup, because DynamoDB archives a table whose key was inaccessible for a week",
    "ARCHIVED": "restore it from its backup, because DynamoDB archives a table whose key was inaccessible for a week",
}
_PENDING = "PendingConfirmation"


def resource_names(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """What keeps a deploy from creating or changing a bucket or a table; nothing if nothing does."""
    for name, resource in target.project.resources.items():
        if not isinstance(resource, Bucket | Table):
            continue
        subject = _Subject(target, Requests(requests.clients), name, resource)
        try:
            found = subject.exists()
        except AwsError as error:
            yield subject.refused(NAMES, error)
            continue
        if isinstance(resource, Bucket):
            yield from _other_region(subject, found)
        elif found.get("TableStatus") == "DELETING":
            what = "DynamoDB still deletes a table of this name, and refuses to create another one until it is done"
            yield subject.missing(what, subject.aws_name, "deploy again in a few minutes")


def resource_settings(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """Whether each bucket, table and topic is as the project file says; none before the first deploy."""
    if not target.deployed:
        return
    for name, resource in target.project.resources.items():
        if isinstance(resource, Bucket | Table | Topic):
            subject = _Subject(target, Requests(requests.clients), name, resource)
            try:
                results = list(subject.differences())
            except AwsError as error:
                results = [subject.refused(SETTINGS, error)]
            yield from results
            if not results:
                found = f"{name}: {resource.type} {subject.aws_name}"
                yield CheckResult(SETTINGS, "ok", found, calls=tuple(subject.requests.calls))


def _other_region(subject: _Subject, bucket: Mapping[str, Any]) -> Iterator[CheckResult]:
    region = bucket.get("BucketRegion")
    if region is not None and region != subject.target.region:
        what = f"the bucket {subject.aws_name} exists in another region than {subject.target.region}"
        fix = "give the resource another name; or move the objects and delete the bucket"
        yield subject.missing(what, region, fix)


@dataclass(frozen=True)
class _Subject:
    """A bucket, table or topic, and the requests about it."""

    target: Target
    requests: Requests
    name: str
    resource: Bucket | Table | Topic

    @property
    def aws_name(self) -> str:
        """Its name in AWS."""
        names = self.target.names
        if isinstance(self.resource, Bucket):
            return names.bucket(self.name, self.target.account_id)
        return names.table(self.name) if isinstance(self.resource, Table) else self._topic_arn.rpartition(":")[2]

    @cached_property
    def _place(self) -> Place:
        return Place(self.target.project, self.requests.client, self.target.account_id)

    @property
    def _topic_arn(self) -> str:
        assert isinstance(self.resource, Topic)
        return self._place.topic_arn(self.name, self.resource)

    def exists(self) -> Mapping[str, Any]:
        """What AWS describes of it; empty if it does not exist. Raises AwsError."""
        try:
            if isinstance(self.resource, Bucket):
                owner = self.target.account_id
                return self.requests.call("s3", "head_bucket", Bucket=self.aws_name, ExpectedBucketOwner=owner)
            if isinstance(self.resource, Table):
                answer = self.requests.call("dynamodb", "describe_table", TableName=self.aws_name)
                table: Mapping[str, Any] = answer["Table"]
                return table
            return self.requests.call("sns", "get_topic_attributes", TopicArn=self._topic_arn)
        except AwsError as error:
            if not error.codes & _NOT_THERE:
                raise
            return {}

    def differences(self) -> Iterator[CheckResult]:
        """What differs from the project file. Raises AwsError."""
        found = self.exists()
        if not found:
            what = f"the {self.resource.type} {self.aws_name} does not exist"
            yield self._warning(what, None, "create it with", "deploy")
            return
        status = found.get("TableStatus", "ACTIVE")
        if status != "ACTIVE":
            fix = _TABLE_FIXES.get(status, "wait until it is ACTIVE")
            problem = Problem(self._where, f"the table {self.aws_name} is not ACTIVE", status, fix)
            yield CheckResult.of(SETTINGS, problem, status="warning", calls=self.requests.calls)
        for setting in settings_of(self._place, self.name, self.resource):
            try:
                yield from self._difference(setting)
            except AwsError as error:
                yield denied(SETTINGS, error, self.requests)
        if isinstance(self.resource, Topic):
            yield from self._subscriptions()

    def _difference(self, setting: Setting) -> Iterator[CheckResult]:
        with aws.errors(str(self._where)):
            found = setting.read()
        if found != setting.expected:
            got = f"{_shown(found)} instead of {_shown(setting.expected)}"
            what = f"{setting.name} differs from the project file"
            yield self._warning(what, got, "see what a deploy changes with", "plan")

    def _subscriptions(self) -> Iterator[CheckResult]:
        """Subscriptions that nobody confirmed, and queues of the project that are not subscribed."""
        arn = self._topic_arn
        found = self.requests.items("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
        pending = [each for each in found if each["SubscriptionArn"] == _PENDING]
        if pending:
            what = f"SNS sends nothing to {counted(len(pending), 'subscription')} without a confirmation"
            protocols = listed(sorted({str(each.get("Protocol")) for each in pending}), "and")
            problem = Problem(
                self._where, what, protocols, "confirm within two days of the request, or subscribe again"
            )
            yield CheckResult.of(SETTINGS, problem, status="warning", calls=self.requests.calls)
        subscribed = {each["Endpoint"] for each in found if each["SubscriptionArn"] != _PENDING}
        for name, service in self.target.project.services.items():
            queue = service.queue
            if queue is None or self.name not in {each.topic for each in queue.subscriptions}:
                continue
            queue_arn = self.target.arn("sqs", self.target.names.queue(name, fifo=queue.fifo))
            if queue_arn not in subscribed:
                yield self._warning(f"the queue of {name} is not subscribed", None, "subscribe it with", "deploy")

    @property
    def _where(self) -> Position:
        return Position(f"resources.{self.name}")

    def refused(self, check: str, error: AwsError) -> CheckResult:
        """The warning for a request that AWS refuses. Raises any other error."""
        result = denied(check, error, self.requests)
        if "403" not in error.codes:
            return result
        what = f"S3 refuses access to the bucket {self.aws_name}"
        fix = "allow s3:ListBucket on it; or, if another account has this bucket, give the resource another name"
        return replace(result, problem=Problem(self._where, what, "403", fix, code="403"), fix=fix)

    def missing(self, what: str, got: str, fix: str) -> CheckResult:
        """The result for what would fail a deploy."""
        return CheckResult.of(NAMES, Problem(self._where, what, got, fix), calls=self.requests.calls)

    def _warning(self, what: str, got: str | None, fix: str, *command: str) -> CheckResult:
        """The result for what a deploy changes; `fix` ends before the command."""
        problem = Problem(self._where, what, got, fix, command=command)
        return CheckResult.of(SETTINGS, problem, status="warning", calls=self.requests.calls)


def _shown(value: Any) -> str:
    """A value of a setting, as text."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{key} ({type_})" for key, type_ in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value if each) or "none"
    return "none" if value is None else str(value)
