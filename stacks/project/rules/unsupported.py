"""Keys that are planned and not supported yet."""

from __future__ import annotations

from collections.abc import Iterator

from stacks.project.models import Project
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, service_path


def not_supported_yet(project: Project) -> Iterator[Finding]:
    """`ci`, `layout: per_service`, and deployment strategies other than `rolling`."""
    if project.ci is not None:
        yield _refused(("ci",), None, "remove it")
    if project.layout != "single":
        yield _refused(("layout",), project.layout, "write layout: single, or leave it out")
    for name, service in project.services.items():
        if service.deployment.strategy != "rolling":
            path = service_path(name, "deployment", "strategy")
            yield _refused(path, service.deployment.strategy, "write strategy: rolling, or leave it out")


def _refused(path: Path, got: str | None, fix: str) -> Finding:
    what = f"{dotted(path)} is not supported yet" if got is None else f"{dotted(path)}: {got} is not supported yet"
    return Finding((path,), what, got or str(path[-1]), fix, "key" if got is None else "value")


RULES: tuple[Rule, ...] = (not_supported_yet,)
