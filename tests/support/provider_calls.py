"""The AWS calls of each resource type, from the log of the AWS provider.

The recorder of the emulator knows which operations were called, the provider's log also for which type and step. The
log has one JSON object a line with `TF_LOG=JSON`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import botocore.session

from operations.iam.actions import action_of
from operations.iam.dependent_actions import DEPENDENT
from operations.iam.tag_on_create import tagging_action
from stacks.resources import CATALOGUE
from stacks.resources.actions import NO_ACTIONS

LOGGING = {"TF_LOG": "JSON", "TF_LOG_PROVIDER": "DEBUG"}
"""With these variables and TF_LOG_PATH, Terraform logs every request."""
CONFIGURING = ("sts:GetCallerIdentity", "sts:AssumeRole")
"""What the provider calls to configure itself: IAM allows the first to everyone, `ASSUME` has the second."""
OF_EPHEMERAL = "aws_secretsmanager_secret_version"
"""The type whose entry has the actions of ephemeral resources: those of passwords."""
OF_OWN_TERRAFORM = frozenset({"aws_cloudfront_distribution"})
"""The types that only the projects' own Terraform has, which the catalogue does not know."""


@dataclass(frozen=True)
class ProviderCall:
    """A call of the AWS provider.

    Attributes:
        type: The Terraform type, `data.` before that of a data source; empty for the configuration of the provider.
        step: `read`, or `apply 1` for the first apply in the log and so on.
        action: The IAM action of the operation.
    """

    type: str
    step: str
    action: str


def provider_calls(log: Path) -> frozenset[ProviderCall]:
    """The calls in a log, each once."""
    return frozenset(_calls(log))


def _calls(log: Path) -> Iterator[ProviderCall]:
    applies = 0
    for line in log.open(encoding="utf-8", errors="replace"):
        if '"CLI args' in line:
            applies += '\\"apply\\"' in line
        elif '"HTTP Request Sent"' in line and '"tf_rpc"' in line:  # without it, Terraform reads or writes the state
            entry = json.loads(line)
            step = f"apply {applies}" if entry["tf_rpc"] == "ApplyResourceChange" else "read"
            data = entry.get("tf_data_source_type")
            kind = f"data.{data}" if data else entry.get("tf_resource_type", "")
            if "tf_ephemeral_resource_type" in entry:
                kind = OF_EPHEMERAL
            if kind in OF_OWN_TERRAFORM:
                continue
            yield ProviderCall(kind, step, action_of(_services()[entry["rpc.service"]], entry["rpc.method"]))


@cache
def _services() -> dict[str, str]:
    """The names of boto3 by the names that the SDKs have for services, `Elastic Load Balancing v2`."""
    session = botocore.session.get_session()
    used = ("application-autoscaling", "cloudwatch", "acm", "ec2", "ecr", "ecs", "efs", "elbv2", "iam", "kms", "logs")
    more = ("route53", "s3", "scheduler", "secretsmanager", "servicediscovery", "sns", "sqs", "sts", "wafv2")
    stores = ("dynamodb", "elasticache", "rds")
    return {session.get_service_model(name).service_id: name for name in (*used, *more, *stores)}


def not_granted(calls: Iterable[ProviderCall]) -> dict[str, set[str]]:
    """The actions of calls that the entry of their type lacks: for reads, among those for reading."""
    found: dict[str, set[str]] = {}
    for call in calls:
        actions = CATALOGUE[call.type].actions if call.type in CATALOGUE else NO_ACTIONS
        granted = {*actions.read} if call.step == "read" else actions.all
        if call.action not in {*granted, *CONFIGURING}:
            found.setdefault(f"{call.type} {call.step}", set()).add(call.action)
    return found


def not_called(calls: Iterable[ProviderCall]) -> dict[str, set[str]]:
    """The actions in the catalogue without a call of their type or a reason, and reasons of those with one."""
    needed: dict[str, set[str]] = {}
    for call in calls:
        needed.setdefault(call.type, set()).update({call.action, *beside(call.action)})
    found = {}
    for kind, entry in CATALOGUE.items():
        actions = {*entry.actions.read, *entry.actions.create, *entry.actions.update}
        actions |= {*entry.actions.delete, *entry.actions.tag}
        found[kind] = (actions - needed.get(kind, set())) ^ {*entry.actions.unrecorded}
    return {kind: actions for kind, actions in found.items() if actions}


def beside(action: str) -> set[str]:
    """The actions that AWS may check beside this one, for example to tag what it creates."""
    prefix, _, operation = action.partition(":")
    dependent = {name for each in DEPENDENT.get((prefix, operation), ()) for name in each.actions}
    tagging = tagging_action(prefix, operation)
    return dependent if tagging is None else {*dependent, tagging}
