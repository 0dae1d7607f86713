"""An environment is protected by its project file, and until a deploy has removed the protection."""

from __future__ import annotations

from typing import Any

import pytest

from cli.sentences import sentences
from operations.deploy.protection import Protection
from operations.state.document import StateDocument
from stacks.errors import TerraformError
from stacks.project.models import Project

OPEN = Project(project_id="shop", env="prod")
GUARDED = OPEN.model_copy(update={"protected": True})


def state(protected: object = None, /, **resources: dict[str, Any]) -> StateDocument:
    """A state with this record and one resource of each type."""
    outputs = {} if protected is None else {"protected": {"value": protected, "type": "bool"}}
    listed = [
        {"mode": "managed", "type": kind, "name": "main", "instances": [{"attributes": attributes}]}
        for kind, attributes in resources.items()
    ]
    return StateDocument({"version": 4, "outputs": outputs, "resources": listed})


def refusal(project: Project, found: StateDocument) -> str:
    with pytest.raises(TerraformError) as caught:
        Protection.of(project, found).refuse_destroy()
    return sentences(caught.value)


@pytest.mark.parametrize("found", [state(), state(False), state(True)])
def test_the_project_file_protects(found: StateDocument) -> None:
    assert Protection.of(GUARDED, found).is_on
    assert refusal(GUARDED, found) == (
        "prod: this environment is protected; set `protected: false` in the project file, deploy that to remove the "
        "deletion protection, then destroy it"
    )


def test_what_is_deployed_as_protected_stays_protected_until_a_deploy() -> None:
    assert Protection.of(OPEN, state(True)).is_on
    assert refusal(OPEN, state(True)) == (
        "prod: this environment is protected; got `protected: true` in its state; run `ecsforge deploy --env prod` to "
        "remove the protection, then destroy it"
    )


@pytest.mark.parametrize(
    "found",
    [
        state(),
        state(False),
        # The record is decisive: load_balancer.deletion_protection does not protect the environment.
        state(False, aws_lb={"enable_deletion_protection": True}),
        state(aws_lb={"enable_deletion_protection": False}),
        state(aws_ecr_repository={"force_delete": True}),
        state(aws_s3_bucket={"force_destroy": None}),
    ],
)
def test_nothing_protects(found: StateDocument) -> None:
    protection = Protection.of(OPEN, found)

    assert not protection.is_on
    protection.refuse_destroy()


@pytest.mark.parametrize(
    ("found", "evidence"),
    [
        (state(aws_lb={"enable_deletion_protection": True}), "deletion protection of aws_lb.main"),
        (state(aws_ecr_repository={"force_delete": False}), "aws_ecr_repository.main with `force_delete = false`"),
        (state(aws_s3_bucket={"force_destroy": False}), "aws_s3_bucket.main with `force_destroy = false`"),
    ],
)
def test_a_state_without_the_record_shows_the_protection_by_its_resources(found: StateDocument, evidence: str) -> None:
    assert refusal(OPEN, found) == (
        f"prod: this environment is protected; got {evidence} in its state; run `ecsforge deploy --env prod` to "
        "remove the protection, then destroy it"
    )


def test_a_load_balancer_that_the_project_file_protects_by_itself_shows_nothing() -> None:
    balancer = OPEN.load_balancer.model_copy(update={"deletion_protection": True})
    own = OPEN.model_copy(update={"load_balancer": balancer})

    assert not Protection.of(own, state(aws_lb={"enable_deletion_protection": True})).is_on
