"""Whether a change of an ECS service restarts its tasks: ECS starts a new deployment, which replaces all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operations.plan.values import has_mark

SERVICE = "aws_ecs_service"

_STARTS_A_DEPLOYMENT = (
    "task_definition",
    "network_configuration",
    "platform_version",
    "load_balancer",
    "service_registries",
    "service_connect_configuration",
    "volume_configuration",
    "vpc_lattice_configurations",
    # ECS accepts this one only with a forced deployment, which the AWS provider requires too.
    "capacity_provider_strategy",
)
"""The arguments whose parameter of UpdateService "triggers a new service deployment". Those of the others, such as the
desired count and the deployment configuration, do not.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html"""

_NOT_SENT = ("tags", "tags_all", "force_delete")
"""The arguments that the AWS provider changes without UpdateService (`resourceServiceUpdate`)."""


def restarts_tasks(change: Mapping[str, Any]) -> bool:
    """Whether an update of an ECS service in place restarts all its tasks.

    `change` is the `change` of the resource in `terraform show -json`. A value that is known only after the apply
    counts as another one.
    """
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    changed = {
        name
        for name in {*before, *after, *unknown}
        if name not in _NOT_SENT and _changes(name, before.get(name), after.get(name), unknown.get(name))
    }
    if after.get("force_new_deployment") and changed:
        return True
    return not changed.isdisjoint(_STARTS_A_DEPLOYMENT)


def runs_another_definition(change: Mapping[str, Any]) -> bool:
    """Whether an ECS service runs another task definition after a change than it does now; true for a new service.

    `change` is the `change` of the resource in `terraform show -json`.
    """
    before, after, unknown = (change.get(key) for key in ("before", "after", "after_unknown"))
    name = "task_definition"
    if after is None:
        return False
    return before is None or _changes(name, before.get(name), after.get(name), (unknown or {}).get(name))


def _changes(name: str, before: Any, after: Any, unknown: Any) -> bool:
    if has_mark(unknown):
        return True
    if name == "task_definition":  # of an imported service the state has family and revision, not the ARN
        return _revision(before) != _revision(after)
    return bool(_plain(before) != _plain(after))


def _plain(value: Any) -> Any:
    """The value without empty ones, which are equal to absent ones; blocks and sets have no order here."""
    if isinstance(value, Mapping):
        return {key: plain for key, item in value.items() if (plain := _plain(item)) is not None} or None
    if isinstance(value, list):
        return sorted(map(_plain, value), key=repr) or None
    return None if value == "" else value


def _revision(task_definition: Any) -> str:
    return str(task_definition or "").rpartition("/")[2]
