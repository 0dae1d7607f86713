"""Allocation of subnets: adding a zone moves no subnet."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.project.models import Network
from stacks.project.subnets import SubnetRanges, TooSmallError, subnets_of


def test_a_16_is_divided_into_20s() -> None:
    assert subnets_of(Network()) == SubnetRanges(
        public=("10.0.0.0/20", "10.0.16.0/20"), private=("10.0.128.0/20", "10.0.144.0/20")
    )


def test_listed_subnets_are_unchanged() -> None:
    given = Network(public_subnets=("10.0.1.0/24", "10.0.2.0/24"), private_subnets=("10.0.11.0/24", "10.0.22.0/24"))

    assert subnets_of(given) == SubnetRanges(("10.0.1.0/24", "10.0.2.0/24"), ("10.0.11.0/24", "10.0.22.0/24"))


def test_allocated_subnets_do_not_overlap_listed_ones() -> None:
    given = Network(public_subnets=("10.0.128.0/24", "10.0.129.0/24"))

    assert subnets_of(given).private == ("10.0.144.0/20", "10.0.160.0/20")


def test_zones_can_be_names() -> None:
    assert len(subnets_of(Network(availability_zones=("us-east-1a", "us-east-1b", "us-east-1c"))).public) == 3


@pytest.mark.parametrize(("cidr", "zones"), [("10.0.0.0/23", 6), ("10.0.0.0/24", 4), ("10.0.0.0/25", 2)])
def test_small_ranges_fit_fewer_zones(cidr: str, zones: int) -> None:
    assert len(subnets_of(Network(cidr=cidr, availability_zones=zones)).private) == zones
    if zones < 6:
        with pytest.raises(TooSmallError) as error:
            subnets_of(Network(cidr=cidr, availability_zones=zones + 1))

        assert error.value.fits == zones


@given(st.integers(16, 23), st.integers(2, 5))
def test_another_zone_moves_no_subnet(prefix: int, zones: int) -> None:
    fewer, more = (subnets_of(Network(cidr=f"10.0.0.0/{prefix}", availability_zones=n)) for n in (zones, zones + 1))

    assert (more.public[:zones], more.private[:zones]) == (fewer.public, fewer.private)


@given(st.integers(16, 25), st.integers(2, 6))
def test_subnets_are_inside_the_range_and_do_not_overlap(prefix: int, zones: int) -> None:
    vpc = IPv4Network(f"10.0.0.0/{prefix}")
    try:
        carved = subnets_of(Network(cidr=str(vpc), availability_zones=zones))
    except TooSmallError:
        return
    networks = [IPv4Network(text) for text in (*carved.public, *carved.private)]

    assert all(network.subnet_of(vpc) and network.prefixlen <= 27 for network in networks)
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))
    assert all(one < other for one, other in pairwise(networks))
