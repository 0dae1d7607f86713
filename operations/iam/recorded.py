"""The actions that recorded calls need. A recorder keeps the names of parameters, not the requests themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from operations.iam.actions import action_of
from operations.iam.calls import PASSED_ROLES
from operations.iam.dependent_actions import DEPENDENT
from operations.iam.tag_on_create import tagging_action


def actions_of_recorded(service: str, operation: str, parameters: Collection[str], *, tagged: bool) -> frozenset[str]:
    """The IAM actions of a recorded operation: its own, and those that AWS checks beside it.

    Args:
        service: The service, as boto3 names it.
        operation: The operation.
        parameters: The names of the parameters that identify resources, without those above them.
        tagged: Whether it sets tags.
    """
    return frozenset(_actions(service, operation, parameters, tagged))


def _actions(service: str, operation: str, parameters: Collection[str], tagged: bool) -> Iterator[str]:
    own = action_of(service, operation)
    yield own
    prefix = own.partition(":")[0]
    if any(_last(role.path) in parameters for role in PASSED_ROLES.get((prefix, operation), ())):
        yield "iam:PassRole"
    tagging = tagging_action(prefix, operation)
    if tagged and tagging is not None:
        yield tagging
    for dependent in DEPENDENT.get((prefix, operation), ()):
        if not dependent.parameter or _last(dependent.parameter) in parameters:
            yield from dependent.actions


def _last(path: str) -> str:
    return path.rpartition(".")[2]
