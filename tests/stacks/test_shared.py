"""The stack that all environments share: when there is one, where it is, and what it has in common with none."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.app import synthesize
from stacks.project import Selection, load
from tests.stacks.conftest import Load, Synth

ENVIRONMENTS = """
region: eu-west-1
tags: {team: web}
registry: {region: eu-central-1, account_id: "210987654321", assume_role: "arn:aws:iam::210987654321:role/images"}
state: {backend: s3, bucket: states, key_prefix: teams}
services: {web: {image: "app:1"}, api: {image: "app:1", http: {paths: [/api]}}}
environments:
  dev: {services: {web: {image: null, build: .}}}
  test: {services: {api: {repository: true}}}
  prod: {account_id: "123456789012", tags: {team: other}, region: us-east-1}
"""


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ("dev", ["shop-shared", "shop-dev"]),
        ("test", ["shop-shared", "shop-test"]),
        ("prod", ["shop-prod"]),
        (None, ["shop-shared", "shop-dev", "shop-test", "shop-prod"]),
    ],
)
def test_it_is_written_when_a_selected_environment_needs_it(
    loaded: Load, out: Path, env: str | None, names: list[str]
) -> None:
    assert [stack.name for stack in synthesize(loaded(ENVIRONMENTS, env), out)] == names
    assert sorted(path.name for path in (out / "stacks").iterdir()) == sorted(names)


def test_it_does_not_depend_on_the_selected_environment(shared_stack: Synth) -> None:
    assert shared_stack(ENVIRONMENTS, "dev").text == shared_stack(ENVIRONMENTS, "test").text
    assert shared_stack(ENVIRONMENTS, None).names("aws_ecr_repository") == ["api", "web"]


def test_it_is_in_the_registry_s_place_with_the_tags_and_the_state_of_the_file(shared_stack: Synth) -> None:
    content = shared_stack(ENVIRONMENTS, "dev").content

    (provider,) = content["provider"]["aws"]
    assert provider["region"] == "eu-central-1"
    assert provider["allowed_account_ids"] == ["210987654321"]
    assert provider["assume_role"][0]["role_arn"] == "arn:aws:iam::210987654321:role/images"
    assert provider["default_tags"] == [
        {"tags": {"Environment": "shared", "ManagedBy": "ecsforge", "Project": "shop", "team": "web"}}
    ]
    backend = content["terraform"]["backend"]["s3"]
    assert (backend["bucket"], backend["key"]) == ("states", "teams/shop/shared/terraform.tfstate")
    assert [*content["terraform"]["required_providers"]] == ["aws"]


def test_a_local_state_is_beside_the_project_file(shared_stack: Synth) -> None:
    content = shared_stack("services: {web: {build: .}}").content

    assert content["terraform"]["backend"]["local"]["path"] == "../../../terraform.shop-shared.tfstate"


def test_a_repository_belongs_to_its_service(loaded: Load, out: Path) -> None:
    (stack,) = synthesize(
        loaded("services: {night-job: {type: job, build: ., schedule: rate(1 day)}}").only_shared, out
    )

    assert (stack.name, stack.env) == ("shop-shared", "shared")
    assert stack.owners["aws_ecr_repository.night_job"] == "night-job"


def test_no_stack_depends_on_another(loaded: Load, out: Path) -> None:
    for stack in synthesize(loaded("services: {web: {build: .}}"), out):
        assert "terraform_remote_state" not in (stack.path / "cdk.tf.json").read_text()


def test_without_environments_the_name_shared_is_refused(loaded: Load, tmp_path: Path) -> None:
    from cli.sentences import sentences
    from stacks.errors import ProjectError

    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    file = tmp_path / "ecsforge.yaml"
    file.write_text("project_id: shop\nservices: {web: {build: .}}\n")

    with pytest.raises(ProjectError) as error:
        load(Selection(file=file, env="shared"))

    assert sentences(error.value) == (
        "--env: an environment can't be named shared: the stack of the registry has this name; got shared; choose "
        "another name"
    )
