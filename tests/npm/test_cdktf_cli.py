"""The repository is a cdktf project that the real `cdktf` command can list, synthesize and deploy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.support import cdktf
from tests.support.terraform import terraform_environment
from tests.support.workplace import NETWORK, REGION, SUBNETS, VPC, WORKER

pytestmark = pytest.mark.npm

# `terraform providers lock` uses the registry even if a mirror is configured.
NON_INTERACTIVE = ("--auto-approve", "--skip-provider-lock")


def _stacks(checkout: Path) -> list[str]:
    return sorted(folder.name for folder in (checkout / "cdktf.out" / "stacks").iterdir())


def test_list_names_every_environment(cdktf_binary: Path, checkout: Path) -> None:
    result = cdktf.run(cdktf_binary, checkout, "list")

    assert result.returncode == 0, result.stdout + result.stderr
    assert "node-app-dev " in result.stdout
    assert "node-app-prod " in result.stdout


def test_synth_writes_one_stack_per_environment(cdktf_binary: Path, checkout: Path) -> None:
    result = cdktf.run(cdktf_binary, checkout, "synth")

    assert result.returncode == 0, result.stdout + result.stderr
    assert _stacks(checkout) == ["node-app-dev", "node-app-prod"]


def test_synth_writes_the_environment_in_ecsforge_env(cdktf_binary: Path, checkout: Path) -> None:
    result = cdktf.run(cdktf_binary, checkout, "synth", ECSFORGE_ENV="prod", ECSFORGE_PROJECT_ID="other")

    assert result.returncode == 0, result.stdout + result.stderr
    assert _stacks(checkout) == ["other-prod"]
    stack = json.loads((checkout / "cdktf.out" / "stacks" / "other-prod" / "cdk.tf.json").read_text())
    assert stack["resource"]["aws_ecs_cluster"]["web_cluster"]["name"] == "web-cluster-other-prod"


def test_synth_of_one_environment_removes_the_others(cdktf_binary: Path, checkout: Path) -> None:
    """cdktf-cli removes their folders, and fails if a folder that it found before was deleted."""
    cdktf.run(cdktf_binary, checkout, "synth")

    result = cdktf.run(cdktf_binary, checkout, "synth", ECSFORGE_ENV="prod")

    assert result.returncode == 0, result.stdout + result.stderr
    assert _stacks(checkout) == ["node-app-prod"]


def test_synth_shows_the_problems_of_the_project_file(cdktf_binary: Path, checkout: Path) -> None:
    project = checkout / "ecsforge.yaml"
    project.write_text(project.read_text().replace("memory: 1024", "memory: 700"))

    result = cdktf.run(cdktf_binary, checkout, "synth")

    assert result.returncode != 0
    assert "services.web.memory" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An account with an existing network."""
    with Emulator() as started:
        started.create_existing(
            "network", region=REGION, vpc_id=VPC, subnet_ids=[each for ids in SUBNETS.values() for each in ids]
        )
        yield started


@pytest.fixture
def env_vars(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of Terraform: the emulator, and the providers."""
    return {**emulator.env_vars(os.environ), **terraform_environment(tmp_path_factory.mktemp("providers"))}


def _write(checkout: Path, services: dict[str, Any]) -> None:
    environments = {"dev": {}, "prod": {}}
    project = {"project_id": "card", "region": REGION, "network": NETWORK, "environments": environments}
    (checkout / "ecsforge.yaml").write_text(json.dumps({**project, "services": services}))


@pytest.mark.terraform
def test_deploy_and_destroy_of_one_stack(
    cdktf_binary: Path, checkout: Path, emulator: Emulator, env_vars: dict[str, str]
) -> None:
    _write(checkout, {"mailer": WORKER})
    ecs = emulator.client("ecs", REGION)

    deployed = cdktf.run(cdktf_binary, checkout, "deploy", "card-dev", *NON_INTERACTIVE, base=env_vars)

    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    cluster = "web-cluster-card-dev"
    assert [
        f"arn:aws:ecs:{REGION}:{emulator.account_id}:service/{cluster}/mailer-service-card-dev"
    ] == ecs.list_services(cluster=cluster)["serviceArns"]
    assert (checkout / "terraform.card-dev.tfstate").exists()

    destroyed = cdktf.run(cdktf_binary, checkout, "destroy", "card-dev", *NON_INTERACTIVE, base=env_vars)

    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert [
        c["clusterName"] for c in ecs.describe_clusters(clusters=[cluster])["clusters"] if c["status"] == "ACTIVE"
    ] == []


@pytest.mark.terraform
def test_the_shared_stack_and_an_image_as_a_variable(
    cdktf_binary: Path, checkout: Path, emulator: Emulator, env_vars: dict[str, str]
) -> None:
    _write(checkout, {"mailer": {"type": "worker", "repository": True, "count": 1}})
    image = f"{emulator.account_id}.dkr.ecr.{REGION}.amazonaws.com/card/mailer@sha256:{'a' * 64}"

    listed = cdktf.run(cdktf_binary, checkout, "list")
    shared = cdktf.run(cdktf_binary, checkout, "deploy", "card-shared", *NON_INTERACTIVE, base=env_vars)
    without = cdktf.run(cdktf_binary, checkout, "deploy", "card-dev", *NON_INTERACTIVE, base=env_vars)
    ecs = emulator.client("ecs", REGION)
    registered = ecs.list_task_definitions()["taskDefinitionArns"]
    variable = ("--var", f"mailer_image={image}")
    deployed = cdktf.run(cdktf_binary, checkout, "deploy", "card-dev", *NON_INTERACTIVE, *variable, base=env_vars)

    assert [name for name in ("card-shared ", "card-dev ", "card-prod ") if name in listed.stdout] == [
        "card-shared ",
        "card-dev ",
        "card-prod ",
    ]
    assert shared.returncode == 0, shared.stdout + shared.stderr
    assert [
        each["repositoryName"] for each in emulator.client("ecr", REGION).describe_repositories()["repositories"]
    ] == ["card/mailer"]
    # cdktf-cli sometimes loses what Terraform printed last; tests/e2e/test_shared.py reads the message.
    assert (without.returncode, registered) == (1, [])
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    (definition,) = ecs.list_task_definitions(familyPrefix="mailer-card-dev")["taskDefinitionArns"]
    containers = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["containerDefinitions"]
    assert [each["image"] for each in containers] == [image]
