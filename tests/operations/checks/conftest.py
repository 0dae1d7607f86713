"""An environment and its account in moto, for the checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from cli.sentences import sentence
from operations.checks.account import DOCTOR_CHECKS
from operations.checks.model import CheckResult
from operations.checks.target import Target
from operations.clients import Clients, Requests
from stacks.project import Selection, load
from stacks.project.models import Project

ACCOUNT = "123456789012"
MakeProject = Callable[[str], Project]
Run = Callable[..., list[CheckResult]]


@pytest.fixture
def project(tmp_path: Path) -> MakeProject:
    """`project("services: {web: {}}")` is the environment `dev` of a project file with these lines."""

    def make(text: str) -> Project:
        file = tmp_path / "ecsforge.yaml"
        file.write_text(f"project_id: shop\nregion: eu-west-1\nenvironments: {{dev: {{}}}}\n{text}\n")
        return load(Selection(file=file, env="dev")).projects[0]

    return make


@pytest.fixture
def run(account: boto3.Session, project: MakeProject) -> Run:
    """`run("secrets", "services: ...")` runs one check."""

    def one(check: str, text: str, *, deployed: bool = False) -> list[CheckResult]:
        clients = Clients(account, "eu-west-1")
        target = Target(project(text), clients, ACCOUNT, deployed)
        return list(DOCTOR_CHECKS[check](target, Requests(clients)))

    return one


def texts(results: list[CheckResult]) -> list[str]:
    """The status of each result, and what it found as a sentence."""
    return [f"{each.status}: {sentence(each.problem) if each.problem else each.found}" for each in results]
