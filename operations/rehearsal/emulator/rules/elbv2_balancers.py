"""Load balancers that Elastic Load Balancing refuses.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/, pages API_CreateLoadBalancer,
API_SetSubnets, API_SetSecurityGroups and API_LoadBalancerAttribute, and the section on subnets in
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from operations.rehearsal.emulator.request import Request
from operations.rehearsal.emulator.rules import Refused, refused_unless, rule
from operations.rehearsal.emulator.rules.interfaces import gateway_of, in_subnet, subnet, vpc_of_group

INVALID = "ValidationError"
CONFIGURATION = "InvalidConfigurationRequest"
FREE_ADDRESSES = 8
"""The free addresses that a load balancer needs in each subnet."""
RESERVED_ADDRESSES = 5
"""The addresses that AWS reserves in each subnet."""
LONGEST_PREFIX = 27
RANGES = {
    "idle_timeout.timeout_seconds": range(1, 4001),
    "client_keep_alive.seconds": range(60, 604_801),
}
"""The values of attributes that are numbers."""
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")


@rule("elbv2", "CreateLoadBalancer")
def name(request: Request) -> None:
    """At most 32 alphanumeric characters or hyphens, no hyphen at its ends, and not `internal-` at its beginning."""
    value = request.parameters["Name"]
    text = f"The load balancer name '{value}' "
    refused_unless(len(value) <= 32, INVALID, f"{text}cannot be longer than '32' characters")
    refused_unless(_NAME.fullmatch(value), INVALID, f"{text}can only contain alphanumeric characters and inner hyphens")
    refused_unless(not value.startswith("internal-"), INVALID, f"{text}cannot begin with 'internal-'")


@rule("elbv2", "CreateLoadBalancer")
def taken_name(request: Request) -> None:
    """The name of another load balancer, with other settings."""
    wanted = (sorted(_subnet_ids(request)), request.parameters.get("Scheme", "internet-facing"))
    for balancer in request.backend().load_balancers.values():
        if balancer.name == request.parameters["Name"]:
            settings = (sorted(each.id for each in balancer.subnets), balancer.scheme or "internet-facing")
            text = f"A load balancer with the same name '{balancer.name}' exists, but with different settings"
            refused_unless(settings == wanted, "DuplicateLoadBalancerName", text)


@rule("elbv2", "CreateLoadBalancer", "SetSubnets")
def zones(request: Request) -> None:
    """Application load balancers in one zone only, and two subnets of a load balancer in one zone."""
    found = _subnets(request)
    balancer = _balancer(request)
    kind = request.parameters.get("Type", "application") if balancer is None else balancer.type
    names = [each.availability_zone for each in found]
    if kind == "application":
        several = len(set(names)) > 1
        refused_unless(several, INVALID, "At least two subnets in two different Availability Zones must be specified")
    if len(set(names)) < len(names):
        text = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise Refused(CONFIGURATION, text)


@rule("elbv2", "CreateLoadBalancer", "SetSubnets")
def vpc_of_subnets(request: Request) -> None:
    """Subnets of several VPCs, and of another VPC than the load balancer's."""
    found, balancer = _subnets(request), _balancer(request)
    vpcs = {each.vpc_id for each in found} | ({balancer.vpc_id} if balancer is not None else set())
    refused_unless(len(vpcs) <= 1, CONFIGURATION, "All subnets must belong to the same VPC")


@rule("elbv2", "CreateLoadBalancer", "SetSubnets")
def size_of_subnets(request: Request) -> None:
    """Subnets smaller than /27 or with fewer than eight free addresses."""
    balancer = _balancer(request)
    own = {each.id for each in balancer.subnets} if balancer is not None else set()
    for each in _subnets(request):
        free = each.cidr.num_addresses - RESERVED_ADDRESSES - len(in_subnet(request, each.id))
        small = each.cidr.prefixlen > LONGEST_PREFIX or (each.id not in own and free < FREE_ADDRESSES)
        text = f"Not enough IP space available in {each.id}. ELB requires at least 8 free IP addresses in each subnet."
        refused_unless(not small, "InvalidSubnet", text)


@rule("elbv2", "CreateLoadBalancer")
def internet_gateway(request: Request) -> None:
    """An internet-facing load balancer in a VPC without an internet gateway."""
    if request.parameters.get("Scheme", "internet-facing") == "internet-facing":
        for each in _subnets(request)[:1]:
            attached = gateway_of(request, each.vpc_id) is not None
            refused_unless(attached, "InvalidSubnet", f"VPC {each.vpc_id} has no internet gateway")


@rule("elbv2", "CreateLoadBalancer", "SetSecurityGroups")
def vpc_of_groups(request: Request) -> None:
    """Security groups that do not exist, or of another VPC."""
    balancer = _balancer(request)
    vpc = balancer.vpc_id if balancer is not None else next((each.vpc_id for each in _subnets(request)), None)
    for group in request.parameters.get("SecurityGroups", ()):
        owner = vpc_of_group(request, group)
        text = f"The security group '{group}' does not exist"
        refused_unless(owner is not None, "InvalidSecurityGroup", text)
        refused_unless(owner == vpc, CONFIGURATION, "One or more security groups are invalid")


@rule("elbv2", "ModifyLoadBalancerAttributes")
def attributes(request: Request) -> None:
    """Numbers outside their range."""
    for each in request.parameters.get("Attributes", ()):
        key, value = each.get("Key"), each.get("Value", "")
        values = RANGES.get(key)
        valid = values is None or (value.isdigit() and int(value) in values)
        if values is not None:
            text = f"'{value}' is not valid for the attribute '{key}': it must be between {values[0]} and {values[-1]}"
            refused_unless(valid, INVALID, text)


@rule("elbv2", "ModifyLoadBalancerAttributes")
def log_bucket(request: Request) -> None:
    """Access logs to a bucket that does not exist or whose policy does not let anyone else write.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html.
    """
    values = {each.get("Key"): each.get("Value") for each in request.parameters.get("Attributes", ())}
    if values.get("access_logs.s3.enabled") == "true":
        bucket = values.get("access_logs.s3.bucket") or ""
        text = f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
        refused_unless(_lets_write(request, bucket), CONFIGURATION, text)


@rule("elbv2", "DeleteLoadBalancer")
def deletion_protection(request: Request) -> None:
    """A load balancer with deletion protection (API_DeleteLoadBalancer)."""
    balancer = _balancer(request)
    if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
        text = f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled"
        raise Refused("OperationNotPermitted", text)


def _balancer(request: Request) -> Any:
    return request.backend().load_balancers.get(request.parameters.get("LoadBalancerArn"))


def _subnet_ids(request: Request) -> Sequence[str]:
    mappings = request.parameters.get("SubnetMappings", ())
    return request.parameters.get("Subnets") or [each["SubnetId"] for each in mappings]


def _subnets(request: Request) -> list[Any]:
    """The subnets of a request that exist; moto refuses others."""
    found = (subnet(request, each) for each in _subnet_ids(request))
    return [each for each in found if each is not None]


def _lets_write(request: Request, bucket: str) -> bool:
    found = request.backend("s3").buckets.get(bucket)
    if found is None or not found.policy:
        return False
    statements = json.loads(found.policy)["Statement"]
    return any(
        each["Effect"] == "Allow" and re.search(r"s3:(?:PutObject|Put\*|\*)", json.dumps(each.get("Action", "")))
        for each in ([statements] if isinstance(statements, dict) else statements)
    )
