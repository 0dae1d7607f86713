"""`ecsforge release`, and a bare boto3 script that makes the same changes. Neither waits for a steady state."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import Command
from benchmarks.over_terraform import REGION, SELECTED, deployed
from benchmarks.workplace import Workplace

SCRIPT = Path(__file__).with_name("boto3_release.py")
SERVICE = "mailer"
_tags = itertools.count(2)


def _new_image() -> str:
    return f"public.ecr.aws/nginx/nginx:{next(_tags)}"


@contextmanager
def ecsforge_release(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """`ecsforge release` of an image that does not run yet."""
    yield [deployed(workplace).ecsforge("release", SERVICE, *SELECTED, "--image", _new_image(), "--no-wait")]


@contextmanager
def boto3_release(workplace: Workplace) -> Iterator[Sequence[Command]]:
    """The boto3 script with an image that does not run yet."""
    made = deployed(workplace)
    (cluster,) = made.emulator.client("ecs", REGION).list_clusters()["clusterArns"]
    services = made.emulator.client("ecs", REGION).list_services(cluster=cluster)["serviceArns"]
    (service,) = (each for each in services if SERVICE in each.rpartition("/")[2])
    arguments = [sys.executable, str(SCRIPT), REGION, cluster, service, _new_image()]
    yield [Command(arguments, made.folder, made.env_vars)]
