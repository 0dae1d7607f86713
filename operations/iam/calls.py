"""The requests that an API call needs: its own action, and those that AWS checks beside it.

A recorder sees operations. AWS also checks `iam:PassRole` for every role that a call hands to a service (IAM User
Guide, "Grant a user permissions to pass a role to an AWS service"), the actions that tag what the call creates, and
those of other services (`dependent_actions.py`).

What a call does not contain is not included: the roles of the task definition, which RunTask and CreateService pass to
ECS too; and `iam:CreateServiceLinkedRole`, which AWS checks once in an account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from operations.iam.api_call import ApiCall
from operations.iam.call_resources import resources_of
from operations.iam.dependent_actions import DEPENDENT
from operations.iam.request import Principal, Request
from operations.iam.tag_on_create import Context, tag_context, tagging_of, tags_of


@dataclass(frozen=True)
class PassedRole:
    """Where a call names a role, as a path of parameters, and the service that it hands the role to."""

    path: str
    service: str


_TASK = (PassedRole("executionRoleArn", "ecs-tasks"), PassedRole("taskRoleArn", "ecs-tasks"))
_OVERRIDES = tuple(replace(role, path=f"overrides.{role.path}") for role in _TASK)
_SCHEDULE = (PassedRole("Target.RoleArn", "scheduler"),)
_MONITORING = (PassedRole("MonitoringRoleArn", "monitoring.rds"),)
PASSED_ROLES: Mapping[tuple[str, str], tuple[PassedRole, ...]] = {
    ("application-autoscaling", "RegisterScalableTarget"): (PassedRole("RoleARN", "application-autoscaling"),),
    ("ec2", "CreateFlowLogs"): (PassedRole("DeliverLogsPermissionArn", "vpc-flow-logs"),),
    ("ecs", "CreateService"): (PassedRole("role", "ecs"),),
    ("ecs", "RegisterTaskDefinition"): _TASK,
    ("ecs", "RunTask"): _OVERRIDES,
    ("ecs", "StartTask"): _OVERRIDES,
    ("events", "PutTargets"): (PassedRole("Targets.RoleArn", "events"),),
    ("logs", "PutSubscriptionFilter"): (PassedRole("roleArn", "logs"),),
    ("rds", "CreateDBInstance"): _MONITORING,
    ("rds", "ModifyDBInstance"): _MONITORING,
    ("scheduler", "CreateSchedule"): _SCHEDULE,
    ("scheduler", "UpdateSchedule"): _SCHEDULE,
}
"""The operations that hand roles to services."""


def requests_of(call: ApiCall, principal: Principal) -> tuple[Request, ...]:
    """Every request that IAM has to allow for a call, that of its own action first.

    A call on several resources needs its action on each of them.
    """
    place: Context = {"aws:RequestedRegion": call.region, "aws:SecureTransport": "true"}
    tagged = {**place, **tag_context(tags_of(call))}
    resources = resources_of(call)
    own = [Request(principal, call.action, resource, tagged, call.account) for resource in resources]
    tagging = [
        Request(principal, action, resource, {**tagged, **context}, call.account)
        for action, resource, context in tagging_of(call, resources)
    ]
    return (*own, *_passing(call, principal, place), *_beside(call, principal, place), *tagging)


def _passing(call: ApiCall, principal: Principal, place: Context) -> Iterator[Request]:
    for passed in PASSED_ROLES.get((call.prefix, call.operation), ()):
        context = {**place, "iam:PassedToService": f"{passed.service}.amazonaws.com"}
        for role in _texts_at(call.parameters, passed.path.split(".")):
            # ECS also takes the name of a role.
            arn = role if role.startswith("arn:") else call.arn(f"role/{role}", service="iam", region="")
            yield Request(principal, "iam:PassRole", arn, context)


def _texts_at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts_at(item, path)
    elif isinstance(value, Mapping) and path:
        yield from _texts_at(value.get(path[0]), path[1:])
    elif isinstance(value, str) and value and not path:
        yield value


def _beside(call: ApiCall, principal: Principal, place: Context) -> Iterator[Request]:
    for dependent in DEPENDENT.get((call.prefix, call.operation), ()):
        named = list(_texts_at(call.parameters, dependent.parameter.split("."))) if dependent.parameter else ["*"]
        for action in dependent.actions:
            for resource in named:
                yield Request(principal, action, resource, place, call.account)
