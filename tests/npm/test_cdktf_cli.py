"""The repository is a cdktf project: the real `cdktf` command lists and synthesizes it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from operations.rehearsal.emulator.client import Emulator
from tests.support import cdktf
from tests.support.terraform import terraform_environment
from tests.support.workplace import NETWORK, REGION, SUBNETS, VPC, WORKER

pytestmark = pytest.mark.npm

# `terraform providers lock` asks the registry even where a mirror is configured.
UNASKED = ("--auto-approve", "--skip-provider-lock")


def _stacks(checkout: Path) -> list[str]:
    return sorted(folder.name for folder in (checkout / "cdktf.out" / "stacks").iterdir())


def test_list_names_every_environment(cdktf_binary: Path, checkout: Path) -> None:
    result = cdktf.run(cdktf_binary, checkout, "list")

    assert result.returncode == 0, result.stdout + result.stderr
    assert "node-app-dev " in result.stdout
    assert "node-app-prod " in result.stdout


def test_synth_writes_every_environment_one_stack_each(cdktf_binary: Path, checkout: Path) -> None:
    result = cdktf.run(cdktf_binary, checkout, "synth")

    assert result.returncode == 0, result.stdout + result.stderr
    assert _stacks(checkout) == ["node-app-dev", "node-app-prod"]


def test_synth_writes_the_environment_that_ecsforge_env_names(cdktf_binary: Path, checkout: Path) -> None:
    result = cdktf.run(cdktf_binary, checkout, "synth", ECSFORGE_ENV="prod", ECSFORGE_PROJECT_ID="other")

    assert result.returncode == 0, result.stdout + result.stderr
    assert _stacks(checkout) == ["other-prod"]
    stack = json.loads((checkout / "cdktf.out" / "stacks" / "other-prod" / "cdk.tf.json").read_text())
    assert stack["resource"]["aws_ecs_cluster"]["web_cluster"]["name"] == "web-cluster-other-prod"


def test_synth_of_one_environment_takes_away_the_others(cdktf_binary: Path, checkout: Path) -> None:
    """cdktf-cli removes their folders itself, and fails where a folder that it saw before is gone."""
    cdktf.run(cdktf_binary, checkout, "synth")

    result = cdktf.run(cdktf_binary, checkout, "synth", ECSFORGE_ENV="prod")

    assert result.returncode == 0, result.stdout + result.stderr
    assert _stacks(checkout) == ["node-app-prod"]


def test_synth_shows_what_is_wrong_with_the_project_file(cdktf_binary: Path, checkout: Path) -> None:
    project = checkout / "ecsforge.yaml"
    project.write_text(project.read_text().replace("memory: 1024", "memory: 700"))

    result = cdktf.run(cdktf_binary, checkout, "synth")

    assert result.returncode != 0
    assert "services.web.memory" in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.terraform
def test_deploy_and_destroy_of_one_stack(
    cdktf_binary: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    environments = {"dev": {}, "prod": {}}
    project = {"project_id": "card", "region": REGION, "network": NETWORK, "environments": environments}
    (checkout / "ecsforge.yaml").write_text(json.dumps({**project, "services": {"mailer": WORKER}}))
    providers = terraform_environment(tmp_path_factory.mktemp("providers"))
    with Emulator() as emulator:
        emulator.create_existing(
            "network", region=REGION, vpc_id=VPC, subnet_ids=[each for ids in SUBNETS.values() for each in ids]
        )
        environment = {**emulator.environment(os.environ), **providers}
        ecs = emulator.client("ecs", REGION)

        deployed = cdktf.run(cdktf_binary, checkout, "deploy", "card-dev", *UNASKED, base=environment)

        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        cluster = "web-cluster-card-dev"
        assert [
            f"arn:aws:ecs:{REGION}:{emulator.account_id}:service/{cluster}/mailer-service-card-dev"
        ] == ecs.list_services(cluster=cluster)["serviceArns"]
        assert (checkout / "terraform.card-dev.tfstate").exists()

        destroyed = cdktf.run(cdktf_binary, checkout, "destroy", "card-dev", *UNASKED, base=environment)

        assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
        assert [
            c["clusterName"] for c in ecs.describe_clusters(clusters=[cluster])["clusters"] if c["status"] == "ACTIVE"
        ] == []
