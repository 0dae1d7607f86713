"""Services without an image, and repositories that would move, are refused before Terraform runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.consent import Consent
from operations.deploy.deploy import deploy, destroy, plan
from operations.deploy.images import require_images
from operations.stack import Stack
from operations.state.backend import Backend
from operations.terraform.stream import Planned
from operations.text import shown_path
from stacks.errors import TerraformError, UsageError
from stacks.project.models import Project
from tests.support.fake_terraform import FakeTerraform
from tests.support.reporter import Recorder
from tests.support.stacks import synthesized

MANIFEST = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
TAGS = {"Project": "shop", "Environment": "dev", "ManagedBy": "ecsforge"}
CONFIGURATION = {
    "provider": {"aws": [{"default_tags": [{"tags": TAGS}]}]},
    "variable": {"web_image": {"type": "string"}, "worker_image": {"type": "string"}},
}
WEB = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:a"


def project(**services: dict[str, Any]) -> Project:
    return Project.model_validate({"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": services})


BUILT = project(web={"build": "."}, worker={"type": "worker", "repository": True}, other={"image": "app:1"})


def stack(terraform: FakeTerraform, of: Project = BUILT) -> Stack:
    written = synthesized("shop-dev", "dev", terraform.folder, CONFIGURATION)
    backend = Backend("s3", {"bucket": "states", "key": "shop"}, terraform.folder)
    return Stack(of, "shop-dev", written, terraform, backend, None)  # type: ignore[arg-type]


def state(images: dict[str, str], *resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 4, "outputs": {"images": {"value": images}}, "resources": list(resources)}


def test_a_plan_without_an_image_says_how_to_get_one(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path)

    with pytest.raises(UsageError) as error:
        plan(stack(terraform), Recorder(), tmp_path / "plan")

    assert sentences(error.value) == (
        "services.web: no image of web is deployed yet; build it with `ecsforge deploy --env dev --build`, or pass "
        "--image web=REF\n"
        "services.worker: no image of worker is deployed yet; push one to the repository shop/worker and pass its "
        "--tag TAG, or pass --image worker=REF"
    )
    assert "plan" not in terraform.calls


def test_a_first_deploy_without_an_image_is_refused_before_terraform_plans(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path)

    with pytest.raises(UsageError):
        deploy(stack(terraform), Recorder(True), Consent(), images={"web": WEB}, timeout=None)

    assert "plan" not in terraform.calls


def test_images_of_options_the_environment_and_the_state_are_passed(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, state=state({"worker": "worker@sha256:b", "web": "old"}))

    plan(stack(terraform), Recorder(), tmp_path / "plan", images={"web": WEB})
    assert terraform.variables == {"web_image": WEB, "worker_image": "worker@sha256:b"}

    terraform.state, terraform.env_vars = state({"web": WEB}), {"TF_VAR_worker_image": "worker@sha256:c"}
    plan(stack(terraform), Recorder(), tmp_path / "plan")
    assert terraform.variables == {"web_image": WEB}


def test_a_destroy_needs_no_image_and_passes_the_deployed_one(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path, state=state({"web": WEB}))

    plan(stack(terraform), Recorder(), tmp_path / "plan", destroy=True)

    assert terraform.variables == {"web_image": WEB}


def test_a_repository_without_a_build_can_be_created_before_its_first_image(tmp_path: Path) -> None:
    terraform = FakeTerraform(tmp_path)

    require_images(stack(terraform), {"web": WEB}, only_built=True)
    with pytest.raises(UsageError):
        require_images(stack(terraform), only_built=True)


REPOSITORY = {
    "mode": "managed",
    "type": "aws_ecr_repository",
    "name": "web",
    "instances": [{"attributes": {"name": "shop-dev/web"}}],
}


@pytest.mark.parametrize("key", ["build", "repository"])
def test_a_repository_that_would_move_is_refused_with_the_steps_that_keep_its_images(tmp_path: Path, key: str) -> None:
    config = {"build": "."} if key == "build" else {"image": "app:1", "repository": True}
    moved = project(web={**config, "deployment": {"image_owner": "external"}})
    policy = {**REPOSITORY, "type": "aws_ecr_lifecycle_policy"}
    terraform = FakeTerraform(tmp_path, state=state({}, REPOSITORY, policy))

    with pytest.raises(TerraformError) as error:
        plan(stack(terraform, moved), Recorder(), tmp_path / "plan", images={"web": WEB})

    assert sentences(error.value).splitlines() == [
        f"services.web (aws_ecr_repository.web): with {key} its images are in the repository shop/web, and Terraform "
        f"would delete the existing one with its images; got shop-dev/web; remove {key}, or keep the images as follows",
        "  1. run `ecsforge deploy`: it creates shop/web and stops here again",
        "  2. copy what runs: skopeo copy --all --preserve-digests docker://REGISTRY/shop-dev/web:TAG "
        "docker://REGISTRY/shop/web:TAG",
        f"  3. keep shop-dev/web: terraform -chdir={shown_path(tmp_path)} state rm aws_ecr_repository.web "
        "aws_ecr_lifecycle_policy.web",
        "  4. deploy again with --tag TAG, and delete shop-dev/web in ECR when no task uses it",
    ]
    assert "plan" not in terraform.calls


def test_an_external_owner_without_build_keeps_its_repository(tmp_path: Path) -> None:
    external = project(web={"image": "app:1", "deployment": {"image_owner": "external"}})
    terraform = FakeTerraform(tmp_path, state=state({}, REPOSITORY))

    plan(stack(terraform, external), Recorder(), tmp_path / "plan")

    assert "plan" in terraform.calls


def test_after_a_destroy_the_environment_s_tags_are_removed(tmp_path: Path, account: Any) -> None:
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="shop/web")
    for tag in ("v1", "deployed-dev-aaaaaaaaaaaa", "deployed-dev-eu-bbbbbbbbbbbb"):
        ecr.put_image(repositoryName="shop/web", imageManifest=MANIFEST, imageTag=tag)
    change = {"address": "aws_sqs_queue.web", "type": "aws_sqs_queue", "mode": "managed"}
    shown = {"planned_values": {}, "resource_changes": [{**change, "change": {"actions": ["delete"], "before": {}}}]}
    terraform = FakeTerraform(
        tmp_path, [Planned("aws_sqs_queue.web", "aws_sqs_queue", "web", "delete")], shown=shown, state=state({})
    )
    reporter = Recorder()
    ready = replace(stack(terraform, project(web={"build": "."})), session=account)

    assert destroy(ready, reporter, Consent(auto_approve=True))

    (image,) = ecr.describe_images(repositoryName="shop/web")["imageDetails"]
    assert sorted(image["imageTags"]) == ["deployed-dev-eu-bbbbbbbbbbbb", "v1"]
    assert "Removed 1 tag deployed-dev-*" in reporter.details
    assert reporter.warnings == []
