"""Project files of tests/specs/ with the settings of a workflow, and what the workflow and the roles depend on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from operations.ci.documents import PipelineRole, roles_of
from operations.ci.github.model import Workflow
from operations.ci.names import Account
from operations.ci.permissions import Subject
from operations.ci.subject import github_of, subject_of
from stacks.project import Loaded, Selection, load, load_shared
from stacks.references import partition_of

SPECS = Path(__file__).parents[1] / "specs"
NAMES = tuple(sorted(file.stem for file in SPECS.glob("*.yaml")))
COMMIT = "0123456789abcdef0123456789abcdef01234567"
INSTALL = f'pip install "ecsforge[rehearse] @ git+https://github.com/acme/ecsforge@{COMMIT}"'
SETTINGS = (
    "ci.github.repository=acme/shop",
    f"ci.github.install={INSTALL}",
    "state.backend=s3",
    "state.bucket=acme-state",
)
ACCOUNT_ID = "123456789012"


def selection(spec: str, env: str | None = None, *sets: str) -> Selection:
    """A spec with the settings of a workflow and a state in S3."""
    return Selection(file=SPECS / f"{spec}.yaml", env=env, sets=(*SETTINGS, *sets))


def environments(spec: str) -> tuple[str, ...]:
    """The environments of a spec."""
    return tuple(yaml.safe_load((SPECS / f"{spec}.yaml").read_text("utf-8"))["environments"])


ENVIRONMENTS = tuple((spec, env) for spec in NAMES for env in environments(spec))


@cache
def loaded(spec: str, *sets: str) -> Loaded:
    """Every environment of a spec."""
    return load(selection(spec, None, *sets))


def workflow(spec: str, *sets: str, folder: str = ".") -> Workflow:
    """The workflow of a spec."""
    found = loaded(spec, *sets)
    shared = found.shared.project if found.shared else None
    return Workflow(github_of(found.projects[0]), found.projects, shared, PurePosixPath(folder))


@cache
def subject(spec: str, env: str, *sets: str) -> Subject:
    """What the permissions of an environment, or of the stack `shared`, depend on."""
    options = selection(spec, None if env == "shared" else env, *sets)
    found = load_shared(options) if env == "shared" else load(options)
    project = found.projects[0] if found.projects else found.shared.project  # type: ignore[union-attr]
    account_id = project.account_id or ACCOUNT_ID
    account = Account(account_id, project.region, partition_of(project.region))
    return subject_of(found, loaded(spec, *sets).projects, account)


def roles(spec: str, env: str, *sets: str) -> dict[str, PipelineRole]:
    """The roles of an environment by kind."""
    found = subject(spec, env, *sets)
    return {role.kind: role for role in roles_of(found, github_of(found.project))}


def jobs(text: str) -> Mapping[str, Any]:
    """The jobs of a workflow."""
    found: Mapping[str, Any] = yaml.safe_load(text)["jobs"]
    return found
