"""The settings of buckets, tables and topics: what the project file says, and how to read what AWS has.

`doctor` compares them in an account, and a rehearsal in the emulator.

Sources: the Amazon S3, Amazon DynamoDB and Amazon SNS API references, for the operations that are called and the error
codes of settings that a bucket does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from stacks.naming import Names
from stacks.project.models import Bucket, Project, Table, Topic
from stacks.references import TOPIC_KEY, partition_of

Aws = Callable[[str], Any]
"""Returns the boto3 client of a service in the project's region."""

OWN_KEY = "the key of the environment"
OTHER_KEY = "another KMS key"
_PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Setting:
    """A setting of a resource.

    Attributes:
        name: What it is called.
        expected: Its value in the project file.
        read: Reads its value in AWS. Raises botocore.exceptions.ClientError.
    """

    name: str
    expected: Any
    read: Callable[[], Any]


@dataclass(frozen=True)
class Place:
    """An environment in its account.

    Attributes:
        project: The project, resolved for the environment.
        aws: Its clients.
        account_id: The account, 12 digits.
    """

    project: Project
    aws: Aws
    account_id: str

    @property
    def names(self) -> Names:
        """The AWS names of its resources."""
        return Names(self.project.project_id, self.project.env)

    def key(self, found: str | None) -> str | None:
        """The key of a resource, by its ARN, ID or alias: with `encryption: customer`, whether it is the own one."""
        if found is None or self.project.encryption != "customer":
            return found
        own = self._own_key_arn()
        return (
            OWN_KEY if own is not None and found in (own, own.rpartition("/")[2], self.names.key_alias) else OTHER_KEY
        )

    def _own_key_arn(self) -> str | None:
        """The ARN of the environment's key; None if it has none."""
        from botocore.exceptions import ClientError

        try:
            arn: str = self.aws("kms").describe_key(KeyId=self.names.key_alias)["KeyMetadata"]["Arn"]
        except ClientError as error:
            if _code(error) != "NotFoundException":
                raise
            return None
        return arn

    def topic_arn(self, name: str, topic: Topic) -> str:
        """The ARN of a topic of `resources`."""
        region = self.project.region
        topic_name = self.names.topic(name, fifo=topic.fifo)
        return f"arn:{partition_of(region)}:sns:{region}:{self.account_id}:{topic_name}"


def settings_of(place: Place, name: str, resource: Bucket | Table | Topic) -> Iterator[Setting]:
    """The settings of a resource that exists, in the order of the project file."""
    if isinstance(resource, Bucket):
        yield from _bucket(place, place.names.bucket(name, place.account_id), resource)
    elif isinstance(resource, Table):
        yield from _table(place, place.names.table(name), resource)
    else:
        yield from _topic(place, place.topic_arn(name, resource), resource)


def _bucket(place: Place, name: str, bucket: Bucket) -> Iterator[Setting]:
    s3, customer = place.aws("s3"), place.project.encryption == "customer"
    blocked = partial(_public_access, s3, name)
    yield Setting("public access block", f"{len(_PUBLIC_ACCESS)} of {len(_PUBLIC_ACCESS)} settings", blocked)
    status = partial(_versioning, s3, name)
    yield Setting("versioning", bucket.versioned, status)
    yield Setting("encryption", OWN_KEY if customer else "AES256", partial(_encryption, place, s3, name))
    yield Setting("expiration in days", bucket.expire_days, partial(_expiration, s3, name))
    origins = [sorted(rule.origins) for rule in bucket.cors_rules]
    yield Setting("CORS", origins, partial(_origins, s3, name))


def _public_access(s3: Any, name: str) -> str:
    answer = _optional(lambda: s3.get_public_access_block(Bucket=name), "NoSuchPublicAccessBlockConfiguration")
    blocked = answer.get("PublicAccessBlockConfiguration") or {}
    return f"{sum(bool(blocked.get(each)) for each in _PUBLIC_ACCESS)} of {len(_PUBLIC_ACCESS)} settings"


def _versioning(s3: Any, name: str) -> bool:
    return bool(s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled")


def _encryption(place: Place, s3: Any, name: str) -> str | None:
    answer = _optional(lambda: s3.get_bucket_encryption(Bucket=name), "ServerSideEncryptionConfigurationNotFoundError")
    rules = (answer.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or [{}]
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    algorithm: str | None = default.get("SSEAlgorithm")
    return place.key(default.get("KMSMasterKeyID")) or algorithm


def _expiration(s3: Any, name: str) -> int | None:
    answer = _optional(lambda: s3.get_bucket_lifecycle_configuration(Bucket=name), "NoSuchLifecycleConfiguration")
    enabled = (rule.get("Expiration") or {} for rule in answer.get("Rules") or () if rule.get("Status") == "Enabled")
    return min((each["Days"] for each in enabled if "Days" in each), default=None)


def _origins(s3: Any, name: str) -> list[list[str]]:
    answer = _optional(lambda: s3.get_bucket_cors(Bucket=name), "NoSuchCORSConfiguration")
    return [sorted(rule["AllowedOrigins"]) for rule in answer.get("CORSRules") or ()]


def _table(place: Place, name: str, table: Table) -> Iterator[Setting]:
    dynamodb, protected = place.aws("dynamodb"), place.project.protected

    @cache
    def described() -> Mapping[str, Any]:
        found: Mapping[str, Any] = dynamodb.describe_table(TableName=name)["Table"]
        return found

    yield Setting("primary key", (table.key, table.sort_key), lambda: _keys(described()))
    yield Setting("ttl", table.ttl, partial(_ttl, dynamodb, name))
    yield Setting("deletion protection", protected, lambda: bool(described().get("DeletionProtectionEnabled")))
    yield Setting("point-in-time recovery", protected, partial(_recovery, dynamodb, name))
    expected = OWN_KEY if place.project.encryption == "customer" else "the key of DynamoDB"
    yield Setting("encryption", expected, lambda: _table_key(place, described()))


def _keys(table: Mapping[str, Any]) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    keys = {each["KeyType"]: {each["AttributeName"]: types[each["AttributeName"]]} for each in table["KeySchema"]}
    return keys.get("HASH"), keys.get("RANGE")


def _ttl(dynamodb: Any, name: str) -> str | None:
    found = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    attribute: str | None = found.get("AttributeName")
    return attribute if found.get("TimeToLiveStatus", "DISABLED") in ("ENABLED", "ENABLING") else None


def _recovery(dynamodb: Any, name: str) -> bool:
    found = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return bool(found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED")


def _table_key(place: Place, table: Mapping[str, Any]) -> str:
    """The key of a table. DynamoDB describes one only where it is not its own (API Reference, SSEDescription)."""
    described = table.get("SSEDescription") or {}
    if described.get("SSEType") != "KMS":
        return "the key of DynamoDB"
    found = place.key(described.get("KMSMasterKeyArn"))
    return found if found == OWN_KEY else OTHER_KEY


def _topic(place: Place, arn: str, topic: Topic) -> Iterator[Setting]:
    sns, customer = place.aws("sns"), place.project.encryption == "customer"

    @cache
    def attributes() -> Mapping[str, str]:
        found: Mapping[str, str] = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        return found

    yield Setting("fifo", topic.fifo, lambda: attributes().get("FifoTopic", "false") == "true")
    key = OWN_KEY if customer else TOPIC_KEY
    yield Setting("encryption", key, lambda: place.key(attributes().get("KmsMasterKeyId")))


def _optional(call: Callable[[], Any], missing: str) -> Mapping[str, Any]:
    """The answer about a bucket's setting; an empty one where the code is `missing`: the bucket does not have it."""
    from botocore.exceptions import ClientError

    try:
        answer: Mapping[str, Any] = call()
    except ClientError as error:
        if _code(error) != missing:
            raise
        return {}
    return answer


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code"))
