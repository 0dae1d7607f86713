"""Stops tasks that keep what an apply removes: a running task keeps its security group, its subnets and the cluster.

Terraform stops the tasks of a service. Nothing stops the running task of a job, or one that somebody started with
RunTask. Both are stopped once Terraform has destroyed the service or the schedule of their task definition family, so
that nothing starts another one. Terraform waits for the end: it tries for 15 minutes to delete a security group that is
in use, and for 10 minutes to delete a cluster with tasks (`internal/service/ec2/vpc_security_group.go` and
`internal/service/ecs/cluster.go` in the AWS provider). ECS kills a container after its `stop_timeout`, at most two
minutes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.deploy.families import family_of
from operations.terraform.stream import Step
from operations.text import counted
from stacks.errors import AwsError
from stacks.naming import Names

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack
    from operations.state.document import Instance, StateDocument

_SERVICE, _SCHEDULE = "aws_ecs_service", "aws_scheduler_schedule"
# What Terraform waits for while a task runs.
_KEPT = ("aws_ecs_cluster", "aws_ecs_cluster_capacity_providers", "aws_security_group", "aws_subnet")
_REASON = "ecsforge removed what started this task"


class RunningTasks:
    """The running tasks of the families that an apply removes. Requests that AWS refuses are warnings.

    Args:
        stack: The stack.
        reporter: Receives Terraform's events and what was stopped.
        families: The task definition families that the apply removes.
        starters: The addresses that the apply destroys and that start tasks, each with its family.
    """

    def __init__(
        self, stack: Stack, reporter: Reporter, families: Collection[str], starters: Mapping[str, str]
    ) -> None:
        self._stack, self._reporter = stack, reporter
        self._cluster = Names(stack.project.project_id, stack.project.env).cluster
        self._starters = {address: family for address, family in starters.items() if family in families}
        self._stoppable = set(families) - set(self._starters.values())

    def stop_abandoned(self) -> None:
        """Stop the tasks of families whose service or schedule is gone, as after an interrupted destroy."""
        self._stop(self._stoppable)

    def event(self, event: object) -> None:
        """Pass on an event of the apply, and stop tasks when it is that nothing starts them any more."""
        self._reporter.event(event)
        if not isinstance(event, Step) or event.action != "delete":
            return
        if event.state == "done" and (family := self._starters.pop(event.address, None)):
            if family not in self._starters.values():
                self._stoppable.add(family)
                self._stop([family])
        elif event.state == "progress" and event.type in _KEPT:
            # A run that the schedule was starting when it was deleted.
            self._stop(self._stoppable)

    def _stop(self, families: Iterable[str]) -> None:
        for family in sorted(families):
            with self._warnings(family):
                ecs = aws.client(self._stack.session, "ecs")
                if stopped := stop_tasks(ecs, self._cluster, family):
                    count = counted(len(stopped), "running task")
                    self._reporter.say(f"Stopped {count} of {family}: {', '.join(stopped)}")

    @contextmanager
    def _warnings(self, family: str) -> Iterator[None]:
        """Report an error of AWS as a warning with the commands that stop the tasks, and do not try again."""
        try:
            with aws.errors(f"stopping the tasks of {family}"):
                yield
        except AwsError as error:
            self._stoppable.discard(family)
            allow = "; or allow ecs:ListTasks and ecs:StopTask for the user or role that deploys"
            fix = f"stop them: {self._commands(family)}{allow if error.codes & aws.DENIED else ''}"
            for problem in error.problems:
                self._reporter.warn(replace(problem, fix=fix))

    def _commands(self, family: str) -> str:
        cluster = f"--cluster {self._cluster}"
        return (
            f"`aws ecs list-tasks {cluster} --family {family}`, then `aws ecs stop-task {cluster} --task ID` for each"
        )


def stop_tasks(ecs: Any, cluster: str, family: str) -> list[str]:
    """Stop the running tasks of a family, and return their IDs. Raises botocore's ClientError."""
    try:
        pages = list(ecs.get_paginator("list_tasks").paginate(cluster=cluster, family=family, desiredStatus="RUNNING"))
    except ecs.exceptions.ClusterNotFoundException:
        return []
    arns = [arn for page in pages for arn in page["taskArns"]]
    for arn in arns:
        ecs.stop_task(cluster=cluster, task=arn, reason=_REASON)
    return [arn.rpartition("/")[2] for arn in arns]


def removed_starters(planned: Plan, state: StateDocument) -> dict[str, str]:
    """The services and schedules that a plan destroys, by address, each with the family of its tasks."""
    removed = {each.address for each in planned.resources if each.action == "destroy"}
    found = [each for each in state.managed if each.type in (_SERVICE, _SCHEDULE) and each.address in removed]
    return {each.address: _family(each) for each in found}


def _family(starter: Instance) -> str:
    attributes: Any = starter.attributes
    if starter.type == _SERVICE:
        definition = attributes.get("task_definition")
    else:
        parameters = [each for target in attributes.get("target") or () for each in target.get("ecs_parameters") or ()]
        definition = parameters[0].get("task_definition_arn") if parameters else None
    return family_of(str(definition or ""))
