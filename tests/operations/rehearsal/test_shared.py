"""Made-up images, and the account of the shared stack in a rehearsal."""

from __future__ import annotations

import hashlib
import json

from operations.rehearsal.project import shared_in
from operations.rehearsal.shared import MadeUpImage, made_up_images
from stacks.project import Shared
from stacks.project.models import Project


def project(**more: object) -> Project:
    services = {
        "web": {"build": "."},
        "worker": {"type": "worker", "repository": True},
        "other": {"image": "app:1", "repository": True},
    }
    return Project.model_validate(
        {"project_id": "shop", "env": "dev", "region": "eu-west-1", "services": services, **more}
    )


def test_a_made_up_image_has_the_digest_of_its_manifest() -> None:
    image = MadeUpImage.of("web")

    assert image.digest == f"sha256:{hashlib.sha256(image.manifest.encode()).hexdigest()}"
    assert json.loads(image.manifest)["layers"] == []
    assert MadeUpImage.of("web") == image != MadeUpImage.of("api")


def test_services_without_an_image_get_one_in_the_registry() -> None:
    images = made_up_images(project(), "123456789012")

    assert images == {
        name: f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/{name}@{MadeUpImage.of(name).digest}"
        for name in ("web", "worker")
    }
    elsewhere = made_up_images(project(registry={"region": "us-east-1", "account_id": "210987654321"}), "123456789012")
    assert elsewhere["web"].startswith("210987654321.dkr.ecr.us-east-1.amazonaws.com/shop/web@sha256:")


def test_a_registry_in_another_account_is_reached_with_a_role() -> None:
    def role(**more: object) -> str | None:
        return shared_in("123456789012", Shared(project(**more))).project.assume_role

    assert role() is None
    assert role(account_id="123456789012") is None
    assert role(account_id="210987654321") == "arn:aws:iam::210987654321:role/ecsforge-rehearsal"
    own = "arn:aws:iam::210987654321:role/images"
    assert role(account_id="210987654321", assume_role=own) == own


def test_its_state_is_in_the_rehearsal_s_folder() -> None:
    shared = Shared(project(state={"backend": "s3", "bucket": "states"}))

    assert shared_in("123456789012", shared).project.state.backend == "local"
