"""What a rehearsal finds in its account beforehand: what the project file names and does not make itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from operations.rehearsal.emulator.client import ACCOUNT_ID

if TYPE_CHECKING:
    from operations.rehearsal.emulator.client import Emulator
    from stacks.project.models import Project, Service

ALLOW_NOTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'


@dataclass(frozen=True)
class Belonging:
    """Something the user owns already. `text` says what, `make` makes it in an emulator."""

    text: str
    make: Callable[[Emulator], object]


def account_of(project: Project) -> str:
    """The account a project deploys to: the one it names, that of the role it assumes, or any."""
    if project.account_id:
        return project.account_id
    return project.assume_role.split(":")[4] if project.assume_role else ACCOUNT_ID


def belongings(*projects: Project) -> tuple[Belonging, ...]:
    """What has to be in the account before these projects can be deployed, each thing once.

    Parameters and secrets are not among it: a deploy only refers to them.
    """
    found: list[Belonging] = []
    for project in projects:
        found += [*_network(project), *_https(project), *_policies(project)]
        for service in project.services.values():
            found += _security_groups(project, service)
    return tuple({each.text: each for each in found}.values())


def _network(project: Project) -> Iterator[Belonging]:
    network = project.network
    if network.vpc_id:
        subnets = [*(network.public_subnet_ids or ()), *(network.private_subnet_ids or ())]
        subnets = list(dict.fromkeys(subnets))
        hold = partial(_hold, kind="network", region=project.region, vpc_id=network.vpc_id, subnet_ids=subnets)
        yield Belonging(f"VPC {network.vpc_id} with {len(subnets)} subnets", hold)


def _https(project: Project) -> Iterator[Belonging]:
    https = project.load_balancer.https
    if https and https.certificate_arn:
        arn = https.certificate_arn
        hold = partial(_hold, kind="certificate", region=project.region, arn=arn)
        yield Belonging(f"certificate {arn.rpartition('/')[2]}", hold)
    if https and https.hosted_zone:
        zone = https.hosted_zone.rstrip(".")
        yield Belonging(f"hosted zone {zone}", partial(_make_zone, zone=zone))


def _policies(project: Project) -> Iterator[Belonging]:
    """The account's own policies; those of AWS are in every account."""
    arns = [project.permissions_boundary] if project.permissions_boundary else []
    for service in project.services.values():
        arns += service.permissions.managed_policies
    for arn in dict.fromkeys(arns):
        if arn.split(":")[4] == account_of(project):
            yield Belonging(f"policy {arn.rpartition('/')[2]}", partial(_make_policy, arn=arn))


def _security_groups(project: Project, service: Service) -> Iterator[Belonging]:
    for rule in () if service.egress == "open" else service.egress:
        if rule.security_group:
            hold = partial(_hold, kind="security_group", region=project.region, group_id=rule.security_group)
            yield Belonging(f"security group {rule.security_group}", hold)


def _hold(emulator: Emulator, kind: str, **values: object) -> None:
    emulator.hold(kind, **values)


def _make_zone(emulator: Emulator, zone: str) -> None:
    emulator.client("route53", "us-east-1").create_hosted_zone(Name=zone, CallerReference=zone)


def _make_policy(emulator: Emulator, arn: str) -> None:
    path, _, name = arn.split(":", 5)[5].removeprefix("policy").rpartition("/")
    iam = emulator.client("iam", "us-east-1")
    iam.create_policy(PolicyName=name, Path=f"{path}/", PolicyDocument=ALLOW_NOTHING)
