from __future__ import annotations

import json
from pathlib import Path

import botocore

from stacks.project.data.regions import REGIONS


def test_the_regions_are_those_of_botocore() -> None:
    endpoints = json.loads((Path(botocore.__file__).parent / "data" / "endpoints.json").read_text())

    assert set(REGIONS) >= {region for partition in endpoints["partitions"] for region in partition["regions"]}
