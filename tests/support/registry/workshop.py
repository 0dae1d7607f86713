"""A service's folder, an engine and a registry, to bring its image to ECR."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from operations.images.build import BuiltImage, ServiceBuild, build_service
from operations.images.engine import Engine
from operations.images.registry import Registry
from tests.support.registry.front import Front
from tests.support.reporter import Recorder

REGION = "eu-west-1"
HOST = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
DOCKERFILE = 'FROM scratch\nCOPY app /app\nENTRYPOINT ["/app"]\n'


@dataclass
class Workshop:
    """A service's folder, and what builds and stores its image.

    Attributes:
        engine: The engine.
        front: The registry's proxy, to fail requests.
        ecr: The emulator's ECR client.
        session: A boto3 session of the emulator.
        context: The folder with a Dockerfile and a program for amd64.
        repository: A new repository with immutable tags.
        reporter: Records the output.
    """

    engine: Engine
    front: Front
    ecr: Any
    session: boto3.Session
    context: Path
    repository: str
    reporter: Recorder = field(default_factory=Recorder)

    def build(self, **changes: Any) -> ServiceBuild:
        """The build of the service `web`."""
        return ServiceBuild("web", self.repository, self.context, **changes)

    def deliver(self, **changes: Any) -> BuiltImage:
        """Build and push it."""
        return build_service(self.build(**changes), self.engine, self.registry, self.reporter)

    @property
    def registry(self) -> Registry:
        """The registry, without what an earlier command cached."""
        return Registry(self.session)

    @property
    def pushed(self) -> list[str]:
        """The manifests that were put into the registry."""
        puts = [request.path for request in self.front.seen if request.method == "PUT"]
        return [path for path in puts if "/manifests/" in path]
