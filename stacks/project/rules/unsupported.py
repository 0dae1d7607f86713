"""Keys that are planned and not supported yet."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.project.models import Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path


def not_supported_yet(project: Project) -> Iterator[Finding]:
    """`layout: per_service`, and deployment strategies other than `rolling`."""
    if project.layout != "single":
        yield _refused(("layout",), project.layout, "write layout: single, or leave it out")
    for name, service in project.services.items():
        if service.deployment.strategy != "rolling":
            path = service_path(name, "deployment", "strategy")
            yield _refused(path, service.deployment.strategy, "write strategy: rolling, or leave it out")


def _refused(path: Path, got: str, fix: str) -> Finding:
    return Finding((path,), f"{dotted(path)}: {got} is not supported yet", got, fix)


RULES: tuple[Rule, ...] = (not_supported_yet,)
