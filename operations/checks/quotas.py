"""Whether the first deploy would exceed a quota of the account.

The codes are those of Service Quotas (`aws service-quotas list-service-quotas`); what counts towards each is in the
user guides of the services: VPC ("Amazon VPC quotas"), EC2 ("Elastic IP address quota"), Elastic Load Balancing
("Quotas for your Application Load Balancers") and ECS ("AWS Fargate service quotas"). IAM reports its own
(GetAccountSummary).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

from operations.checks.answers import denied
from operations.checks.model import CheckResult
from operations.checks.target import Target
from operations.clients import Requests
from operations.text import counted
from stacks.errors import AwsError, Position, Problem
from stacks.project.models import Service
from stacks.project.targets import all_targets, tcp_targets

_CHECK = "quotas"
_UNKNOWN = "NoSuchResourceException"
_CPU_UNITS = 1024
_ROLES = 2
"""The roles of each service; a job has a third one."""


@dataclass(frozen=True)
class Quota:
    """A quota that a first deploy counts towards.

    Attributes:
        name: What it limits, in the plural.
        service: Its service in Service Quotas.
        code: Its code.
        default: The default of new accounts, from the user guide; None where it depends on the account.
        needed: How many the environment needs; 0 does not check it.
        used: How many there are in the account and region. Default: not known, so that only `needed` is compared.
        field: The field of the project file that determines the number.
    """

    name: str
    service: str
    code: str
    default: float | None
    needed: Callable[[Target], float]
    used: Callable[[Requests], int] | None = None
    field: str = "network"


def _new_vpcs(target: Target) -> int:
    return int(target.project.network.vpc_id is None)


def _nat_gateways(target: Target) -> int:
    """The NAT gateways, each with one address."""
    network = target.project.network
    zones = (
        network.availability_zones if isinstance(network.availability_zones, int) else len(network.availability_zones)
    )
    return {"none": 0, "single": 1, "per_az": zones}[network.nat] * _new_vpcs(target)


def _balancers(target: Target) -> int:
    return int(bool(all_targets(target.project.services)) and target.project.load_balancer.arn is None)


def _target_groups(target: Target) -> int:
    return len(all_targets(target.project.services)) + len(tcp_targets(target.project.services))


def _count(service: str, operation: str, key: str) -> Callable[[Requests], int]:
    return lambda requests: len(requests.items(service, operation, key))


def _application_balancers(requests: Requests) -> int:
    found = requests.items("elbv2", "describe_load_balancers", "LoadBalancers")
    return sum(each.get("Type") == "application" for each in found)


def _addresses(requests: Requests) -> int:
    return len(requests.call("ec2", "describe_addresses").get("Addresses") or ())


def on_demand_share(service: Service, tasks: int) -> int:
    """How many of a service's tasks run on demand, the others on Fargate Spot."""
    if isinstance(service.capacity, str):
        return tasks if service.capacity == "on_demand" else 0
    mix = service.capacity
    weights = mix.on_demand_weight + mix.spot_weight
    base = min(tasks, mix.on_demand_base)
    return base + (ceil((tasks - base) * mix.on_demand_weight / weights) if weights else tasks - base)


def _vcpus(*, spot: bool) -> Callable[[Target], float]:
    """The vCPUs of the tasks that run all the time."""

    def needed(target: Target) -> float:
        total = 0.0
        for service in target.project.services.values():
            if service.type != "job":
                tasks = service.desired_count
                on_demand = on_demand_share(service, tasks)
                total += (tasks - on_demand if spot else on_demand) * service.cpu / _CPU_UNITS
        return total

    return needed


QUOTAS = (
    Quota("VPCs", "vpc", "L-F678F1CE", 5, _new_vpcs, _count("ec2", "describe_vpcs", "Vpcs")),
    Quota(
        "internet gateways",
        "vpc",
        "L-A4707A72",
        5,
        _new_vpcs,
        _count("ec2", "describe_internet_gateways", "InternetGateways"),
    ),
    Quota("Elastic IP addresses", "ec2", "L-0263D0A3", 5, _nat_gateways, _addresses, "network.nat"),
    Quota(
        "application load balancers",
        "elasticloadbalancing",
        "L-53DA6B97",
        50,
        _balancers,
        _application_balancers,
        "services",
    ),
    Quota(
        "target groups",
        "elasticloadbalancing",
        "L-B22855CB",
        3000,
        _target_groups,
        _count("elbv2", "describe_target_groups", "TargetGroups"),
        "services",
    ),
    Quota("Fargate vCPUs on demand", "fargate", "L-3032A538", None, _vcpus(spot=False), None, "services"),
    Quota("Fargate Spot vCPUs", "fargate", "L-36FBB829", None, _vcpus(spot=True), None, "services"),
)


def quotas(target: Target, requests: Requests) -> Iterator[CheckResult]:
    """The checks of the quotas; none for an environment that is deployed, or that runs nothing."""
    if target.deployed or not target.project.services:
        return
    problems: list[Problem] = []
    warnings: list[CheckResult] = []
    checked = 0
    for quota in QUOTAS:
        needed = quota.needed(target)
        if not needed:
            continue
        try:
            limit = _limit(requests, quota)
            if limit is None:
                continue
            used = quota.used(requests) if quota.used is not None else 0
        except AwsError as error:
            warnings.append(denied(_CHECK, error, requests))
            continue
        checked += 1
        problems += _exceeded(quota, needed, used, limit, target.region)
    try:
        problems += _roles(target, requests)
    except AwsError as error:
        warnings.append(denied(_CHECK, error, requests))
    yield from (CheckResult.of(_CHECK, each, calls=requests.calls) for each in problems)
    yield from {each.problem: each for each in warnings}.values()
    if not problems and not warnings:
        yield CheckResult(_CHECK, "ok", f"{counted(checked + 1, 'quota')} not exceeded", calls=tuple(requests.calls))


def _limit(requests: Requests, quota: Quota) -> float | None:
    """The value of a quota: the applied one, or AWS's default where Service Quotas has none for the account."""
    try:
        answer = requests.call("service-quotas", "get_service_quota", ServiceCode=quota.service, QuotaCode=quota.code)
    except AwsError as error:
        if _UNKNOWN not in error.codes:
            raise
        return quota.default
    value: float = answer["Quota"]["Value"]
    return value


def _exceeded(quota: Quota, needed: float, used: int, limit: float, region: str) -> Iterator[Problem]:
    if used + needed <= limit:
        return
    got = f"{needed:g} more, {used} in use, quota {limit:g}" if quota.used else f"{needed:g}, quota {limit:g}"
    fix = (
        f"request more: aws service-quotas request-service-quota-increase --region {region} --service-code "
        f"{quota.service} --quota-code {quota.code} --desired-value {ceil(used + needed)}"
    )
    yield Problem(Position(quota.field), f"the first deploy exceeds the quota for {quota.name}", got, fix)


def _roles(target: Target, requests: Requests) -> Iterator[Problem]:
    """The quota for roles, which is of the whole account."""
    services = target.project.services.values()
    flow_logs = _new_vpcs(target) and bool(target.project.network.flow_logs)
    needed = sum(_ROLES + (service.type == "job") for service in services) + int(flow_logs)
    summary = requests.call("iam", "get_account_summary")["SummaryMap"]
    used, limit = summary.get("Roles", 0), summary.get("RolesQuota", 0)
    if limit and used + needed > limit:
        fix = "remove unused roles, or request more in us-east-1 under Service Quotas: IAM, Roles per account"
        got = f"{needed} more, {used} in use, quota {limit}"
        yield Problem(Position("services"), "the first deploy exceeds the quota for IAM roles", got, fix)
