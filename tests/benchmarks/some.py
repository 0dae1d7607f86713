"""Results for tests."""

from __future__ import annotations

from benchmarks.results import LeftOut, Measurement, Results


def results() -> Results:
    """ecsforge and two peers in two groups; one peer is left out."""
    return Results(
        "2026-11-27",
        5,
        {"Python": "3.11.7", "ecsforge": "0.1.0"},
        [
            Measurement("synth", "1 service", "ecsforge", [1.0, 3.0, 1.2345], 99.6),
            Measurement("synth", "1 service", "cdktf", [12.345, 12.345, 99], 400),
            Measurement("synth", "300 services", "ecsforge", [6], 250),
            Measurement("release", "release", "ecsforge", [0.5], 60),
            Measurement("release", "release", "boto3", [0.25], 40),
        ],
        [LeftOut("synth", "1 service", "cdktn", "it can't be installed: no network")],
    )
