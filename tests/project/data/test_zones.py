"""The list of availability zones."""

from __future__ import annotations

import re

import pytest

from stacks.project.data.regions import REGIONS
from stacks.project.data.zones import ZONE_IDS


def test_zones_are_listed_for_existing_regions() -> None:
    assert set(ZONE_IDS) <= set(REGIONS)


@pytest.mark.parametrize("region", ZONE_IDS)
def test_a_region_has_at_least_two_zones(region: str) -> None:
    ids = ZONE_IDS[region]

    assert len(set(ids)) == len(ids) >= 2
    assert all(re.fullmatch(r"[a-z]+\d-az\d", zone) for zone in ids)


def test_zones_without_fargate_are_left_out() -> None:
    assert "usw1-az2" not in ZONE_IDS["us-west-1"]
    assert "apne1-az3" not in ZONE_IDS["ap-northeast-1"]
