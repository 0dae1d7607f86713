"""Installs the providers of a rehearsal's stacks, from the registry, Terraform's configuration or a mirror."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from operations.rehearsal import providers
from operations.terraform.init import configured_sources, initialize
from operations.terraform.runner import Terraform
from stacks.errors import RehearsalError, TerraformError

if TYPE_CHECKING:
    from operations.reporter import Reporter


class Installation:
    """The providers of a rehearsal.

    Args:
        root: The folder of the project file, which has the provider lock file.
        folder: The rehearsal's folder, for the configuration of a mirror.
        reporter: Receives Terraform's events and warnings.
        env_vars: Returns the environment of Terraform, with that configuration once it exists.
    """

    def __init__(self, root: Path, folder: Path, reporter: Reporter, env_vars: Callable[[], Mapping[str, str]]) -> None:
        self._root, self._folder, self._reporter, self._env_vars = root, folder, reporter, env_vars
        self._mirror: Path | None = None

    def first(self, terraform: Terraform) -> tuple[Terraform, str]:
        """Initialize the first stack; return its Terraform with its environment, and where the providers came from."""
        mirror = providers.named_mirror(os.environ)
        if mirror is None:
            try:
                self.next(terraform)
                sources = configured_sources(terraform.env_vars)
                return terraform, f"providers from {', '.join(sources) or 'the registry'}"
            except TerraformError as error:
                mirror = providers.fallback_mirror(os.environ)
                if mirror is None:
                    raise RehearsalError(*error.problems, providers.NO_MIRROR) from error
        prepared = providers.prepare_mirror(mirror, self._folder)
        self._mirror, terraform = mirror, replace(terraform, env_vars=self._env_vars())
        self.next(terraform)
        bundled = f", with the bundled {providers.LOCAL}" if prepared.bundled_local else ""
        return terraform, f"providers from {mirror}{bundled}"

    def next(self, terraform: Terraform) -> None:
        """Initialize a stack with the providers of the first one."""
        providers.place_lock_file(self._root, terraform.folder, self._mirror, self._reporter.warn)
        initialize(terraform, on_event=self._reporter.event)
