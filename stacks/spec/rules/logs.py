"""Rules of logs and of where alarms go.

Source: the CloudWatch Logs API reference (PutRetentionPolicy, PutMetricFilter).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.spec.models import Project
from stacks.spec.nodes import Path, dotted
from stacks.spec.rules.finding import Finding, Rule, repeated, service_path
from stacks.spec.suggest import listed

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_MAX_PATTERN = 1024
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+")


def retention(project: Project) -> Iterator[Finding]:
    """CloudWatch Logs keeps logs for certain times."""
    kept: list[tuple[Path, int]] = []
    if project.network.flow_logs:
        kept.append((("network", "flow_logs", "retention_days"), project.network.flow_logs.retention_days))
    for name, service in project.services.items():
        kept.append((service_path(name, "logs", "retention_days"), service.logs.retention_days))
    for path, days in kept:
        if days not in RETENTION_DAYS:
            nearest = min(RETENTION_DAYS, key=lambda legal: (abs(legal - days), legal))
            yield Finding(
                (path,), f"{dotted(path)} must be {listed(RETENTION_DAYS)} days", str(days), f"write {nearest}"
            )


def emails(project: Project) -> Iterator[Finding]:
    """Alarms go to e-mail addresses."""
    for index, address in enumerate(project.alarms.email):
        path = ("alarms", "email", index)
        if not _EMAIL.fullmatch(address):
            yield Finding(
                (path,), f"{dotted(path)} must be an e-mail address", address or '""', "write it as in ops@example.com"
            )

    yield from repeated(("alarms", "email"), project.alarms.email)


def patterns(project: Project) -> Iterator[Finding]:
    """A filter pattern has an end."""
    for name, service in project.services.items():
        errors, path = service.alarms.log_errors, service_path(name, "alarms", "log_errors", "pattern")
        if errors is not None and len(errors.pattern) > _MAX_PATTERN:
            what = f"{dotted(path)} must be at most {_MAX_PATTERN} characters"
            yield Finding((path,), what, f"{len(errors.pattern)} characters", "look for less")


RULES: tuple[Rule, ...] = (retention, emails, patterns)
