"""Rules that AWS enforces at apply, checked before anything is written.

A rule is a function of one resolved environment that yields findings. Each module has the rules of one section.
"""

from __future__ import annotations

from stacks.project.rules import (
    endpoints,
    existing_vpc,
    hosts,
    load_balancing,
    logs,
    names,
    network,
    permissions,
    quotas,
    role_policies,
    secrets,
    service,
    state,
    storage,
    task,
    traffic,
    unsupported,
    variables,
)
from stacks.project.rules.finding import Finding, Rule

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *traffic.RULES,
    *network.RULES,
    *endpoints.RULES,
    *existing_vpc.RULES,
    *load_balancing.RULES,
    *hosts.RULES,
    *task.RULES,
    *variables.RULES,
    *secrets.RULES,
    *storage.RULES,
    *service.RULES,
    *logs.RULES,
    *permissions.RULES,
    *role_policies.RULES,
    *quotas.RULES,
    *state.RULES,
    *unsupported.RULES,
)

__all__ = ["RULES", "Finding", "Rule"]
