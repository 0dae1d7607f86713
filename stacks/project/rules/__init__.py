"""Rules that AWS enforces at apply, checked before anything is written.

A rule is a function of one resolved environment that yields findings. Each module has the rules of one section.
"""

from __future__ import annotations

from stacks.project.rules import (
    arns,
    builds,
    certificates,
    definition_size,
    endpoints,
    existing_load_balancer,
    existing_vpc,
    further_ports,
    hosts,
    images,
    kms_keys,
    load_balancing,
    logs,
    names,
    network,
    one_off_tasks,
    permissions,
    placement,
    quotas,
    redirects,
    registry,
    role_policies,
    secret_references,
    service,
    state,
    storage,
    task,
    tcp,
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
    *existing_load_balancer.RULES,
    *load_balancing.RULES,
    *further_ports.RULES,
    *redirects.RULES,
    *tcp.RULES,
    *certificates.RULES,
    *hosts.RULES,
    *task.RULES,
    *images.RULES,
    *builds.RULES,
    *registry.RULES,
    *variables.RULES,
    *secret_references.RULES,
    *kms_keys.RULES,
    *storage.RULES,
    *types.RULES,
    *service.RULES,
    *placement.RULES,
    *one_off_tasks.RULES,
    *logs.RULES,
    *permissions.RULES,
    *role_policies.RULES,
    *definition_size.RULES,
    *quotas.RULES,
    *state.RULES,
    *unsupported.RULES,
)

__all__ = ["RULES", "Finding", "Rule"]
