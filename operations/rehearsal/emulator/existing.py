"""What an account already holds before a deploy, made in the emulator under the ids that a project file names.

AWS chooses these ids, so that its API can't make them; a rehearsal of a project that names a VPC or a certificate needs
them all the same. The emulator takes such things at an address of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from itertools import cycle
from os import environ as process_environment
from types import ModuleType
from typing import Any

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends, security_groups, subnets, vpcs

PATH = "/ecsforge/existing"
CIDR = "10.0.0.0/16"


class Existing:
    """A WSGI application that makes what a POST to `PATH` names, and hands every other request on."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._application(environ, start_response)  # type: ignore[no-any-return]
        asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        MAKERS[asked.pop("kind")](process_environment["MOTO_ACCOUNT_ID"], **asked)
        start_response("204 No Content", [])
        return []


def make_network(account: str, region: str, vpc_id: str, subnet_ids: list[str]) -> None:
    """A VPC with subnets, spread over the zones of the region."""
    ec2 = ec2_backends[account][region]
    with _naming(vpcs, "random_vpc_id", vpc_id):
        ec2.create_vpc(CIDR)
    zones = cycle(zone.name for zone in ec2.describe_availability_zones())
    for subnet_id, cidr in zip(subnet_ids, IPv4Network(CIDR).subnets(new_prefix=24), strict=False):
        with _naming(subnets, "random_subnet_id", subnet_id):
            ec2.create_subnet(vpc_id, str(cidr), availability_zone=next(zones))


def make_security_group(account: str, region: str, group_id: str) -> None:
    """A security group in the default VPC."""
    ec2 = ec2_backends[account][region]  # made on first use, with a security group that must not get this id
    with _naming(security_groups, "random_security_group_id", group_id):
        ec2.create_security_group(group_id, "Made for a rehearsal")


def make_certificate(account: str, region: str, arn: str) -> None:
    """An issued certificate."""
    acm = acm_backends[account][region]
    made = acm.request_certificate("example.com", None, [], [])
    certificate = acm._certificates.pop(made)
    certificate.arn, certificate.status = arn, "ISSUED"
    acm._certificates[arn] = certificate


MAKERS: dict[str, Callable[..., None]] = {
    "network": make_network,
    "security_group": make_security_group,
    "certificate": make_certificate,
}


@contextmanager
def _naming(module: ModuleType, function: str, value: str) -> Iterator[None]:
    """Lets moto choose `value` for the next id."""
    original = getattr(module, function)
    setattr(module, function, lambda: value)
    try:
        yield
    finally:
        setattr(module, function, original)
