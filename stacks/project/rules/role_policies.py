"""Rules of the sizes of the policies of a service's roles: everything in them counts, also what ecsforge adds.

Source: the IAM User Guide ("IAM and AWS STS quotas").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stacks.grants import Grant
from stacks.naming import Names
from stacks.policy_split import MANAGED_POLICIES, MAX_INLINE, MAX_MANAGED, size, split
from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, containers_of, service_path
from stacks.project.uses import used_by
from stacks.role_policies import RolePolicies
from stacks.shared_registry import SharedRegistry

_LONGEST_ITEM = 200
"""More characters than a policy has around a name in the project file: an ARN, actions, conditions."""
_OWN = 3_000
"""More characters than all statements that do not depend on the length of a list in the project file."""


def role_policies(project: Project) -> Iterator[Finding]:
    """The statements of a role fit into its inline policy and ten managed policies."""
    names = Names(project.project_id, project.env)
    for name, service in project.services.items():
        sources = _sources(name, service)
        policies = RolePolicies(
            names,
            project.region,
            project.encryption == "customer",
            name,
            service,
            SharedRegistry.of(project),
            tuple(used_by(project, service)),
        )
        for role in ("execution", "task"):
            if sum(characters for _, characters in sources[role]) + _OWN > MAX_INLINE:
                grants = policies.execution if role == "execution" else policies.task
                attached = service.permissions.managed_policies if role == "task" else ()
                yield from _too_large(name, role, grants, sources[role], attached)
        yield from _attached(name, service)


def _sources(name: str, service: Service) -> dict[str, list[tuple[Path, int]]]:
    """The keys that the statements of each role come from, with more characters than they can take in a policy."""
    path = service_path(name)
    permissions = service.permissions
    own = {"execution": permissions.execution_statements, "task": permissions.statements}
    found = {
        role: [
            (
                (*path, "permissions", "execution_statements" if role == "execution" else "statements"),
                sum(_characters([*s.actions, *map(str, s.resources)], 10) + _LONGEST_ITEM for s in statements),
            )
        ]
        for role, statements in own.items()
    }
    for container in containers_of(name, service):
        secrets = [*map(str, container.config.secrets.values())]
        found["execution"].append(((*container.path, "secrets"), _characters(secrets, _LONGEST_ITEM)))
        if container.config.image_credentials is not None:
            credentials = [container.config.image_credentials]
            found["execution"].append(((*container.path, "image_credentials"), _characters(credentials, _LONGEST_ITEM)))
        found["execution"].append(((*container.path, "image"), _characters([container.config.image], _LONGEST_ITEM)))
    for key, values in (("env_files", service.env_files), ("kms_keys", service.kms_keys)):
        found["execution"].append(((*path, key), 2 * _characters(values, _LONGEST_ITEM)))
    found["task"].append(((*path, "volumes"), 3 * _LONGEST_ITEM * len(service.volumes)))
    found["task"].append(((*path, "uses"), 4 * _LONGEST_ITEM * len(service.uses)))
    return found


def _characters(texts: Sequence[str], around: int) -> int:
    return sum(len(text) + around for text in texts)


def _too_large(
    name: str, role: str, grants: list[Grant], sources: list[tuple[Path, int]], attached: Sequence[str]
) -> Iterator[Finding]:
    documents = split(grants)
    available = max(MANAGED_POLICIES - len(attached), 0)
    if documents is not None and (len(documents) == 1 or len(documents) - 1 <= available):
        return
    largest = max(sources, key=lambda source: source[1])[0]
    fix = f"name fewer or shorter resources in {dotted(largest)}, for example with a wildcard"
    if documents is None:
        what = f"{dotted(largest)} has a resource that does not fit into a policy of {MAX_MANAGED} characters"
        yield Finding((largest,), what, None, fix, "key")
        return
    beside = f", beside the {len(attached)} of managed_policies" if attached else ""
    managed = f"{available} managed {'policy' if available == 1 else 'policies'} of {MAX_MANAGED}{beside}"
    inline = f"an inline policy of {MAX_INLINE} characters"
    what = f"the statements of {name}'s {role} role must fit into {inline} and {managed}"
    yield Finding((largest,), what, f"{size(grants)} characters", fix, "key")


def _attached(name: str, service: Service) -> Iterator[Finding]:
    """A role has few managed policies; the quota can be raised."""
    at, count = service_path(name, "permissions", "managed_policies"), len(service.permissions.managed_policies)
    if count > MANAGED_POLICIES:
        what = f"{dotted(at)} must have at most {MANAGED_POLICIES} policies, unless the account's quota is higher"
        yield Finding((at,), what, str(count), "merge some of them", "key", "warning")


RULES: tuple[Rule, ...] = (role_policies,)
