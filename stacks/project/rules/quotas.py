"""Rules of AWS quotas: sizes of documents, ranges of numbers, and counts.

Sources: the service quotas of Amazon VPC (rules of a security group) and Elastic Load Balancing (rules of a listener),
and the ECS and Application Auto Scaling API models. Quotas that AWS can raise for an account are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator

from stacks.project.data.endpoint_services import GATEWAY_ENDPOINTS
from stacks.project.models import Mysql, Postgres, Project, Service, Valkey
from stacks.project.nodes import Path, dotted
from stacks.project.rules.existing_vpc import creates_vpc
from stacks.project.rules.finding import Finding, Rule, service_path
from stacks.project.targets import all_targets, checked_ports, targets_of, tcp_targets

GROUP_RULES = 60
LISTENER_RULES = 100
MAX_INTEGER = 2_147_483_647
_LISTENER_PORTS = 2


def group_rules(project: Project) -> Iterator[Finding]:
    """A security group has at most sixty rules in each direction, counted over all that is generated."""
    for path, count, fix in _group_rules(project):
        if count > GROUP_RULES:
            what = f"{dotted(path)} must add up to at most {GROUP_RULES} rules of a security group"
            yield Finding(
                (path,), f"{what}, unless the account's quota is higher", f"{count} rules", fix, "key", "warning"
            )


def _group_rules(project: Project) -> Iterator[tuple[Path, int, str]]:
    """What the rules of each security group come from, their number and how to have fewer of them."""
    balancer, services = project.load_balancer, project.services
    targets = {name: targets_of(name, service) for name, service in services.items()}
    ports = {name: len(each) + len(checked_ports(each)) for name, each in targets.items()}
    for target in tcp_targets(services):
        ports[target.service] = 2 if target.checked_port else 1
    servers = {name for name, service in services.items() if service.connect and service.served_port is not None}
    connected = sum(bool(service.connect) for service in services.values())
    # Each gateway endpoint has a prefix list with a weight of one ("AWS-managed prefix list weight").
    without_nat = creates_vpc(project.network) and project.network.nat == "none"
    gateways = len(GATEWAY_ENDPOINTS.intersection(project.network.endpoints)) if without_nat else 0
    merge, split = "merge ranges into larger ones", "move some services to a project of their own"
    if tcp := tcp_targets(services):
        yield ("load_balancer", "ingress_cidrs"), len(tcp) * len(balancer.ingress_cidrs), merge
    if any(targets.values()) and balancer.arn is None:
        listeners = _LISTENER_PORTS if balancer.https else 1
        yield ("load_balancer", "ingress_cidrs"), listeners * len(balancer.ingress_cidrs), merge
        # One rule to the tasks of each web service for each port, and one from each client of Service Connect.
        yield ("services",), sum(ports.values()), split
    stores = [name for name, each in project.resources.items() if isinstance(each, Postgres | Mysql | Valkey)]
    for store in stores:
        yield ("resources", store), sum(store in service.uses for service in services.values()), split
    for name, service in services.items():
        if isinstance(service.egress, tuple):
            to_servers = len(servers - {name}) if service.connect else 0
            to_stores = len({*stores}.intersection(service.uses))
            to_gateways = gateways if service.placement == "private" else 0
            yield service_path(name, "egress"), len(service.egress) + to_servers + to_gateways + to_stores, merge
        if name in servers:
            yield service_path(name, "connect"), connected - 1 + ports[name], split


def listener_rules(project: Project) -> Iterator[Finding]:
    """A listener has at most a hundred rules: one for each port of a web service, and each redirect."""
    count = len(all_targets(project.services)) + len(project.load_balancer.redirects)
    if count > LISTENER_RULES:
        what = f"services must have at most {LISTENER_RULES} ports behind the load balancer, one listener rule each"
        fix = "move some services to a project of their own"
        yield Finding(
            (("services",),), f"{what}, unless the account's quota is higher", str(count), fix, "key", "warning"
        )


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


RULES: tuple[Rule, ...] = (group_rules, listener_rules, numbers)
