"""Starts one task with RunTask, and explains why ECS did not.

Sources: the ECS API reference (RunTask) and the ECS Developer Guide ("API failure reasons").
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from operations import aws
from stacks.errors import AwsError, Position, Problem

ROLE_SECONDS, ROLE_PAUSE = 90.0, 5.0
"""How long, and how often, to try again while ECS does not know a role that has just been created."""
_NEW_ROLE = re.compile(r"unable to assume (?:the )?(?:service linked )?role|role .* is not authorized", re.IGNORECASE)
_ADVICE = tuple(
    (re.compile(pattern, re.IGNORECASE), advice)
    for pattern, advice in (
        (r"PassRole", "allow iam:PassRole on the task's roles for the user or role that deploys"),
        (
            r"capacity is unavailable",
            "Fargate has no capacity in these availability zones: try again in some minutes, or use more zones",
        ),
        (
            r"limit on the number of (?:vCPUs|tasks)|concurrently",
            "raise the quota `Fargate On-Demand vCPU resource count` of the account, or stop other tasks",
        ),
        (
            r"RESOURCE:ENI|network interface|InsufficientFreeAddresses|free addresses",
            "the subnets have no free address, or the account no free network interface: use larger subnets, or raise "
            "the quota `Network interfaces per Region`",
        ),
        (r"^RESOURCE:", "the cluster lacks this resource: try again in some minutes"),
        (r"^(?:MISSING|INACTIVE)", "deploy again: a part of what the task needs was deleted"),
        (r"unable to assume", "check the trust policy of the task's roles: ecs-tasks.amazonaws.com must be in it"),
        (r"ACCESS_DENIED|not authorized|AccessDenied", "allow ecs:RunTask for the user or role that deploys"),
        (r"blocked", "AWS has blocked the account: contact AWS Support"),
    )
)


@dataclass(frozen=True)
class TaskRequest:
    """A task to run.

    Attributes:
        where: What it belongs to, for messages: `services.web.deployment.before[0]`.
        cluster: The cluster's name or ARN.
        task_definition: The task definition's ARN.
        container: The container whose command is replaced, and whose exit code counts.
        command: The command; empty for that of the task definition.
        subnets: The IDs of its subnets.
        security_groups: The IDs of its security groups.
        public_ip: Whether it gets a public address.
        timeout: Seconds that the command may run.
        platform_version: The version of the Fargate platform.
        env_vars: Environment variables of the container, besides those of the task definition.
        cpu: CPU units of the task, another than in the task definition; None for that one.
        memory: MiB of the task, another than in the task definition; None for that one.
        token: Identifies this run, so that a repeated request does not start a second task.
    """

    where: str
    cluster: str
    task_definition: str
    container: str
    command: tuple[str, ...]
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    public_ip: bool = False
    timeout: float = 600
    platform_version: str = "LATEST"
    env_vars: Mapping[str, str] = field(default_factory=dict, repr=False)
    cpu: int | None = None
    memory: int | None = None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def started_by(self) -> str:
        """ECS's `startedBy`, by which the task can be found."""
        return f"ecsforge/{self.token}"

    @property
    def overrides(self) -> dict[str, Any]:
        """What the task has instead of the values of its task definition (TaskOverride)."""
        container: dict[str, Any] = {"name": self.container}
        if self.command:
            container["command"] = list(self.command)
        if self.env_vars:
            container["environment"] = [{"name": key, "value": value} for key, value in self.env_vars.items()]
        sizes = {"cpu": self.cpu, "memory": self.memory}
        return {"containerOverrides": [container], **{key: str(size) for key, size in sizes.items() if size}}

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of RunTask. On demand, because Spot can interrupt the command."""
        network = {
            "subnets": list(self.subnets),
            "securityGroups": list(self.security_groups),
            "assignPublicIp": "ENABLED" if self.public_ip else "DISABLED",
        }
        return {
            "cluster": self.cluster,
            "taskDefinition": self.task_definition,
            "count": 1,
            "launchType": "FARGATE",
            "platformVersion": self.platform_version,
            "networkConfiguration": {"awsvpcConfiguration": network},
            "overrides": self.overrides,
            "enableECSManagedTags": True,
            "propagateTags": "TASK_DEFINITION",
            "startedBy": self.started_by,
            "clientToken": self.token,
        }


def start(
    ecs: Any,
    request: TaskRequest,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Start the task and return its ARN.

    A role that has just been created is unknown to ECS for some seconds; the request is repeated for a while then.

    Raises:
        AwsError: ECS did not start it.
    """
    deadline = clock() + ROLE_SECONDS
    while True:
        try:
            return _started(ecs, request)
        except AwsError as error:
            if not _NEW_ROLE.search(_text(error)) or clock() >= deadline:
                raise
            sleep(ROLE_PAUSE)


def _started(ecs: Any, request: TaskRequest) -> str:
    try:
        with aws.errors(request.where):
            answer = ecs.run_task(**request.arguments)
            if not answer.get("failures"):
                arn: str = answer["tasks"][0]["taskArn"]
                return arn
    except AwsError as error:
        raise _explained(error) from error.__cause__
    raise AwsError(*(_failure(request.where, each) for each in answer["failures"]))


def _failure(where: str, failure: Mapping[str, Any]) -> Problem:
    reason = str(failure.get("reason", "")).rstrip(".")
    detail = str(failure.get("detail", "")).rstrip(".")
    got = ": ".join(filter(None, (reason, detail))) or "no reason"
    fix = _advice(got) or "fix the reported cause"
    return Problem(Position(where), "ECS did not start the task", got, fix, code=reason.partition(":")[0] or None)


def _explained(error: AwsError) -> AwsError:
    """The error with advice about RunTask, where there is any."""
    return AwsError(*(replace(each, fix=_advice(each.got or "") or each.fix) for each in error.problems))


def _advice(text: str) -> str | None:
    return next((advice for pattern, advice in _ADVICE if pattern.search(text)), None)


def _text(error: AwsError) -> str:
    return " ".join(each.got or "" for each in error.problems)
