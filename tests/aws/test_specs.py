"""Every spec can be prepared for any account, and what is changed in it or left out is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operations.rehearsal.prerequisites import prerequisites
from stacks.project import Selection, load
from stacks.project.models import Project
from tests.aws.prerequisites import Prerequisites
from tests.aws.specs import ANSWER, BOUNDARY, CERTIFICATE, IMAGE, SPECS, Account, Prepared, prepare, selected

ACCOUNT = Account("111122223333")
WITH_ZONE = Account("111122223333", "example.org")
ALL = [*selected([])]
ARNS = {
    BOUNDARY: "arn:aws:iam::111122223333:policy/e2e-a1-boundary",
    CERTIFICATE: "arn:aws:acm:eu-central-1:111122223333:certificate/0123",
}


def projects(prepared: Prepared, folder: Path) -> Iterator[Project]:
    """Every environment that is deployed, loaded as a command loads it."""
    document = prepared.resolved(prepared.document, ARNS)
    Prepared(**{**vars(prepared), "document": document}).write(folder)
    for env in prepared.envs:
        yield load(Selection(file=folder / "ecsforge.yaml", env=env)).projects[0]


@pytest.mark.parametrize("file", ALL, ids=lambda file: file.stem)
@pytest.mark.parametrize("account", [ACCOUNT, WITH_ZONE], ids=["without a zone", "with a zone"])
def test_a_prepared_spec_is_valid_and_needs_only_what_the_run_creates(
    file: Path, account: Account, tmp_path: Path
) -> None:
    prepared = prepare(file, "a1b2c30", account)
    run = Prerequisites(prepared, account, lambda service, region: None, arns=dict(ARNS))

    for project in projects(prepared, tmp_path):
        assert project.project_id.startswith("e2e-a1b2c30-")
        assert project.account_id in (None, "111122223333")
        assert run.missing(project) == []
        images = {service.image for service in project.services.values()}
        images |= {sidecar.image for service in project.services.values() for sidecar in service.sidecars.values()}
        assert images == {IMAGE}


def left_out(account: Account) -> dict[str, dict[str, str]]:
    return {file.stem: found for file in ALL if (found := prepare(file, "a1b2c30", account).left_out)}


def test_only_an_environment_with_a_domain_is_left_out_and_only_without_a_zone() -> None:
    why = "its certificate needs a public hosted zone; name one of the account with ZONE="

    assert left_out(ACCOUNT) == {"shop": {"prod": why}}
    assert left_out(WITH_ZONE) == {}


def test_a_domain_is_below_the_zone_and_unique_for_the_run() -> None:
    prepared = prepare(SPECS / "shop.yaml", "a1b2c30", WITH_ZONE)

    assert prepared.document["environments"]["prod"]["load_balancer"]["https"] == {
        "domain": "e2e-a1b2c30-shop-prod.example.org",
        "hosted_zone": "example.org",
    }


def test_what_exists_in_the_network_of_a_stack_is_taken_out() -> None:
    prepared = prepare(SPECS / "everything.yaml", "a1b2c30", ACCOUNT)

    assert prepared.changed == (
        "service web has no rule to another security group: it has to be in the VPC",
        "service api has no volume shared: a file system needs mount targets in the VPC",
        "service worker subscribes to no topic: a run creates none",
        "the log router of service worker sends nothing: a run has no receiver",
    )


def test_everything_that_a_spec_refers_to_has_a_name_of_the_run() -> None:
    prepared = prepare(SPECS / "everything.yaml", "a1b2c30", ACCOUNT)
    needs, web = prepared.needs, prepared.document["services"]["web"]

    assert (needs.certificate, needs.boundary) == (True, True)
    assert needs.parameters == {
        "/e2e-a1b2c30-everything/project/env/db-url",
        "/e2e-a1b2c30-everything/everything/token",
    }
    assert needs.secrets == {"e2e-a1b2c30-everything/everything/api": {"key"}}
    assert web["secrets"] == {
        "DB_URL": "ssm:/e2e-a1b2c30-everything/project/env/db-url",
        "API_KEY": "secretsmanager:e2e-a1b2c30-everything/everything/api:key",
    }
    assert web["env_files"] == ["s3://e2e-a1b2c30-everything-config-111122223333/web.env"]
    assert prepared.document["alarms"] == {"email": ["success@simulator.amazonses.com"]}


def test_own_terraform_is_beside_the_project_file_and_databases_leave_no_snapshot(tmp_path: Path) -> None:
    prepared = prepare(SPECS / "rails-shop.yaml", "a1b2c30", ACCOUNT)

    for project in projects(prepared, tmp_path):
        assert project.resources["db"].final_snapshot is False
    assert prepared.changed == ("db has no final snapshot: nothing of a run is left",)
    assert {file.name for file in (tmp_path / "rails-shop").iterdir()} == {"assets.tf", "carts.tf"}


def test_a_web_service_answers_on_its_port() -> None:
    api: dict[str, Any] = prepare(SPECS / "shop.yaml", "a1b2c30", ACCOUNT).document["services"]["api"]

    assert (api["command"], api["environment"]["E2E_PORT"]) == (ANSWER, "8000")
    compile(api["command"][-1], "command", "exec")


def test_names_stay_within_their_limit(tmp_path: Path) -> None:
    file = tmp_path / "a-very-long-name-of-a-project-file.yaml"
    file.write_text("region: eu-west-1\nservices: {}\n")

    assert prepare(file, "a1b2c30", ACCOUNT).project_id == "e2e-a1b2c30-a-very-long"


def test_specs_are_selected_by_name_or_path() -> None:
    assert (
        {"article", "everything", "hobby"} < {file.stem for file in ALL} < {file.stem for file in SPECS.glob("*.yaml")}
    )
    assert list(selected(["shop", "other/small.yaml"])) == [SPECS / "shop.yaml", Path("other/small.yaml")]


def test_a_project_that_needs_something_else_is_refused(tmp_path: Path) -> None:
    prepared = prepare(SPECS / "everything.yaml", "a1b2c30", ACCOUNT)
    run = Prerequisites(prepared, ACCOUNT, lambda service, region: None)
    prod = list(projects(prepared, tmp_path))[-1]

    assert run.missing(prod) == [each.description for each in prerequisites(prod)]
