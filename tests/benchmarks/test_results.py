"""The medians, and the JSON."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.measure import Run
from benchmarks.results import Measurement, read
from tests.benchmarks.some import results


def test_seconds_are_the_median_and_memory_is_the_peak() -> None:
    measurement = Measurement("synth", "1 service", "ecsforge")
    for seconds, megabytes in ((9.0, 100), (1.0, 300), (2.0, 200)):
        measurement.add(Run(seconds, megabytes))

    assert (measurement.seconds, measurement.megabytes) == (2.0, 300)


def test_json_is_sorted_and_rounded(tmp_path: Path) -> None:
    results().write(tmp_path / "results.json")

    text = (tmp_path / "results.json").read_text()
    content = json.loads(text)
    assert text == json.dumps(content, indent=2, sort_keys=True) + "\n"
    assert content["measurements"][0] == {
        "all_seconds": [1.0, 3.0, 1.234],
        "case": "1 service",
        "group": "synth",
        "megabytes": 100,
        "seconds": 1.234,
        "tool": "ecsforge",
    }
    assert content["left_out"] == [
        {"case": "1 service", "group": "synth", "reason": "it can't be installed: no network", "tool": "cdktn"}
    ]
    assert (content["date"], content["rounds"]) == ("2026-11-27", 5)
    assert content["versions"] == {"ecsforge": "0.1.0", "Python": "3.11.7"}


def test_written_json_is_read_back(tmp_path: Path) -> None:
    results().write(tmp_path / "first.json")
    read(tmp_path / "first.json").write(tmp_path / "second.json")

    assert (tmp_path / "first.json").read_text() == (tmp_path / "second.json").read_text()


def test_ecsforge_is_the_first_tool_and_groups_stay_together() -> None:
    assert results().tools("synth") == ["ecsforge", "cdktf", "cdktn"]
    assert results().cases() == [("synth", "1 service"), ("synth", "300 services"), ("release", "release")]
