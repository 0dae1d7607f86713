"""Compares what services may do with what they use, and its variables, with the project file.

The policies are those of the task role in the account; `operations.iam` evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from operations.iam import Policies, Principal, Request, decide, parse
from operations.rehearsal.check import Check
from operations.rehearsal.permissions import statements_of
from stacks.naming import Names
from stacks.project.models import Project, Service
from stacks.project.uses import QUEUE, Used, used_by
from stacks.references import partition_of

_READ = {"bucket": ("s3:GetObject", "s3:ListBucket"), "table": ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")}
_WRITE = {
    "bucket": ("s3:PutObject", "s3:DeleteObject"),
    "table": ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
}
_SEND = {"topic": ("sns:Publish",), QUEUE: ("sqs:SendMessage",)}
_NEVER = {
    "bucket": ("s3:DeleteBucket", "s3:PutBucketPolicy"),
    "table": ("dynamodb:DeleteTable", "dynamodb:UpdateTable"),
    "topic": ("sns:Subscribe", "sns:SetTopicAttributes", "sns:DeleteTopic"),
    QUEUE: ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"),
}


def use_checks(
    project: Project, name: str, service: Service, iam: Any, account_id: str, container: Mapping[str, Any]
) -> Iterator[Check]:
    """The variables and permissions of a service for everything that it uses.

    Args:
        project: The project.
        name: The service's name.
        service: The service.
        iam: The client of IAM.
        account_id: The account.
        container: The service's container in the registered task definition.
    """
    subject, names = f"service `{name}`", Names(project.project_id, project.env)
    used = tuple(used_by(project, service))
    if not used:
        return
    role = names.role(name, "task")
    document = {"Version": "2012-10-17", "Statement": list(statements_of(iam, role))}
    policies = Policies(identity=(parse(document),))
    principal = Principal("AWS", f"arn:{partition_of(project.region)}:iam::{account_id}:role/{role}")
    variables = {each["name"]: each["value"] for each in container.get("environment", [])}
    for each in used:
        arn = arn_of(each, project, account_id)
        if arn is None:
            continue
        for key, variable in each.use.variables.items():
            found = _path(variables.get(variable, "")) if key == "url" else variables.get(variable)
            yield Check(subject, f"{variable}, the {key} of {each.name}", _value(key, arn), found)
        actions = sorted({*_allowed(each), *_possible(each.kind)})
        found_actions = [
            action for action in actions if decide(policies, Request(principal, action, _on(action, arn))).allowed
        ]
        yield Check(subject, f"permissions on {each.name}", sorted(_allowed(each)), found_actions)


def arn_of(used: Used, project: Project, account_id: str) -> str | None:
    """The ARN of what a service uses; None for kinds without permissions."""
    names, partition = Names(project.project_id, project.env), partition_of(project.region)
    if used.kind == "bucket":
        return f"arn:{partition}:s3:::{names.bucket(used.name, account_id)}"
    resources = {
        "table": ("dynamodb", f"table/{names.table(used.name)}"),
        "topic": ("sns", names.topic(used.name, fifo=used.fifo)),
        QUEUE: ("sqs", names.queue(used.name, fifo=used.fifo)),
    }
    if used.kind not in resources:
        return None
    service, resource = resources[used.kind]
    return f"arn:{partition}:{service}:{project.region}:{account_id}:{resource}"


def _value(key: str, arn: str) -> str:
    """The value of a variable; of a queue's URL only the path, because its host is that of the emulator."""
    name = arn.rpartition(":")[2].rpartition("/")[2]
    return f"{arn.split(':')[4]}/{name}" if key == "url" else arn if key == "arn" else name


def _path(url: str) -> str:
    return "/".join(url.split("/")[-2:])


def _allowed(used: Used) -> tuple[str, ...]:
    if used.kind in _SEND:
        return _SEND[used.kind]
    read = _READ[used.kind] if used.may_read else ()
    return (*read, *(_WRITE[used.kind] if used.may_write else ()))


def _possible(kind: str) -> tuple[str, ...]:
    """The actions to try: those of every access, and some that no access allows."""
    return (*_READ.get(kind, ()), *_WRITE.get(kind, ()), *_SEND.get(kind, ()), *_NEVER[kind])


def _on(action: str, arn: str) -> str:
    """The resource of an action: an object of a bucket, or the resource itself."""
    return f"{arn}/example" if action.endswith("Object") else arn
