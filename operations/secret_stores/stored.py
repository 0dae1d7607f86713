"""Parameters of SSM and secrets of Secrets Manager, described without reading their values.

Sources: the API references of DescribeParameters (at most 50 names in a filter) and DescribeSecret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations.clients import Requests
from stacks.errors import AwsError
from stacks.references import SecretReference

NAMES_IN_FILTER = 50
CURRENT_STAGE = "AWSCURRENT"
_MISSING = "ResourceNotFoundException"
_AWS_KEYS = ("alias/aws/ssm", "alias/aws/secretsmanager")


@dataclass(frozen=True)
class StoredSecret:
    """A parameter or secret in AWS. Its value is not read.

    Attributes:
        arn: Its ARN.
        name: Its name.
        kind: The type of a parameter, `SecureString`, `String` or `StringList`; `secret` for a secret.
        changed: When its value was last changed; None if AWS does not report it.
        key: The KMS key as AWS reports it, an ID, ARN or alias; empty for the one that AWS manages, or without one.
        deleted: When a secret will be deleted; None unless it is scheduled for deletion.
        stages: The version IDs of a secret with their stages.
        owner: The AWS service that manages a secret, such as `rds`; empty without one.
        tier: The tier of a parameter; empty for a secret.
    """

    arn: str
    name: str
    kind: str
    changed: datetime | None = None
    key: str = ""
    deleted: datetime | None = None
    stages: Mapping[str, Sequence[str]] | None = None
    owner: str = ""
    tier: str = ""

    @property
    def has_value(self) -> bool:
        """Whether there is a value to read: a secret can be created without one."""
        return self.stages is None or any(CURRENT_STAGE in stages for stages in self.stages.values())


@dataclass(frozen=True)
class Place:
    """The region of a parameter or secret, and the account if the reference names one; else both are empty."""

    region: str = ""
    account: str = ""

    @classmethod
    def of(cls, reference: SecretReference) -> Place:
        """The place in the reference's ARN."""
        parts = reference.name.split(":")
        return cls(parts[3], parts[4]) if reference.name.startswith("arn:") else cls()


def find_secrets(
    requests: Requests, references: Collection[SecretReference]
) -> dict[SecretReference, StoredSecret | None]:
    """The parameter or secret of each reference; None where it does not exist.

    Raises:
        AwsError: AWS refused a request.
    """
    found: dict[SecretReference, StoredSecret | None] = {}
    parameters = [each for each in references if each.service == "ssm"]
    for region in dict.fromkeys(Place.of(each).region for each in parameters):
        found |= _parameters(requests, region, [each for each in parameters if Place.of(each).region == region])
    secrets: dict[str, StoredSecret | None] = {}
    for reference in references:
        if reference.service != "ssm":
            if reference.name not in secrets:
                secrets[reference.name] = _secret(requests, reference)
            found[reference] = secrets[reference.name]
    return found


def parameter_name(reference: SecretReference) -> str:
    """The name of a parameter, which an ARN contains after `:parameter`."""
    if not reference.name.startswith("arn:"):
        return reference.name
    resource = reference.name.split(":", 5)[5].removeprefix("parameter")
    # The ARN of `/shop/url` has one slash after `parameter`, and so has that of `url`.
    return resource if "/" in resource[1:] else resource.removeprefix("/")


def _parameters(
    requests: Requests, region: str, references: Sequence[SecretReference]
) -> dict[SecretReference, StoredSecret | None]:
    names = list(dict.fromkeys(name for each in references for name in _spellings(each)))
    stored: dict[str, StoredSecret] = {}
    for start in range(0, len(names), NAMES_IN_FILTER):
        filters = [{"Key": "Name", "Option": "Equals", "Values": names[start : start + NAMES_IN_FILTER]}]
        items = requests.items(
            "ssm", "describe_parameters", "Parameters", region=region or None, ParameterFilters=filters
        )
        stored |= {item["Name"]: _parameter(item) for item in items}
    return {each: next((stored[name] for name in _spellings(each) if name in stored), None) for each in references}


def _spellings(reference: SecretReference) -> tuple[str, ...]:
    """The names that a reference can mean: `url` and `/url` have the same ARN."""
    name = parameter_name(reference)
    bare = name.removeprefix("/")
    return (name,) if "/" in bare else (name, bare if name != bare else f"/{bare}")


def _parameter(item: Mapping[str, Any]) -> StoredSecret:
    key = item.get("KeyId") or ""
    return StoredSecret(
        item.get("ARN") or "",
        item["Name"],
        item.get("Type") or "SecureString",
        item.get("LastModifiedDate"),
        "" if key in _AWS_KEYS else key,
        tier=item.get("Tier") or "",
    )


def _secret(requests: Requests, reference: SecretReference) -> StoredSecret | None:
    try:
        item = requests.call(
            "secretsmanager",
            "describe_secret",
            region=Place.of(reference).region or None,
            SecretId=reference.name,
        )
    except AwsError as error:
        if _MISSING in error.codes:
            return None
        raise
    key = item.get("KmsKeyId") or ""
    return StoredSecret(
        item["ARN"],
        item["Name"],
        "secret",
        item.get("LastChangedDate") or item.get("CreatedDate"),
        "" if key in _AWS_KEYS else key,
        item.get("DeletedDate"),
        item.get("VersionIdsToStages") or {},
        item.get("OwningService") or "",
    )
