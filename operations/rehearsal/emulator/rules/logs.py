"""Log groups and metric filters that CloudWatch Logs refuses.

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/, pages API_CreateLogGroup,
API_PutRetentionPolicy and API_PutMetricFilter; https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/, pages
encrypt-log-data-kms.html and FilterAndPatternSyntax.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.principals import as_list, principals, statements

INVALID = "InvalidParameterException"
RETENTION_DAYS = frozenset(
    {
        *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
    }
)
PAIRS = {"}": "{", "]": "[", ")": "("}


@rule("logs", "PutRetentionPolicy")
def retention(request: Request) -> None:
    """A number of days that is not one of AWS's."""
    days = request.parameters["retentionInDays"]
    text = (
        f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must "
    )
    values = ", ".join(map(str, sorted(RETENTION_DAYS)))
    refused_unless(days in RETENTION_DAYS, INVALID, f"{text}satisfy enum value set: [{values}]")


@rule("logs", "CreateLogGroup", "AssociateKmsKey")
def key(request: Request) -> None:
    """A key that does not exist, is disabled, or does not let CloudWatch Logs encrypt this log group."""
    arn, name = request.parameters.get("kmsKeyId"), request.parameters.get("logGroupName")
    if arn is None:
        return
    found = request.backend("kms").keys.get(arn.rpartition("/")[2])
    refused_unless(found is not None and found.enabled, INVALID, f"The specified KMS Key Id could not be found: {arn}")
    group = f"arn:aws:logs:{request.region}:{request.account}:log-group:{name}"
    text = f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group}'"
    allowed = any(_lets_encrypt(request, each, group) for each in statements(found.policy))
    refused_unless(allowed, "AccessDeniedException", text)


def _lets_encrypt(request: Request, statement: Mapping[str, Any], group: str) -> bool:
    """Whether a statement lets CloudWatch Logs encrypt a log group."""
    services = {"logs.amazonaws.com", f"logs.{request.region}.amazonaws.com"}
    names = {name for kind, name in principals(statement) if kind == "Service"}
    actions = as_list(statement.get("Action"))
    encrypts = any(fnmatchcase("kms:Encrypt", action) or action.startswith("kms:Encrypt") for action in actions)
    return statement.get("Effect") == "Allow" and bool(names & services) and encrypts and _matches(statement, group)


def _matches(statement: Mapping[str, Any], group: str) -> bool:
    for operator, conditions in statement.get("Condition", {}).items():
        if operator.startswith(("Arn", "StringLike", "StringEquals")):
            patterns = as_list(conditions.get("kms:EncryptionContext:aws:logs:arn"))
            normal = [re.sub(r"^arn:[^:]+:", "arn:aws:", each) for each in patterns]
            if normal and not any(fnmatchcase(group, each) for each in normal):
                return False
    return True


@rule("logs", "PutMetricFilter")
def metric_filter(request: Request) -> None:
    """A filter of a log group that does not exist, or with a malformed pattern."""
    group = request.parameters["logGroupName"]
    exists = group in request.backend().groups
    refused_unless(exists, "ResourceNotFoundException", "The specified log group does not exist.")
    if not _is_balanced(request.parameters.get("filterPattern", "")):
        raise Refused(INVALID, "Invalid metric filter pattern")


def _is_balanced(pattern: str) -> bool:
    """Whether brackets and quotes are closed, and a JSON or list pattern is all that there is."""
    text = pattern.strip()
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|%[^%]*%', "", text)
    if '"' in bare or (bare[:1] in "{[" and bare[:1] and bare[-1] != {"{": "}", "[": "]"}[bare[0]]):
        return False
    if bare[:1] not in ("{", "["):
        return True
    opened: list[str] = []
    for character in bare:
        if character in PAIRS.values():
            opened.append(character)
        elif character in PAIRS and (not opened or opened.pop() != PAIRS[character]):
            return False
    return not opened and bare.strip("{} ") != ""
