"""Each example of docs/examples in a rehearsal: with every rule of the emulator, and an empty second plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rehearsed import rehearsed, stages
from tests.support.workplace import Workplace

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.yaml"))
CHECKS = {
    "db-proxy": {"port and protocol of the listener", "client addresses preserved"},
    "events": {"topics that may send to the queue", "fifo"},
    "existing-balancer": {"priority of the listener rules", "further security groups"},
    "grpc": {"health check matcher", "container and port that the load balancer reaches"},
    "hobby": {"public IP"},
    "internal-tool": {"first action of the listener rules"},
    "keycloak": {"health check port", "hosts of the listener rules"},
    "laravel": {
        "container and port that the load balancer reaches",
        "mount paths of volumes",
        "MiB of paths in memory",
        "kernel parameters",
    },
    "rails-shop": {
        "password in the URL, in the fields and in its own secret",
        "files that contain a password",
        "services that may connect",
        "DATABASE_URL, the url of db",
        "REDIS_URL, the url of redis",
        "secrets of databases that its execution role may read",
        "deletion protection",
    },
    "workers": {"log driver", "topics that may send to the queue", "filter policy of orders"},
}

OWN = {"rails-shop": ("cloudfront",)}
"""The services of AWS that only an example's own Terraform uses."""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_passes_a_rehearsal_with_an_empty_second_plan(workplace: Workplace, example: Path) -> None:
    report = rehearsed(workplace, "-f", str(example), "--env", "prod", own=OWN.get(example.stem, ()))

    assert report["passed"]
    assert stages(report)["plan again"] == "no changes"
    assert stages(report)["nothing left"] == "the account is as before"
    assert CHECKS[example.stem] <= {check["what"] for check in report["checks"] if check["passed"]}
