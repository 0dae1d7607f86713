"""The stack that all environments share, in a rehearsal: deployed before the environment and destroyed after it.

Nothing is built. Each repository gets a made-up image, which the environment's Terraform gets as a variable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.rehearsal.project import shared_in
from operations.state.backend import local_state_file
from operations.state.document import StateDocument
from operations.terraform.runner import Terraform
from operations.text import counted
from stacks.addresses import Owners
from stacks.errors import RehearsalError
from stacks.naming import shared_repository
from stacks.shared_registry import SharedRegistry

if TYPE_CHECKING:
    from operations.rehearsal.emulator.client import Emulator
    from operations.reporter import Reporter
    from operations.terraform.binary import Binary
    from stacks.project import Loaded
    from stacks.project.models import Project

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_TAG = "rehearsal"


@dataclass(frozen=True)
class MadeUpImage:
    """An image without content: a manifest, and its digest."""

    manifest: str
    digest: str

    @classmethod
    def of(cls, service: str) -> MadeUpImage:
        """The image of a service; the same in every rehearsal."""
        config = {"mediaType": _CONFIG_TYPE, "digest": f"sha256:{_sha256(service)}", "size": len(service)}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []}
        text = json.dumps(manifest, separators=(",", ":"))
        return cls(text, f"sha256:{_sha256(text)}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def needs_shared(loaded: Loaded) -> bool:
    """Whether the environment of a rehearsal uses the stack that all environments share."""
    (project,) = loaded.projects
    return any(service.has_shared_repository for service in project.services.values())


def made_up_images(project: Project, account_id: str) -> dict[str, str]:
    """The images that a rehearsal passes to Terraform, by service; `account_id` is the emulator's account."""
    registry = SharedRegistry.of(project)
    return {
        name: registry.image(name, MadeUpImage.of(name).digest, account_id)
        for name, service in project.services.items()
        if service.image_is_deployed
    }


class SharedRehearsal:
    """The life of the shared stack in the emulator.

    Args:
        loaded: The project; only its shared stack is used.
        folder: The rehearsal's folder.
        emulator: The AWS account.
        binary: The Terraform to run.
        reporter: Receives Terraform's events and warnings.
        env_vars: Returns the environment of Terraform.
        initialize: Installs the providers in a stack's folder.
    """

    def __init__(
        self,
        loaded: Loaded,
        folder: Path,
        emulator: Emulator,
        *,
        binary: Binary,
        reporter: Reporter,
        env_vars: Callable[[], Mapping[str, str]],
        initialize: Callable[[Terraform], None],
    ) -> None:
        assert loaded.shared is not None
        self._shared = shared_in(emulator.account_id, loaded.shared)
        self._loaded, self._folder, self._emulator = loaded, folder, emulator
        self._binary, self._reporter = binary, reporter
        self._env_vars, self._initialize = env_vars, initialize
        self._plan_file = folder / "plan-shared"
        self._terraform: Terraform

    def deploy(self) -> str:
        """Apply the stack, require that a second plan is empty, and push the images."""
        from stacks.app import synthesize

        loaded = replace(self._loaded, projects=(), shared=self._shared)
        (stack,) = synthesize(loaded, self._folder / "cdktf.out", prune=False)
        owners = Owners(stack.owners, tuple(self._shared.project.services))
        settings = stack.configuration["terraform"]
        self._terraform = Terraform(
            self._binary,
            stack.path,
            self._env_vars(),
            owners,
            self._reporter.warn,
            disposable=True,
            settings=settings,
        )
        self._initialize(self._terraform)
        self._plan()
        self._terraform.apply(self._plan_file, on_event=self._reporter.event)
        if self._plan().has_changes:
            what = "the plan of the shared stack after its apply must be empty"
            raise RehearsalError.of(stack.name, what, fix="report this as a bug in ecsforge")
        self._push()
        return f"{counted(len(self._shared.project.services), 'repository')} with a made-up image"

    def destroy(self) -> str:
        """Delete the images and destroy the stack, as `destroy --shared` does."""
        ecr, names = self._ecr(), self._repositories()
        for name in names:
            ecr.delete_repository(repositoryName=name, force=True)
        result = self._terraform.plan(self._plan_file, destroy=True, on_event=self._reporter.event)
        self._terraform.apply(self._plan_file, on_event=self._reporter.event)
        return f"{len(result.changes) + len(names)} destroyed"

    def _plan(self) -> Any:
        return self._terraform.plan(self._plan_file, on_event=self._reporter.event)

    def _push(self) -> None:
        ecr = self._ecr()
        for name in self._shared.project.services:
            image = MadeUpImage.of(name)
            ecr.put_image(
                repositoryName=shared_repository(self._shared.project.project_id, name),
                imageManifest=image.manifest,
                imageManifestMediaType=MANIFEST_TYPE,
                imageTag=_TAG,
                imageDigest=image.digest,
            )

    def _repositories(self) -> tuple[str, ...]:
        state = StateDocument.read(local_state_file(self._folder, self._terraform.folder.name))
        return tuple(str(each.attributes["name"]) for each in state.managed if each.type == "aws_ecr_repository")

    def _ecr(self) -> Any:
        """The ECR of the registry's account."""
        project = self._shared.project
        return self._emulator.client("ecr", project.region, role=project.assume_role)
