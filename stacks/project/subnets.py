"""Allocates subnets from the range of a VPC, so that a zone can be added without moving a subnet.

A VPC's range is divided into sixteen equal parts: the public subnets are the first six of them, the private subnets
the six from the ninth on, one per zone. 10.0.0.0/16 thus has /20 subnets of 4,091 addresses for up to six zones.
An Application Load Balancer needs subnets of at least /27, so ranges smaller than /23 are divided into fewer parts
for fewer zones: /24 for four, /25 for two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from stacks.project.models import Network

MAX_ZONES = 6
_PARTS_BITS = 4
# Elastic Load Balancing User Guide, "Subnets for your load balancer".
_SMALLEST_PREFIX = 27


@dataclass(frozen=True)
class SubnetRanges:
    """The ranges of the subnets, in the order of the availability zones."""

    public: tuple[str, ...]
    private: tuple[str, ...]


class TooSmallError(ValueError):
    """A range is too small for the subnets; `fits` is the number of zones that fit."""

    def __init__(self, fits: int) -> None:
        self.fits = fits
        super().__init__(f"the range fits {fits} zones")


def zone_count(network: Network) -> int:
    """How many availability zones a network spans."""
    zones = network.availability_zones
    return zones if isinstance(zones, int) else len(zones)


def subnets_of(network: Network) -> SubnetRanges:
    """The subnets of a network: the listed ones, and the others allocated from its `cidr`.

    Raises `TooSmallError` when `cidr` is too small for a subnet in each zone.
    """
    vpc = IPv4Network(network.cidr)
    zones = zone_count(network)
    public, private = network.public_subnets, network.private_subnets
    parts = _parts(vpc)
    half = len(parts) // 2
    if public is None:
        public = _allocated(parts[:half], parts[half:], private or (), zones)
    if private is None:
        private = _allocated(parts[half:], parts[:half], public, zones)
    return SubnetRanges(public, private)


def _parts(vpc: IPv4Network) -> list[IPv4Network]:
    bits = min(_PARTS_BITS, _SMALLEST_PREFIX - vpc.prefixlen)
    return list(vpc.subnets(prefixlen_diff=bits)) if bits > 0 else []


def _allocated(own: list[IPv4Network], other: list[IPv4Network], taken: Iterable[str], zones: int) -> tuple[str, ...]:
    """The first `zones` free parts: of the tier's own half, then, when ranges are listed, of the other half."""
    given = [IPv4Network(text) for text in taken]
    free = [str(part) for part in _free(own, given)]
    if given:
        free += [str(part) for part in _free(other, given)]
    if len(free) < zones:
        raise TooSmallError(len(free))
    return tuple(free[:zones])


def _free(parts: list[IPv4Network], given: list[IPv4Network]) -> Iterator[IPv4Network]:
    return (part for part in parts if not any(part.overlaps(network) for network in given))
