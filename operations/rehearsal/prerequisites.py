"""Resources that must exist in the account before a deploy: the project file names them but does not create them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from operations.rehearsal.emulator.client import ACCOUNT_ID
from stacks.references import WHOLE_SECRET_ARN, secret_reference

if TYPE_CHECKING:
    from operations.rehearsal.emulator.client import Emulator
    from stacks.project.models import Project, Service

DENY_EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'


@dataclass(frozen=True)
class Prerequisite:
    """A resource that the user owns. `create` creates it in an emulator."""

    description: str
    create: Callable[[Emulator], object]


def account_id_of(project: Project) -> str:
    """The account that a project is deployed to: the one it names, that of the role it assumes, or the default one."""
    if project.account_id:
        return project.account_id
    return project.assume_role.split(":")[4] if project.assume_role else ACCOUNT_ID


def prerequisites(*projects: Project) -> tuple[Prerequisite, ...]:
    """Everything that has to exist before these projects can be deployed, without duplicates.

    Parameters and secrets are not included: a deploy only refers to them.
    """
    found: list[Prerequisite] = []
    for project in projects:
        found += [*_network(project), *_https(project), *_load_balancer(project), *_policies(project)]
        for service in project.services.values():
            found += [
                *_security_groups(project, service),
                *_client_secret(project, service),
                *_topics(project, service),
            ]
    return tuple({each.description: each for each in found}.values())


def _network(project: Project) -> Iterator[Prerequisite]:
    network = project.network
    if network.vpc_id:
        subnets = [*(network.public_subnet_ids or ()), *(network.private_subnet_ids or ())]
        subnets = list(dict.fromkeys(subnets))
        create = partial(
            _create_existing,
            kind="network",
            region=project.region,
            vpc_id=network.vpc_id,
            subnet_ids=subnets,
            public_subnet_ids=list(network.public_subnet_ids or ()),
        )
        yield Prerequisite(f"VPC {network.vpc_id} with {len(subnets)} subnets", create)


def _https(project: Project) -> Iterator[Prerequisite]:
    https = project.load_balancer.https
    for arn in https.all_certificate_arns if https else ():
        create = partial(_create_existing, kind="certificate", region=project.region, arn=arn)
        yield Prerequisite(f"certificate {arn.rpartition('/')[2]}", create)
    if https and https.hosted_zone:
        zone = https.hosted_zone.rstrip(".")
        yield Prerequisite(f"hosted zone {zone}", partial(_create_zone, zone=zone))


def _load_balancer(project: Project) -> Iterator[Prerequisite]:
    balancer = project.load_balancer
    if balancer.arn and balancer.listener_arn and balancer.security_group:
        create = partial(
            _create_existing,
            kind="load_balancer",
            region=project.region,
            arn=balancer.arn,
            listener_arn=balancer.listener_arn,
            group_id=balancer.security_group,
            subnet_ids=list(project.network.public_subnet_ids or ()),
        )
        yield Prerequisite(f"load balancer {balancer.arn.split('/')[2]} with a listener", create)


def _policies(project: Project) -> Iterator[Prerequisite]:
    """The account's own policies; AWS managed policies exist in every account."""
    arns = [project.permissions_boundary] if project.permissions_boundary else []
    for service in project.services.values():
        arns += service.permissions.managed_policies
    for arn in dict.fromkeys(arns):
        if arn.split(":")[4] == account_id_of(project):
            yield Prerequisite(f"policy {arn.rpartition('/')[2]}", partial(_create_policy, arn=arn))


def _security_groups(project: Project, service: Service) -> Iterator[Prerequisite]:
    rules = () if service.egress == "open" else service.egress
    for group in (*(rule.security_group for rule in rules), *service.security_groups):
        if isinstance(group, str):
            region, vpc_id = project.region, project.network.vpc_id
            create = partial(_create_existing, kind="security_group", region=region, group_id=group, vpc_id=vpc_id)
            yield Prerequisite(f"security group {group}", create)


def _topics(project: Project, service: Service) -> Iterator[Prerequisite]:
    for arn in service.queue.existing_topics if service.queue else ():
        create = partial(_create_existing, kind="topic", region=project.region, arn=arn)
        yield Prerequisite(f"topic {arn.rpartition(':')[2]} of {arn.split(':')[4]}", create)


def _client_secret(project: Project, service: Service) -> Iterator[Prerequisite]:
    """The client secret of an identity provider, which Terraform reads."""
    if service.http.auth and service.http.auth.oidc:
        reference = secret_reference(service.http.auth.oidc.client_secret)
        name, key = reference.name.rpartition(":secret:")[2], reference.selector.partition(":")[0]
        if reference.name.startswith("arn:"):
            name = WHOLE_SECRET_ARN.sub("", name)
        value = json.dumps({key: "made-up"}) if key else "made-up"
        yield Prerequisite(f"secret {name}", partial(_create_secret, region=project.region, name=name, value=value))


def _create_secret(emulator: Emulator, region: str, name: str, value: str) -> None:
    emulator.client("secretsmanager", region).create_secret(Name=name, SecretString=value)


def _create_existing(emulator: Emulator, kind: str, **values: object) -> None:
    emulator.create_existing(kind, **values)


def _create_zone(emulator: Emulator, zone: str) -> None:
    emulator.client("route53", "us-east-1").create_hosted_zone(Name=zone, CallerReference=zone)


def _create_policy(emulator: Emulator, arn: str) -> None:
    path, _, name = arn.split(":", 5)[5].removeprefix("policy").rpartition("/")
    iam = emulator.client("iam", "us-east-1")
    iam.create_policy(PolicyName=name, Path=f"{path}/", PolicyDocument=DENY_EVERYTHING)
