"""Rules that AWS enforces at apply, checked before anything is written.

A rule is a function of one resolved environment that yields findings. Each module has the rules of one section.
"""

from __future__ import annotations

from stacks.project.rules import (
    arns,
    builds,
    certificates,
    containers,
    definition_size,
    endpoints,
    existing_vpc,
    hosts,
    images,
    kms_keys,
    load_balancing,
    log_routing,
    logs,
    names,
    network,
    one_off_tasks,
    permissions,
    quotas,
    registry,
    role_policies,
    secret_references,
    service,
    state,
    storage,
    subscriptions,
    task,
    traffic,
    types,
    unsupported,
    variables,
)
from stacks.project.rules.finding import Finding, Rule

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *arns.RULES,
    *traffic.RULES,
    *network.RULES,
    *endpoints.RULES,
    *existing_vpc.RULES,
    *load_balancing.RULES,
    *certificates.RULES,
    *hosts.RULES,
    *task.RULES,
    *containers.RULES,
    *images.RULES,
    *builds.RULES,
    *registry.RULES,
    *variables.RULES,
    *secret_references.RULES,
    *kms_keys.RULES,
    *storage.RULES,
    *types.RULES,
    *service.RULES,
    *subscriptions.RULES,
    *one_off_tasks.RULES,
    *log_routing.RULES,
    *logs.RULES,
    *permissions.RULES,
    *role_policies.RULES,
    *definition_size.RULES,
    *quotas.RULES,
    *state.RULES,
    *unsupported.RULES,
)

__all__ = ["RULES", "Finding", "Rule"]
