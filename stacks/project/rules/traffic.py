"""Rules of security groups: the ranges of clients, and the egress of the tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stacks.project.models import Project, written
from stacks.project.nodes import Path, dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Finding, Rule, repeated, service_path
from stacks.project.rules.ranges import range_fault
from stacks.project.targets import targets_of

_HTTPS = 443
_MAX_TASK_GROUPS = 4  # ECS API reference, AwsVpcConfiguration: five groups
_ANYWHERE = "0.0.0.0/0"
_GROUP_ID = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")


def traffic_ranges(project: Project) -> Iterator[Finding]:
    """Ranges for traffic are network addresses."""
    for path, text in _ranges(project):
        if fault := range_fault(text):
            yield Finding((path,), f"{dotted(path)} {fault[0]}", text or '""', fault[1])


def _ranges(project: Project) -> Iterator[tuple[Path, str]]:
    """Every range in a security group rule or listener rule, which can have any size."""
    for index, text in enumerate(project.load_balancer.ingress_cidrs):
        yield ("load_balancer", "ingress_cidrs", index), text
    for name, service in project.services.items():
        for target in targets_of(name, service):
            for index, text in enumerate(target.routing.allowed_cidrs):
                yield (*target.path, "allowed_cidrs", index), text
        for index, rule in enumerate(service.egress if isinstance(service.egress, tuple) else ()):
            if rule.cidr is not None:
                yield service_path(name, "egress", index, "cidr"), rule.cidr


def traffic_once(project: Project) -> Iterator[Finding]:
    """Security group rules are unique, because EC2 rejects duplicates."""
    given: list[tuple[Path, tuple[str, ...]]] = [
        (("load_balancer", "ingress_cidrs"), project.load_balancer.ingress_cidrs)
    ]
    for name, service in project.services.items():
        rules = service.egress if isinstance(service.egress, tuple) else ()
        peers = (f"{rule.port} to {rule.security_group or rule.cidr or _ANYWHERE}" for rule in rules)
        given.append((service_path(name, "egress"), tuple(peers)))
        given += [((*each.path, "allowed_cidrs"), each.routing.allowed_cidrs) for each in targets_of(name, service)]
    for path, values in given:
        yield from repeated(path, values)


def egress(project: Project) -> Iterator[Finding]:
    """A destination is a range or a security group."""
    for name, service in project.services.items():
        for index, rule in enumerate(service.egress if isinstance(service.egress, tuple) else ()):
            path = service_path(name, "egress", index)
            if rule.cidr is not None and rule.security_group is not None:
                what = f"{dotted(path)} takes a cidr or a security_group, not both"
                paths = (*path, "cidr"), (*path, "security_group")
                yield Finding(paths, what, "both", "split it into two rules", "key")
            if isinstance(rule.security_group, str) and not _GROUP_ID.fullmatch(rule.security_group):
                what = f"{dotted((*path, 'security_group'))} must be sg- followed by 8 or 17 hex digits"
                fix = "copy the id from the VPC console"
                yield Finding(((*path, "security_group"),), what, rule.security_group or '""', fix)


def task_groups(project: Project) -> Iterator[Finding]:
    """Further security groups of the tasks: ECS takes five, one of them is the service's own."""
    for name, service in project.services.items():
        path, groups = service_path(name, "security_groups"), service.security_groups
        yield from repeated(path, tuple(map(str, groups)))
        if len(groups) > _MAX_TASK_GROUPS:
            what = f"{dotted(path)} must have at most {_MAX_TASK_GROUPS} groups, beside the service's own"
            yield Finding((path,), what, str(len(groups)), "merge some of them", "key")
        for index, group in enumerate(groups):
            if isinstance(group, str) and not _GROUP_ID.fullmatch(group):
                what = f"{dotted((*path, index))} must be sg- followed by 8 or 17 hex digits"
                yield Finding(((*path, index),), what, group or '""', "copy the id from the VPC console")
        if written(groups) and creates_vpc(project.network):
            what = f"{dotted(path)} must be in the VPC that ecsforge creates, which exists only after the first deploy"
            fix = "deploy without them first, or name an existing VPC in network"
            yield Finding((path,), what, None, fix, "key", "warning")


def closed_egress(project: Project) -> Iterator[Finding]:
    """Images, logs and secrets need HTTPS."""
    for name, service in project.services.items():
        if isinstance(service.egress, tuple) and all(rule.port != _HTTPS for rule in service.egress):
            path = service_path(name, "egress")
            what = f"{dotted(path)} does not allow port 443, which tasks need to pull images and write logs"
            yield Finding((path,), what, None, "add {port: 443}", severity="warning")


RULES: tuple[Rule, ...] = (traffic_ranges, traffic_once, egress, task_groups, closed_egress)
