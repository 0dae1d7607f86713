"""The IPv4 ranges of a network's subnets."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from stacks.spec.models import Network

MOST_ZONES = 6
SMALLEST_PREFIX = 28


@dataclass(frozen=True)
class Subnets:
    """One range for each availability zone, public and private alike."""

    public: tuple[str, ...]
    private: tuple[str, ...]


def zone_count(network: Network) -> int:
    """How many availability zones the network spans."""
    zones = network.availability_zones
    return zones if isinstance(zones, int) else len(zones)


def carved(cidr: str) -> Subnets:
    """All the subnets that `cidr` has room for, public ones from its first half, private ones from its second.

    Where there is room, each half is cut into eight, so that a zone can be added without moving those that exist.
    """
    network = IPv4Network(cidr)
    prefix = min(network.prefixlen + 4, SMALLEST_PREFIX)
    blocks = [str(block) for block in network.subnets(new_prefix=prefix)]
    half = len(blocks) // 2
    return Subnets(tuple(blocks[:half][:MOST_ZONES]), tuple(blocks[half:][:MOST_ZONES]))


def subnets_of(network: Network) -> Subnets:
    """The subnets of `network`: as given, or carved from its `cidr`."""
    count = zone_count(network)
    own = carved(network.cidr) if network.public_subnets is None or network.private_subnets is None else None
    public = network.public_subnets if own is None or network.public_subnets else own.public[:count]
    private = network.private_subnets if own is None or network.private_subnets else own.private[:count]
    return Subnets(public or (), private or ())
