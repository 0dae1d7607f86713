"""Environments of one file whose AWS names would be equal.

`prod` with a service `eu-api` and `prod-eu` with a service `api` both have a role `shop-prod-eu-api-task`. AWS refuses
the second one, or two stacks change the same resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import TypeAlias

from stacks.errors import Problem
from stacks.naming import Names
from stacks.project.models import Bucket, Mysql, Postgres, Project, Resource, Service, Table, Topic, Valkey
from stacks.project.nodes import Entry
from stacks.project.targets import target_group_names
from stacks.role_policies import needs_repository

# The kind of resource, the region ("" for a name that is unique in the account) and the name.
_Claim: TypeAlias = tuple[str, str, str]


def related(env: str, other: str) -> bool:
    """Whether two environments can have equal names: one is the other with something before or after a dash."""
    short, long = sorted((env, other), key=len)
    return short != long and (long.startswith(f"{short}-") or long.endswith(f"-{short}"))


def collisions(projects: Iterable[Project], sections: Mapping[str, Entry]) -> Iterator[Problem]:
    """A problem for each pair of environments with an equal name, at the key of the later one."""
    order = {name: number for number, name in enumerate(sections)}
    for pair in combinations(projects, 2):
        first, later = sorted(pair, key=lambda project: order.get(project.env, 0))
        if related(first.env, later.env) and not _in_two_accounts(first, later):
            yield from _collision(first, later, sections[later.env])


def _in_two_accounts(one: Project, other: Project) -> bool:
    accounts = one.account_id, other.account_id
    return None not in accounts and accounts[0] != accounts[1]


def _collision(first: Project, later: Project, section: Entry) -> Iterator[Problem]:
    taken = set(_claims(later))
    equal = next((claim for claim in _claims(first) if claim in taken), None)
    if equal is not None:
        kind, _, name = equal
        what = f"environments {first.env} and {later.env} would both have the {kind} {name}"
        fix = "rename one of the environments, or set a different account_id in each"
        path = ("environments", later.env)
        yield Problem(section.keys[0].position, what, later.env, fix, path)


def _claims(project: Project) -> Iterator[_Claim]:
    """The names that must be unique in the account, or in the account and region."""
    names = Names(project.project_id, project.env)
    region = project.region
    if project.network.vpc_id is None and project.network.flow_logs:
        yield "IAM role", "", names.flow_log_role
    if project.encryption == "customer":
        yield "KMS alias", region, names.key_alias
    elif any(service.alarms.any_set for service in project.services.values()):
        yield "KMS alias", region, names.alarm_key_alias
    for name, resource in project.resources.items():
        yield from _resource_names(names, region, name, resource)
    if any(service.alarms.any_set for service in project.services.values()):
        yield "topic", region, names.alarm_topic
    for name, service in project.services.items():
        yield from ((kind, "", text) for kind, text in _account_names(names, name, service))
        yield from ((kind, region, text) for kind, text in _regional_names(names, name, service))


def _resource_names(names: Names, region: str, name: str, resource: Resource) -> Iterator[_Claim]:
    if isinstance(resource, Bucket):
        yield "bucket", "", names.bucket(name, "").rstrip("-")
    elif isinstance(resource, Postgres | Mysql):
        yield "database", region, names.database(name)
    elif isinstance(resource, Valkey):
        yield "cache", region, names.cache(name)
    elif isinstance(resource, Table):
        yield "table", region, names.table(name)
    elif isinstance(resource, Topic):
        yield "topic", region, names.topic(name, fifo=resource.fifo)


def _account_names(names: Names, name: str, service: Service) -> Iterator[tuple[str, str]]:
    for use in ("execution", "task", *(["schedule"] if service.type == "job" else [])):
        yield "IAM role", names.role(name, use)


def _regional_names(names: Names, name: str, service: Service) -> Iterator[tuple[str, str]]:
    yield "task definition family", names.task_definition(name)
    for group in target_group_names(names, name, service):
        yield "target group", group
    if service.type == "job":
        yield "schedule", names.schedule(name)
    if service.queue is not None:
        yield "queue", names.queue(name, fifo=service.queue.fifo)
        yield "queue", names.queue(name, dead=True, fifo=service.queue.fifo)
    for measure, value in service.alarms:
        if value is not None:
            yield "alarm", names.alarm(name, measure.replace("_", "-"))
    for volume, config in service.volumes.items():
        if config.is_managed:
            yield "file system", names.file_system(name, volume)
    if needs_repository(service):
        yield "ECR repository", names.repository(name)
