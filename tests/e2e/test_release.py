"""Releases and promotions, from the command line to the AWS API, with the real Terraform."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.support.workplace import JOB, REGION, WORKER, Workplace

HOST = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
INDEX = "application/vnd.oci.image.index.v1+json"
EXTERNAL = {"deployment": {"image_owner": "external"}}
BUILT = {"type": "worker", "repository": True, "count": 1}


def push(workplace: Workplace, repository: str, tag: str) -> str:
    """Put an image for linux/amd64 into a repository, and return its reference by digest."""
    entry = {"digest": f"sha256:{'1' * 64}", "platform": {"os": "linux", "architecture": "amd64"}}
    text = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry], "annotations": {"tag": tag}})
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    workplace.aws("ecr").put_image(
        repositoryName=repository, imageManifest=text, imageManifestMediaType=INDEX, imageDigest=digest, imageTag=tag
    )
    return f"{HOST}/{repository}@{digest}"


def running(workplace: Workplace, stack: str, service: str) -> str:
    """The image that a service or a job runs."""
    ecs = workplace.aws("ecs")
    name = f"{service}-service-{stack}"
    found = ecs.describe_services(cluster=f"web-cluster-{stack}", services=[name])["services"]
    if found:
        arn = found[0]["taskDefinition"]
    else:
        schedule = workplace.aws("scheduler").get_schedule(Name=f"{stack}-{service}")
        arn = schedule["Target"]["EcsParameters"]["TaskDefinitionArn"]
    image: str = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"][0]["image"]
    return image


def tags(workplace: Workplace, repository: str) -> set[str]:
    images = workplace.aws("ecr").describe_images(repositoryName=repository)["imageDetails"]
    return {tag for image in images for tag in image.get("imageTags", ())}


def test_a_plan_after_a_release_shows_no_change(workplace: Workplace) -> None:
    mailer: dict[str, Any] = {**BUILT, **EXTERNAL}
    workplace.write("rel", {"mailer": mailer, "nightly": {**JOB, **EXTERNAL}, "owned": WORKER})
    workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", TF_VAR_mailer_image="public.ecr.aws/nginx/nginx:1")
    images = {name: push(workplace, repository, "v2") for name, repository in REPOSITORIES.items()}
    what_is_wrong_is_refused_before_anything_changes(workplace)

    released = workplace.ecsforge("release", "mailer", "nightly", "--env", "dev", "--tag", "v2")

    assert released.stdout == "".join(f"{name}\t{image}\n" for name, image in images.items())
    assert "Released mailer: " in released.stderr
    assert {name: running(workplace, "rel-dev", name) for name in images} == images
    assert workplace.planned() == {}
    assert f"deployed-dev-{images['mailer'].partition('sha256:')[2][:12]}" in tags(workplace, "rel/mailer")
    again = workplace.ecsforge("release", "mailer", "nightly", "--env", "dev", "--tag", "v2").stderr
    assert "mailer already runs" in again
    assert "nightly already runs" in again
    a_deploy_keeps_what_was_released(workplace, mailer, images)
    workplace.destroy("rel-dev")
    workplace.ecsforge("destroy", "--shared", "--yes-i-mean", "rel-shared")


REPOSITORIES = {"mailer": "rel/mailer", "nightly": "rel-dev/nightly"}


def what_is_wrong_is_refused_before_anything_changes(workplace: Workplace) -> None:
    missing = workplace.ecsforge("release", "mailer", "nightly", "--env", "dev", "--tag", "v3", exit_code=1).stderr
    owned = workplace.ecsforge("release", "owned", "--env", "dev", "--image", "nginx:2", exit_code=2).stderr

    assert missing.splitlines()[-2:] == [
        "error: repository rel/mailer: the tag does not exist; got v3; choose one of the latest tags (v2), or push it "
        "first",
        "repository rel-dev/nightly: the tag does not exist; got v3; choose one of the latest tags (v2), or push it "
        "first",
    ]
    assert owned.splitlines()[-2] == (
        "error: services.owned: its image is deployed by Terraform, because it has no `image_owner: external`; run "
        "`ecsforge deploy --env dev --image owned=docker.io/library/nginx:2`"
    )
    assert running(workplace, "rel-dev", "mailer") == "public.ecr.aws/nginx/nginx:1"


def a_deploy_keeps_what_was_released(workplace: Workplace, mailer: dict[str, Any], images: dict[str, str]) -> None:
    changed = {**mailer, "environment": {"MODE": "new"}}
    workplace.write("rel", {"mailer": changed, "nightly": {**JOB, **EXTERNAL}, "owned": WORKER})
    workplace.deploy()
    assert running(workplace, "rel-dev", "mailer") == images["mailer"]

    workplace.ecsforge("release", "mailer", "--env", "dev", "--tag", "v2")

    assert running(workplace, "rel-dev", "mailer") == images["mailer"]
    assert workplace.planned() == {}


def test_a_promotion_deploys_and_releases_what_dev_runs(workplace: Workplace) -> None:
    services = {"web": BUILT, "fixed": WORKER, "mailer": {**BUILT, **EXTERNAL}}
    workplace.write("pro", services)
    first = {f"TF_VAR_{name}_image": f"{HOST}/pro/{name}:v1" for name in ("web", "mailer")}
    for env in ("dev", "prod"):
        workplace.ecsforge("deploy", "--env", env, "--auto-approve", **first)
    web, mailer = (push(workplace, f"pro/{name}", "v2") for name in ("web", "mailer"))
    fixed = f"{WORKER['image']}@sha256:{'2' * 64}"
    workplace.write("pro", {**services, "fixed": {**WORKER, "image": fixed}})
    workplace.ecsforge("deploy", "--env", "dev", "--auto-approve", TF_VAR_web_image=web)
    workplace.ecsforge("release", "mailer", "--env", "dev", "--tag", "v2")
    workplace.write("pro", services)

    command = ("promote", "web", "mailer", "fixed", "--from", "dev", "--env", "prod", "--auto-approve")
    promoted = workplace.ecsforge(*command)

    assert promoted.stdout == f"web\t{web}\nfixed\t{fixed}\nmailer\t{mailer}\n"
    found = {name: running(workplace, "pro-prod", name) for name in ("web", "mailer", "fixed")}
    assert found == {"web": web, "mailer": mailer, "fixed": fixed}
    assert "Nothing to promote: prod runs the images of dev" in workplace.ecsforge(*command).stderr
    assert set(workplace.planned("prod")) == {
        "aws_ecs_service.fixed",
        "aws_ecs_task_definition.fixed",
        "local_file.fixed_task_definition",
    }
    assert "deployed-prod-" in str(tags(workplace, "pro/mailer"))
    workplace.destroy("pro-prod", "prod")
    workplace.destroy("pro-dev")
    workplace.ecsforge("destroy", "--shared", "--yes-i-mean", "pro-shared")
