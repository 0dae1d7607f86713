"""Deregisters the task definitions of what an apply removed.

Terraform leaves revisions registered (`skip_destroy`), so that rollbacks, schedules and pipelines can use earlier ones.
When a service or the whole stack is gone, nothing uses them any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from operations import aws
from operations.reporter import activity
from operations.text import counted
from stacks.naming import Names

if TYPE_CHECKING:
    from operations.plan.model import Plan
    from operations.reporter import Reporter
    from operations.stack import Stack
    from operations.state.document import StateDocument
    from stacks.project.models import Project

ONE_OFF = "_run"
"""What the family of a revision that `ecsforge run --image` registers ends with; no service has such a name."""
_TYPE = "aws_ecs_task_definition"


def removed_families(planned: Plan, read_state: Callable[[], StateDocument]) -> frozenset[str]:
    """The families of the task definitions that a plan removes and does not replace.

    The state, which has their names, is only read if there are any.
    """
    removed = {each.address for each in planned.resources if each.type == _TYPE and each.action == "destroy"}
    if not removed:
        return frozenset()
    found = [each for each in read_state().managed if each.type == _TYPE]
    kept = {each.attributes.get("family") for each in found if each.address not in removed}
    return frozenset(str(each.attributes["family"]) for each in found if each.address in removed) - kept


def families_of(project: Project) -> frozenset[str]:
    """The families of all services of a project, which a destroy that was interrupted may have left."""
    names = Names(project.project_id, project.env)
    return frozenset(names.task_definition(service) for service in project.services)


def deregister_families(stack: Stack, reporter: Reporter, families: Collection[str]) -> None:
    """Deregister every revision of these families. Raises AwsError when AWS refuses a request."""
    if not families:
        return
    with (
        activity(reporter, "Deregistering task definitions"),
        aws.errors("deregistering the task definitions that are no longer used"),
    ):
        revisions = deregister(aws.client(stack.session, "ecs"), families)
    if revisions:
        reporter.say(f"Deregistered {counted(revisions, 'revision')} of {', '.join(sorted(families))}")


def deregister(ecs: Any, families: Collection[str]) -> int:
    """Deregister every revision of these families, and those that an `ecsforge run` which was killed has left.

    Returns how many there were. Raises botocore's ClientError.
    """
    every = [name for family in sorted(families) for name in (family, family + ONE_OFF)]
    arns = [arn for family in every for arn in _revisions(ecs, family)]
    for arn in arns:
        ecs.deregister_task_definition(taskDefinition=arn)
    return len(arns)


def _revisions(ecs: Any, family: str) -> Iterator[str]:
    """The active revisions of a family."""
    for page in ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family, status="ACTIVE"):
        for arn in page["taskDefinitionArns"]:
            if family_of(arn) == family:
                yield arn


def family_of(task_definition: str) -> str:
    """The family in the ARN or the name of a revision: `web` in `arn:…:task-definition/web:3` and in `web:3`."""
    return task_definition.rpartition("/")[2].partition(":")[0]
