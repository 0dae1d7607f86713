"""The stack that all environments share, and images as variables: deployed, changed and destroyed."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from operations.rehearsal.inventory import inventory
from tests.support.workplace import REGION, WORKER, Workplace

WEB: dict[str, Any] = {"build": ".", "port": 8080, "count": 1}
FIRST, SECOND = (f"123456789012.dkr.ecr.{REGION}.amazonaws.com/built/web@sha256:{digit * 64}" for digit in "ab")
MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'


@pytest.fixture
def built(workplace: Workplace) -> Workplace:
    """A project whose web service is built, and that is not deployed."""
    (workplace.folder / "Dockerfile").write_text("FROM scratch\n")
    workplace.write("built", {"web": WEB, "mailer": {**WORKER, "repository": True}})
    return workplace


def test_an_image_is_deployed_kept_changed_and_destroyed(built: Workplace) -> None:
    before = inventory(built.emulator.client, REGION)
    without_an_image_nothing_is_created(built)
    the_first_image_is_deployed_after_the_shared_stack(built)
    a_plan_without_an_option_shows_no_change(built)
    plain_terraform_needs_the_variable(built)
    another_image_changes_only_the_task_definition_and_the_service(built)
    the_images_of_a_service_that_left_are_kept(built)
    images_that_run_are_not_destroyed(built)

    assert "Destroyed built-dev" in built.destroy("built-dev").stderr
    assert "Destroyed built-shared" in built.ecsforge("destroy", "--shared", "--yes-i-mean", "built-shared").stderr
    assert inventory(built.emulator.client, REGION) - before == frozenset()
    assert built.state("built-shared")["resources"] == []


def without_an_image_nothing_is_created(built: Workplace) -> None:
    refused = built.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=2).stderr

    assert (
        "error: services.web: no image of web is deployed yet; build it with `ecsforge deploy --env dev --build`, or "
        "pass --image web=REF"
    ) in refused
    assert not (built.folder / "terraform.built-shared.tfstate").exists()


def the_first_image_is_deployed_after_the_shared_stack(built: Workplace) -> None:
    done = built.ecsforge("deploy", "--env", "dev", "--auto-approve", TF_VAR_web_image=FIRST)

    assert done.stderr.index("Deployed built-shared") < done.stderr.index("Deployed built-dev")
    assert image_of(built) == FIRST
    outputs = json.loads(built.ecsforge("output", "--shared", "--json").stdout)
    assert outputs["repository_urls"] == {
        name: f"123456789012.dkr.ecr.{REGION}.amazonaws.com/built/{name}" for name in ("web", "mailer")
    }


def a_plan_without_an_option_shows_no_change(built: Workplace) -> None:
    assert built.planned() == {}
    assert "no changes" in built.ecsforge("plan", "--shared").stdout
    again = built.deploy()
    assert "built-shared: " not in again.stderr.replace("built-shared in ", "")


def plain_terraform_needs_the_variable(built: Workplace) -> None:
    """As `cdktf deploy --var` passes it."""
    folder = built.folder / "cdktf.out" / "stacks" / "built-dev"
    command = ["terraform", f"-chdir={folder}", "plan", "-input=false", "-no-color"]

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *options], env={**built.env_vars}, capture_output=True, text=True)

    without, passed = run(), run("-var", f"web_image={FIRST}")
    assert "web has no image; run ecsforge deploy --build, or pass -var" in " ".join(without.stderr.split())
    assert "No changes." in passed.stdout


def another_image_changes_only_the_task_definition_and_the_service(built: Workplace) -> None:
    answer = json.loads(built.ecsforge("plan", "--env", "dev", "--json", TF_VAR_web_image=SECOND).stdout)

    assert {each["address"]: each["action"] for each in answer["resources"]} == {
        "aws_ecs_service.web": "update",
        "aws_ecs_task_definition.web": "update",
        "local_file.web_task_definition": "update",
    }
    built.ecsforge("deploy", "--env", "dev", "--auto-approve", TF_VAR_web_image=SECOND)
    assert image_of(built) == SECOND
    assert built.planned() == {}


def the_images_of_a_service_that_left_are_kept(built: Workplace) -> None:
    push(built, "mailer", "v1")
    built.write("built", {"web": WEB, "mailer": WORKER}, encryption="customer")
    (built.folder / "Dockerfile").touch()

    planned = built.ecsforge("plan", "--shared")
    assert (
        "repository built/mailer: its service has left the project file; it stays, with its images; delete it in ECR "
        "when nothing runs its images"
    ) in planned.stderr
    assert "destroy" not in planned.stdout
    assert "replace" not in planned.stdout
    built.write("built", {"web": WEB, "mailer": WORKER})
    built.deploy()
    assert {each["repositoryName"] for each in built.aws("ecr").describe_repositories()["repositories"]} >= {
        "built/web",
        "built/mailer",
    }


def images_that_run_are_not_destroyed(built: Workplace) -> None:
    push(built, "web", "v1")
    push(built, "web", "deployed-dev-0123456789ab")

    refused = built.ecsforge("destroy", "--shared", "--auto-approve", exit_code=1).stderr

    assert (
        "built-shared: dev runs images of its repositories; got built/web:deployed-dev-0123456789ab; destroy these "
        "environments first"
    ) in refused


def push(built: Workplace, service: str, tag: str) -> None:
    built.aws("ecr").put_image(repositoryName=f"built/{service}", imageManifest=MANIFEST, imageTag=tag)


def image_of(built: Workplace) -> str:
    ecs = built.aws("ecs")
    answer = ecs.describe_services(cluster="web-cluster-built-dev", services=["web-service-built-dev"])
    task = ecs.describe_task_definition(taskDefinition=answer["services"][0]["taskDefinition"])["taskDefinition"]
    image: str = task["containerDefinitions"][0]["image"]
    return image


def test_a_built_project_is_rehearsed_with_a_registry_in_another_account(workplace: Workplace) -> None:
    (workplace.folder / "Dockerfile").write_text("FROM scratch\n")
    registry = {"region": "eu-central-1", "account_id": "210987654321"}
    workplace.write("built", {"web": {**WEB, "image": None}}, account_id="123456789012", registry=registry)

    report = json.loads(workplace.ecsforge("rehearse", "--env", "dev", "--json").stdout)

    stages = [stage["name"] for stage in report["environments"][0]["stages"]]
    assert stages.index("deploy shared stack") < stages.index("plan")
    assert stages.index("destroy") < stages.index("destroy shared stack") < stages.index("nothing left")
    assert report["passed"] is True
