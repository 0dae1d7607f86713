"""What a rehearsal reports: events while it runs, and a `Report` at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from operations.plan.model import Plan
from operations.rehearsal.check import Check
from operations.rehearsal.emulator.calls import Call
from stacks.addresses import Owners
from stacks.errors import EcsforgeError
from stacks.naming import stack_name


@dataclass(frozen=True)
class Stage:
    """A stage that has run. `detail` is its result, or why it failed."""

    name: str
    passed: bool
    seconds: float
    detail: str


@dataclass(frozen=True)
class StageStarted:
    """A stage has started.

    Attributes:
        name: Its name.
        steps: How many resources Terraform will change in it; 0 when that is not known.
        owners: Which service each resource belongs to; empty before the first synthesis.
    """

    name: str
    steps: int = 0
    owners: Owners = field(default_factory=Owners)


@dataclass(frozen=True)
class StageEnded:
    """A stage has passed or failed."""

    stage: Stage


@dataclass(frozen=True)
class StageStopped:
    """A stage was interrupted.

    Attributes:
        name: Its name.
        seconds: How long it took.
        made: How many changes Terraform made in it.
        planned: How many it was to make; 0 when it was not changing resources.
    """

    name: str
    seconds: float
    made: int = 0
    planned: int = 0


@dataclass(frozen=True)
class Kept:
    """What `--keep` leaves running.

    Attributes:
        endpoint: The emulator's URL.
        pid: The emulator's process id.
        root: The folder with all files of the rehearsal.
        folder: The folder in it that Terraform runs in.
        settings: The environment variables that select the emulator and the region.
        types: The types of the stack's resources.
        unset: The user's other variables of AWS, such as a profile or the endpoint of a service: with them, the AWS
            CLI and ecsforge fail or use another account.
    """

    endpoint: str
    pid: int
    root: Path
    folder: Path
    settings: Mapping[str, str]
    types: frozenset[str] = frozenset()
    unset: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The result of a rehearsal. `upgrade` is the plan from the previous version to the new one, if there was one.

    `calls` are the AWS requests of Terraform and of the checks.
    """

    project_id: str
    env: str
    region: str
    stages: tuple[Stage, ...]
    checks: tuple[Check, ...] = ()
    upgrade: Plan | None = None
    kept: Kept | None = None
    error: EcsforgeError | None = None
    calls: tuple[Call, ...] = ()

    @property
    def stack(self) -> str:
        """The stack that was rehearsed."""
        return stack_name(self.project_id, self.env)

    @property
    def passed(self) -> bool:
        """Whether every stage passed."""
        return self.error is None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return sum(stage.seconds for stage in self.stages)
