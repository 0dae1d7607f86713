"""The values of the variables that only a plan knows, and the second plan where the first one shows another value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from operations.plan.variables import Variables, plan_with_variables
from operations.state.document import StateDocument
from operations.terraform.runner import PlanResult
from operations.terraform.stream import Planned
from tests.support.fake_terraform import FakeTerraform

WEB = "aws_ecs_service.web"
ON_DEMAND = [{"base": 0, "capacity_provider": "FARGATE", "weight": 1}]
SPOT = [{"base": 0, "capacity_provider": "FARGATE_SPOT", "weight": 1}]
ENDPOINTS = {"endpoints": "api:8000"}
Action = Literal["create", "update", "replace", "delete"]
_ACTIONS: dict[str, list[str]] = {"replace": ["delete", "create"]}


def configuration(triggers: Mapping[str, str] | None = None) -> dict[str, Any]:
    service = {"force_new_deployment": "${var.web_force_new_deployment}", "triggers": triggers}
    return {
        "variable": {"web_force_new_deployment": {"type": "bool", "default": False}},
        "resource": {"aws_ecs_service": {"web": service}},
    }


def state(forced: bool | None = False, triggers: Mapping[str, str] | None = None) -> StateDocument:
    attributes = {"force_new_deployment": forced, "triggers": dict(triggers or {})}
    service = {"mode": "managed", "type": "aws_ecs_service", "name": "web", "instances": [{"attributes": attributes}]}
    return StateDocument({"version": 4, "resources": [service]})


NEW = StateDocument({})


class Planner:
    """Plans with the AWS provider's rules: `changes` are made to the service, with or without replacing it."""

    def __init__(self, folder: Path, action: Action | None, before: dict[str, Any], **changes: Any) -> None:
        self.terraform = FakeTerraform(folder)
        self.action, self.before, self.after = action, before, {**before, **changes}
        self.passed: list[Mapping[str, str]] = []

    def __call__(self, values: Mapping[str, str]) -> PlanResult:
        self.passed.append(values)
        forced = values["web_force_new_deployment"] == "true"
        old, new = self.before.get("capacity_provider_strategy"), self.after.get("capacity_provider_strategy")
        action = "replace" if self.action == "update" and old != new and (not forced or not old or not new) else None
        action = action or self.action
        change = {"actions": _ACTIONS.get(action or "", [action or "no-op"]), "before": self.before}
        after = {**self.after, "force_new_deployment": forced}
        self.terraform.shown = {"resource_changes": [{"address": WEB, "change": {**change, "after": after}}]}
        made = [Planned(WEB, "aws_ecs_service", "web", action)] if action else []  # type: ignore[arg-type]
        return PlanResult(tuple(made), bool(made), ())


def passed(planner: Planner, before: StateDocument, triggers: Mapping[str, str] | None = None) -> list[str]:
    """The value of each plan."""
    variables = Variables.of(configuration(triggers), before)
    plan_with_variables(planner.terraform, Path("plan"), variables, planner)  # type: ignore[arg-type]
    return [values["web_force_new_deployment"] for values in planner.passed]


@pytest.mark.parametrize(("forced", "value"), [(True, "true"), (False, "false"), (None, "false")])
def test_a_service_that_does_not_change_keeps_the_value_in_the_state(
    tmp_path: Path, forced: bool | None, value: str
) -> None:
    planner = Planner(tmp_path, None, {})

    assert passed(planner, state(forced)) == [value]
    assert planner.terraform.calls == []


def test_a_change_does_not_force_a_deployment(tmp_path: Path) -> None:
    planner = Planner(tmp_path, "update", {"desired_count": 1}, desired_count=4)

    assert passed(planner, state(False)) == ["false"]
    assert planner.terraform.calls == []


def test_a_change_of_a_service_whose_state_has_true_is_planned_again_without(tmp_path: Path) -> None:
    """The state of an earlier version, or of the deploy after a change of capacity."""
    planner = Planner(tmp_path, "update", {"desired_count": 1}, desired_count=4)

    assert passed(planner, state(True)) == ["true", "false"]


def test_a_change_of_capacity_is_planned_again_with_a_forced_deployment(tmp_path: Path) -> None:
    planner = Planner(
        tmp_path, "update", {"capacity_provider_strategy": ON_DEMAND}, capacity_provider_strategy=SPOT, desired_count=4
    )

    assert passed(planner, state(False)) == ["false", "true"]


def test_a_change_of_capacity_of_a_service_whose_state_has_true_needs_one_plan(tmp_path: Path) -> None:
    planner = Planner(tmp_path, "update", {"capacity_provider_strategy": ON_DEMAND}, capacity_provider_strategy=SPOT)

    assert passed(planner, state(True)) == ["true"]


@pytest.mark.parametrize("forced", [True, False])
@pytest.mark.parametrize(("before", "after"), [([], SPOT), (ON_DEMAND, [])])
def test_a_service_gets_or_loses_a_strategy_only_by_a_replacement(
    tmp_path: Path, forced: bool, before: list[Any], after: list[Any]
) -> None:
    planner = Planner(tmp_path, "update", {"capacity_provider_strategy": before}, capacity_provider_strategy=after)

    assert passed(planner, state(forced))[-1] == ("true" if forced else "false")


def test_a_replacement_for_another_reason_does_not_force_a_deployment(tmp_path: Path) -> None:
    strategy = {"capacity_provider_strategy": ON_DEMAND}
    planner = Planner(tmp_path, "replace", {**strategy, "cluster": "a"}, cluster="b")

    assert passed(planner, state(False)) == ["false"]


@pytest.mark.parametrize("recorded", [None, {"endpoints": "api:9000"}])
@pytest.mark.parametrize("action", ["update", None])
def test_a_change_of_the_triggers_forces_a_deployment(
    tmp_path: Path, recorded: Mapping[str, str] | None, action: Action | None
) -> None:
    """The AWS provider ignores it otherwise, so that the tasks would never discover the other services."""
    planner = Planner(tmp_path, action, {"desired_count": 1}, desired_count=4)

    assert passed(planner, state(False, recorded), ENDPOINTS) == ["true"]


@pytest.mark.parametrize(("triggers", "value"), [(None, "false"), (ENDPOINTS, "true")])
def test_a_new_service_records_its_triggers(tmp_path: Path, triggers: Mapping[str, str] | None, value: str) -> None:
    assert passed(Planner(tmp_path, "create", {}), NEW, triggers) == [value]


@pytest.mark.parametrize("triggers", [None, {}, ENDPOINTS])
def test_triggers_that_are_recorded_or_removed_force_nothing(
    tmp_path: Path, triggers: Mapping[str, str] | None
) -> None:
    assert passed(Planner(tmp_path, None, {}), state(False, ENDPOINTS), triggers) == ["false"]


def test_only_declared_variables_are_passed() -> None:
    resources = {"resource": {"aws_ecs_service": {"web": {"force_new_deployment": True}}}}

    assert Variables.of(resources, state(True)).values == {}
    assert Variables.of({}, NEW).values == {}


IMAGES = {
    "variable": {"web_image": {"type": "string"}, "night_job_image": {"type": "string"}},
    "resource": {},
}
OLD, NEWER = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:a", "other@sha256:b"


def deployed(images: Mapping[str, str]) -> StateDocument:
    return StateDocument({"version": 4, "outputs": {"images": {"value": dict(images)}}})


def test_without_an_option_the_deployed_images_are_passed() -> None:
    variables = Variables.of(IMAGES, deployed({"web": OLD, "night-job": "job@sha256:c", "mailer": "app:1"}))

    assert variables.values == {"web_image": OLD, "night_job_image": "job@sha256:c"}


def test_an_option_takes_precedence_over_the_deployed_image() -> None:
    state = deployed({"web": OLD, "night-job": "job@sha256:c"})

    variables = Variables.of(IMAGES, state, images={"web": NEWER}, env_vars={"TF_VAR_web_image": "third"})

    assert variables.values == {"web_image": NEWER, "night_job_image": "job@sha256:c"}


def test_a_variable_of_the_environment_takes_precedence_over_the_deployed_image() -> None:
    """`-var` would override it, so nothing is passed."""
    env_vars = {"TF_VAR_web_image": NEWER, "TF_VAR_night_job_image": ""}

    variables = Variables.of(IMAGES, deployed({"web": OLD, "night-job": "job@sha256:c"}), env_vars=env_vars)

    assert variables.values == {"night_job_image": "job@sha256:c"}


def test_an_image_that_is_not_deployed_is_not_passed() -> None:
    assert Variables.of(IMAGES, deployed({"web": ""})).values == {}
    assert Variables.of(IMAGES, NEW).values == {}


def test_the_second_plan_gets_the_same_images() -> None:
    variables = Variables.of(IMAGES, deployed({"web": OLD}))

    assert variables.after({"resource_changes": []}).values == {"web_image": OLD}
