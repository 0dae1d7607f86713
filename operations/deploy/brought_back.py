"""What a plan brings back: the revision that a service ran before a rollback.

A rollback, by `ecsforge rollback` or by ECS after a failed deployment, changes the service and not Terraform's state.
The next plan then moves the service to the revision in the state, which exists: a new one would be unknown in the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations import aws
from stacks.errors import AwsError

if TYPE_CHECKING:
    import boto3

    from operations.plan.model import Plan, ResourceChange
    from operations.reporter import Reporter

_TYPES = ("aws_ecs_service", "aws_scheduler_schedule")
_ARGUMENTS = ("task_definition", "task_definition_arn")


@dataclass(frozen=True)
class BroughtBack:
    """A service that a plan moves from an earlier revision to a later one that exists.

    Attributes:
        service: The service in the project file.
        runs: The family and revision that it runs.
        returns: The ARN of the revision that the plan brings back.
    """

    service: str
    runs: str
    returns: str


def brought_back(plan: Plan) -> tuple[BroughtBack, ...]:
    """The services that a plan moves to a later revision that exists."""
    found = (_move(each) for each in plan.resources if each.type in _TYPES and each.action == "update")
    return tuple(each for each in found if each is not None)


def report_brought_back(plan: Plan, session: boto3.Session, reporter: Reporter) -> None:
    """Say what a plan brings back, with the images where AWS allows to read them."""
    for each in brought_back(plan):
        images = _images(session, each)
        returns = f"{_revision(each.returns)}{f' ({images[1]})' if images else ''}"
        runs = f"{each.runs}{f' ({images[0]})' if images else ''}"
        reporter.say(f"{each.service} runs {runs} since a rollback: this plan brings back {returns}")


def _move(resource: ResourceChange) -> BroughtBack | None:
    for change in resource.attributes:
        before, after = _revision(change.before), _revision(change.after)
        named = str(change.path).rpartition(".")[2] in _ARGUMENTS
        if named and 0 < _number(before) < _number(after):
            return BroughtBack(resource.place.service or resource.place.group, before, str(change.after))
    return None


def _revision(value: object) -> str:
    """The family and revision of an ARN, or of themselves."""
    return value.rpartition("/")[2] if isinstance(value, str) else ""


def _number(revision: str) -> int:
    number = revision.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _images(session: boto3.Session, moved: BroughtBack) -> tuple[str, str] | None:
    """The images of both revisions; None if they can't be read or are equal."""
    try:
        with aws.errors("task definitions"):
            ecs = aws.client(session, "ecs")
            runs, returns = (" ".join(_containers(ecs, each)) for each in (moved.runs, moved.returns))
    except AwsError:  # the plan itself does not need this permission
        return None
    return None if runs == returns else (runs, returns)


def _containers(ecs: Any, name: str) -> Iterator[str]:
    definition = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    yield from (each["image"] for each in definition["containerDefinitions"])
