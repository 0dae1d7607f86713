"""Keys of other tools, and how to write them here.

The tools are Compose, Copilot manifests, the ECS API, the CDK's ecs-patterns, SST, Pulumi awsx and
terraform-aws-modules. Each table is for one model; a key is in snake case. A fix is a sentence, or a function of the
value that returns one, or None where the value says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.project.neighbors.sections import TABLES
from stacks.project.neighbors.services import WITHOUT_MEANING
from stacks.project.plain import snake

TYPES: Mapping[str, str] = {
    **dict.fromkeys(("api", "http", "website", "frontend", "public", "server", "service"), "web"),
    **dict.fromkeys(("load balanced web service", "request-driven web service", "web service", "web_service"), "web"),
    **dict.fromkeys(("backend", "backend service", "worker service", "background", "consumer", "queue"), "worker"),
    **dict.fromkeys(("private", "private service", "daemon", "background worker", "backend_service"), "worker"),
    **dict.fromkeys(("scheduled job", "cron", "cronjob", "cron job", "scheduled", "scheduled task", "batch"), "job"),
    **dict.fromkeys(("scheduled_task", "scheduled_job", "task"), "job"),
}
"""The types of other tools, in lower case, and ours."""


def neighbor_fix(model: str, key: str, value: Any) -> str | None:
    """How to write a key of another tool in the section of a model; None for a key that is not known."""
    name = snake(key)
    fix = TABLES.get(model, {}).get(name)
    if fix is None and model in ("Service", "Sidecar") and name in WITHOUT_MEANING:
        return f"remove it; ecsforge has no setting for {key}"
    return fix(value) if callable(fix) else fix
