"""Compares buckets, tables and topics of `resources` with the project file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from operations.rehearsal.check import Check
from stacks.naming import Names
from stacks.project.models import Bucket, Project, Table, Topic

Aws = Callable[[str], Any]
"""Returns the boto3 client of a service in the project's region."""


def resource_checks(project: Project, aws: Aws, account_id: str) -> Iterator[Check]:
    """Every resource, in the order of the project file."""
    names = Names(project.project_id, project.env)
    for name, resource in project.resources.items():
        if isinstance(resource, Bucket):
            yield from _bucket(f"bucket `{name}`", names.bucket(name, account_id), resource, project, aws("s3"))
        elif isinstance(resource, Table):
            yield from _table(f"table `{name}`", names.table(name), resource, project, aws("dynamodb"))
        elif isinstance(resource, Topic):
            arn = _topic_arn(aws("sns"), names.topic(name, fifo=resource.fifo))
            yield from _topic(f"topic `{name}`", arn, resource, aws("sns"))


def _bucket(subject: str, name: str, bucket: Bucket, project: Project, s3: Any) -> Iterator[Check]:
    blocked = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    yield Check(subject, "public access block", 4, sum(map(bool, blocked.values())))
    status = s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled"
    yield Check(subject, "versioning", bucket.versioned, status)
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    algorithm = rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    yield Check(subject, "encryption", "aws:kms" if project.encryption == "customer" else "AES256", algorithm)
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    days = [rule["Expiration"]["Days"] for rule in lifecycle if "Days" in rule.get("Expiration", {})]
    yield Check(subject, "expiration in days", [] if bucket.expire_days is None else [bucket.expire_days], days)
    if bucket.cors:
        found = s3.get_bucket_cors(Bucket=name)["CORSRules"]
        origins = [sorted(rule["AllowedOrigins"]) for rule in found]
        yield Check(subject, "origins", [sorted(rule.origins) for rule in bucket.cors_rules], origins)


def _table(subject: str, name: str, table: Table, project: Project, dynamodb: Any) -> Iterator[Check]:
    found = dynamodb.describe_table(TableName=name)["Table"]
    types = {each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]}
    keys = {each["KeyType"]: {each["AttributeName"]: types[each["AttributeName"]]} for each in found["KeySchema"]}
    yield Check(subject, "key and sort key", (table.key, table.sort_key), (keys.get("HASH"), keys.get("RANGE")))
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"].get("AttributeName")
    yield Check(subject, "ttl", table.ttl, ttl)
    protection = bool(found.get("DeletionProtectionEnabled"))
    yield Check(subject, "deletion protection", project.protected, protection)
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    yield Check(subject, "point-in-time recovery", project.protected, recovery)
    encrypted = found.get("SSEDescription", {}).get("SSEType") == "KMS"
    yield Check(subject, "encryption with the key of the environment", project.encryption == "customer", encrypted)


def _topic(subject: str, arn: str | None, topic: Topic, sns: Any) -> Iterator[Check]:
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"] if arn else {}
    yield Check(subject, "fifo", topic.fifo, attributes.get("FifoTopic", "false") == "true")
    yield Check(subject, "encryption", True, bool(attributes.get("KmsMasterKeyId")))


def _topic_arn(sns: Any, name: str) -> str | None:
    pages = sns.get_paginator("list_topics").paginate()
    arns = (topic["TopicArn"] for page in pages for topic in page["Topics"])
    return next((arn for arn in arns if arn.rpartition(":")[2] == name), None)
