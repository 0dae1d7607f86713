"""Podman, a registry behind ECR's host names, and an account: all that `deploy --build` needs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.support.registry.certificate import write_certificate
from tests.support.registry.engines import sandbox
from tests.support.registry.front import LAYERS, Front, running
from tests.support.registry.servers import docker_registry

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class World:
    """An account with a registry.

    Attributes:
        emulator: The account.
        front: What answers for the registry.
        env_vars: The environment variables with which podman, boto3 and the AWS CLI use both.
    """

    emulator: Emulator
    front: Front
    env_vars: dict[str, str]


def host(region: str) -> str:
    """The host name of the account's registry in a region."""
    return f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com"


@contextmanager
def world(emulator: Emulator, folder: Path, regions: Sequence[str]) -> Iterator[World]:
    """The registry of the account in these regions, while the block runs; its files are in `folder`."""
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed: run .ci/engines")
    own, blobs, certificates = (folder / name for name in ("podman", "registry", "certificate"))
    for each in (own, blobs, certificates):
        each.mkdir()
    trusted, served = write_certificate(certificates, *map(host, regions), LAYERS)
    clients = {host(region): emulator.client("ecr", region) for region in regions}
    with docker_registry(blobs) as upstream, running(Front(clients, upstream), served) as front:
        base = {key: value for key, value in os.environ.items() if key.partition("_")[0] not in ("TF", "ECSFORGE")}
        engine = sandbox(own, front.url, trusted)
        yield World(emulator, front, {**emulator.env_vars(base), **engine, "AWS_CA_BUNDLE": str(trusted)})
