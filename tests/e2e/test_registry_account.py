"""An environment whose images are in the registry of another account."""

from __future__ import annotations

import hashlib
import json

from tests.support.workplace import REGION, WORKER, Workplace

ACCOUNT, REGISTRY = "123456789012", "210987654321"
ROLE = f"arn:aws:iam::{REGISTRY}:role/images"
INDEX = "application/vnd.oci.image.index.v1+json"


def test_an_environment_runs_an_image_of_another_account(workplace: Workplace) -> None:
    write(workplace)
    ecr = workplace.emulator.client("ecr", REGION, role=ROLE)

    refused = workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", exit_code=2).stderr
    assert "Deployed away-shared" in refused
    assert "push one to the repository away/mailer and pass its --tag TAG" in refused
    digest = push(workplace)
    deployed = workplace.ecsforge("deploy", "--env", "dev", "--tag", "v1", "--auto-approve").stderr

    assert "warning" not in deployed
    ecs = workplace.aws("ecs")
    (arn,) = ecs.list_task_definitions(familyPrefix="mailer-away-dev")["taskDefinitionArns"]
    (container,) = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
    assert container["image"] == f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com/away/mailer@{digest}"
    (image,) = ecr.describe_images(repositoryName="away/mailer")["imageDetails"]
    assert sorted(image["imageTags"]) == [f"deployed-dev-{digest[7:19]}", "v1"]
    (statement,) = json.loads(ecr.get_repository_policy(repositoryName="away/mailer")["policyText"])["Statement"]
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}
    assert workplace.planned() == {}
    the_registry_is_destroyed_after_its_environments(workplace)


def the_registry_is_destroyed_after_its_environments(workplace: Workplace) -> None:
    destroy_shared = ("destroy", "--shared", "--yes-i-mean", "away-shared")

    assert "dev runs images of its repositories" in workplace.ecsforge(*destroy_shared, exit_code=1).stderr
    workplace.destroy("away-dev")
    workplace.ecsforge(*destroy_shared)
    assert workplace.emulator.client("ecr", REGION, role=ROLE).describe_repositories()["repositories"] == []


def write(workplace: Workplace) -> None:
    """A project whose registry is in another account than its environment."""
    service = {**{key: value for key, value in WORKER.items() if key != "image"}, "repository": True}
    workplace.write(
        "away",
        {"mailer": service},
        registry={"account_id": REGISTRY, "assume_role": ROLE},
        environments={"dev": {"account_id": ACCOUNT}},
    )


def push(workplace: Workplace) -> str:
    """Put an image for amd64 into the registry, as a pipeline does, and return its digest."""
    entry = {"digest": f"sha256:{'a' * 64}", "platform": {"os": "linux", "architecture": "amd64"}}
    text = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    workplace.emulator.client("ecr", REGION, role=ROLE).put_image(
        repositoryName="away/mailer",
        imageManifest=text,
        imageManifestMediaType=INDEX,
        imageTag="v1",
        imageDigest=digest,
    )
    return digest
