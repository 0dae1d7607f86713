"""Rules of AWS quotas: sizes of documents, ranges of numbers, and counts.

Sources: the service quotas of Amazon ECS (task definition size) and Amazon VPC (rules of a security group), and the ECS
and Application Auto Scaling API models. Quotas that AWS can raise for an
account are warnings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stacks.project.models import Project, Service
from stacks.project.nodes import Path, dotted
from stacks.project.rules.finding import Finding, Rule, containers_of, service_path

MAX_TASK_DEFINITION = 64 * 1024
GROUP_RULES = 60
MAX_INTEGER = 2_147_483_647
_LISTENER_PORTS = 2
_TEXTS = ("environment", "secrets", "command", "entrypoint")


def task_definition_size(project: Project) -> Iterator[Finding]:
    """A task definition has at most 64 KiB, most of it from the containers."""
    for name, service in project.services.items():
        sizes = dict(_sizes(name, service))
        if (total := sum(sizes.values())) > MAX_TASK_DEFINITION:
            largest = max(sizes, key=lambda path: sizes[path])
            what = f"the task definition of {name} must be at most {MAX_TASK_DEFINITION // 1024} KiB"
            got = f"{-(-total // 1024)} KiB, most of it in {dotted(largest)}"
            fix = "keep large values in SSM, Secrets Manager, env_files or the image"
            yield Finding((largest,), what, got, fix, "key")


def _sizes(name: str, service: Service) -> Iterator[tuple[Path, int]]:
    """The bytes of each container's texts, as they are in the task definition."""
    for container in containers_of(name, service):
        for key in _TEXTS:
            given = getattr(container.config, key, ())
            pairs = [{"name": n, "value": v} for n, v in given.items()] if isinstance(given, dict) else list(given)
            yield (*container.path, key), len(_compact(pairs).encode())


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def group_rules(project: Project) -> Iterator[Finding]:
    """A security group has at most sixty rules in each direction."""
    balancer = project.load_balancer
    ports = _LISTENER_PORTS if balancer.https else 1
    counted: list[tuple[Path, int]] = []
    if any(service.type == "web" for service in project.services.values()):
        counted.append((("load_balancer", "ingress_cidrs"), ports * len(balancer.ingress_cidrs)))
    for name, service in project.services.items():
        if isinstance(service.egress, tuple):
            counted.append((service_path(name, "egress"), len(service.egress)))
    for path, count in counted:
        if count > GROUP_RULES:
            what = (
                f"{dotted(path)} must add up to at most {GROUP_RULES} security group rules, "
                "unless the account's quota is higher"
            )
            yield Finding((path,), what, f"{count} rules", "merge ranges into larger ones", "key", "warning")


def numbers(project: Project) -> Iterator[Finding]:
    """AWS accepts 32-bit integers."""
    for name, service in project.services.items():
        for path, number in _numbers(service, service_path(name)):
            if number > MAX_INTEGER:
                what = f"{dotted(path)} must be at most {MAX_INTEGER}"
                yield Finding((path,), what, str(number), f"write {MAX_INTEGER} or less")


def _numbers(service: Service, path: Path) -> Iterator[tuple[Path, int]]:
    count = service.scaling
    if count is None:
        yield (*path, "count"), service.desired_count
        return
    for key in ("min", "max", "scale_in_cooldown", "scale_out_cooldown"):
        yield (*path, "count", key), getattr(count, key)
    for index, schedule in enumerate(count.schedules):
        for key in ("min", "max"):
            yield (*path, "count", "schedules", index, key), getattr(schedule, key)


RULES: tuple[Rule, ...] = (task_definition_size, group_rules, numbers)
