"""The stack that all environments share, as it is loaded: from the whole file, whatever is selected."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.errors import ProjectError
from stacks.project import Selection, load_shared
from tests.project.conftest import Load

FILE = """\
project_id: shop
region: eu-west-1
tags: {team: web}
encryption: customer
assume_role: arn:aws:iam::111111111111:role/deploy
registry: {account_id: "111111111111"}
services: {web: {image: "app:1"}, api: {image: "app:1", http: {paths: [/api]}}}
environments:
  dev: {region: us-east-1, tags: {team: other}, services: {web: {image: null, build: .}}}
  stage: {account_id: "222222222222", assume_role: "arn:aws:iam::222222222222:role/deploy"}
  prod: {assume_role: "arn:aws:iam::333333333333:role/deploy", services: {api: {repository: true}}}
"""


def test_it_has_the_top_level_of_the_file_and_the_services_of_all_environments(loaded: Load) -> None:
    shared = loaded(FILE, env="dev").shared

    assert shared is not None
    project = shared.project
    assert (project.project_id, project.env, project.region) == ("shop", "shared", "eu-west-1")
    assert (project.tags, project.encryption) == ({"team": "web"}, "customer")
    assert (project.account_id, project.assume_role) == ("111111111111", "arn:aws:iam::111111111111:role/deploy")
    assert list(project.services) == ["web", "api"]
    assert shared.accounts == ("222222222222", "333333333333")


def test_it_is_not_loaded_for_an_environment_that_does_not_need_it(loaded: Load) -> None:
    assert loaded(FILE, env="stage").shared is None
    assert loaded(FILE).shared == loaded(FILE, env="prod").shared


def test_a_state_bucket_without_a_region_is_in_the_project_s_region(loaded: Load) -> None:
    """Not in the registry's."""
    text = "project_id: shop\nregion: eu-west-1\nregistry: {region: us-east-1}\nservices: {web: {build: .}}\n"
    shared = loaded(f"{text}state: {{backend: s3, bucket: states}}\n", env="dev").shared

    assert shared is not None
    assert (shared.project.region, shared.project.state.region) == ("us-east-1", "eu-west-1")


def test_an_environment_pulls_from_the_registry_of_the_top_level(loaded: Load) -> None:
    dev, _, prod = loaded(FILE).projects

    assert (dev.region, dev.registry_region, dev.registry_account) == ("us-east-1", "eu-west-1", "111111111111")
    assert (prod.registry_role, prod.of_registry().assume_role) == ("arn:aws:iam::111111111111:role/deploy",) * 2


def test_the_account_of_the_registry_is_that_of_its_role(loaded: Load) -> None:
    text = "project_id: shop\nservices: {web: {build: .}}\nassume_role: arn:aws:iam::444444444444:role/deploy\n"
    (project,) = loaded(text, env="dev").projects

    assert project.registry_account == "444444444444"


def test_it_can_be_selected_without_an_environment_and_after_its_services_have_left(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\nservices: {web: {image: 'app:1'}}\n")

    loaded = load_shared(Selection())

    assert loaded.projects == ()
    assert loaded.shared is not None
    assert (loaded.shared.project.env, loaded.shared.project.services) == ("shared", {})


def test_an_option_can_add_a_repository(loaded: Load) -> None:
    shared = loaded(FILE, env="stage", sets=("services.web.repository=true",)).shared

    assert shared is not None
    assert list(shared.project.services) == ["web", "api"]


def test_a_wrong_file_is_not_selected(folder: Path) -> None:
    (folder / "ecsforge.yaml").write_text("project_id: shop\nregion: nowhere\nservices: {web: {build: .}}\n")

    with pytest.raises(ProjectError, match="region must be an AWS region"):
        load_shared(Selection())


def test_an_environment_can_not_have_a_registry_of_its_own(check) -> None:
    text = "project_id: shop\nservices: {web: {build: .}}\nenvironments: {dev: {registry: {region: eu-west-1}}}\n"

    assert check(text) == [
        "error ecsforge.yaml:3:22: an environment can't override registry; got registry; write it at the top level of "
        "the file; all environments share it"
    ]
