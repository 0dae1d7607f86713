"""The image of a service as a variable, and what uses it."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth

BUILT = """
services:
  web: {build: .}
  night-job: {type: job, repository: true, schedule: rate(1 day)}
  mailer: {type: worker, image: "app:1"}
"""


def test_an_image_that_is_built_is_a_variable(small: Synth) -> None:
    stack = small(BUILT)

    assert stack.content["variable"]["web_image"] == {
        "type": "string",
        "default": "",
        "description": "The image of web. ecsforge passes the one that is deployed, or the one that runs.",
    }
    assert stack.variables("web")["image"] == "${var.web_image}"
    assert stack.variables("night_job")["image"] == "${var.night_job_image}"
    assert "mailer_image" not in stack.content["variable"]


def test_a_task_definition_needs_its_image(small: Synth) -> None:
    stack = small(BUILT)

    (web,), (job,) = (
        stack[f"aws_ecs_task_definition.{name}"]["lifecycle"]["precondition"] for name in ("web", "night_job")
    )
    assert web == {
        "condition": '${var.web_image != ""}',
        "error_message": "web has no image; run ecsforge deploy --build, or pass -var web_image=IMAGE",
    }
    assert job["error_message"] == (
        "night-job has no image; run ecsforge deploy --tag TAG, or pass -var night_job_image=IMAGE"
    )
    assert "lifecycle" not in stack["aws_ecs_task_definition.mailer"]


def test_the_images_of_all_services_are_an_output(small: Synth) -> None:
    assert small(BUILT).content["output"]["images"]["value"] == {
        "web": "${var.web_image}",
        "night-job": "${var.night_job_image}",
        "mailer": "app:1",
    }


def test_without_a_built_image_there_is_no_variable(small: Synth) -> None:
    stack = small("services: {web: {image: 'app:1', repository: true}}")

    assert stack.content["output"]["images"]["value"] == {"web": "app:1"}
    assert [name for name in stack.content["variable"] if name.endswith("_image")] == []


@pytest.mark.parametrize(
    ("registry", "place"),
    [
        ("", "eu-west-1:${data.aws_caller_identity.current.account_id}"),
        ('registry: {account_id: "210987654321"}', "eu-west-1:210987654321"),
        ("registry: {region: eu-central-1}", "eu-central-1:${data.aws_caller_identity.current.account_id}"),
        ('registry: {assume_role: "arn:aws:iam::210987654321:role/images"}', "eu-west-1:210987654321"),
    ],
)
def test_the_execution_role_pulls_from_exactly_that_repository(small: Synth, registry: str, place: str) -> None:
    stack = small(f"""
region: eu-west-1
{registry}
services: {{web: {{build: .}}}}
environments: {{prod: {{region: us-east-1}}}}
""")

    pull = stack.statements("aws_iam_role_policy.web_execution")["PullImages"]
    assert pull["Resource"] == [f"arn:${{data.aws_partition.current.partition}}:ecr:{place}:repository/shop/web"]


def test_the_repository_of_an_external_owner_moves_to_the_shared_stack(small: Synth) -> None:
    own = small("services: {web: {image: 'app:1', deployment: {image_owner: external}}}")
    shared = small("services: {web: {image: 'app:1', repository: true, deployment: {image_owner: external}}}")

    assert (own.names("aws_ecr_repository"), shared.names("aws_ecr_repository")) == (["web"], [])


def test_a_private_registry_is_read_with_a_secret(small: Synth) -> None:
    stack = small("""
services:
  web:
    image: ghcr.io/acme/app:1
    image_credentials: secretsmanager:ghcr-login
    sidecars:
      proxy:
        image: ghcr.io/acme/proxy:1
        image_credentials: arn:aws:secretsmanager:eu-west-1:210987654321:secret:proxy-AbCdEf
""")

    assert stack.container("web")["repositoryCredentials"] == {"credentialsParameter": "ghcr-login"}
    assert stack.container("web", "proxy")["repositoryCredentials"] == {
        "credentialsParameter": "arn:aws:secretsmanager:eu-west-1:210987654321:secret:proxy-AbCdEf"
    }
    read = stack.statements("aws_iam_role_policy.web_execution")["ReadSecrets"]
    own = "${data.aws_partition.current.partition}:secretsmanager:us-east-1"
    assert read["Resource"] == [
        f"arn:{own}:${{data.aws_caller_identity.current.account_id}}:secret:ghcr-login-??????",
        "arn:aws:secretsmanager:eu-west-1:210987654321:secret:proxy-AbCdEf",
    ]
