"""The stages of a rehearsal as far as they need no Terraform; tests/e2e runs them all."""

from __future__ import annotations

from typing import Any

from cli.sentences import sentence, sentences
from operations.plan.model import plan_from_json
from operations.rehearsal.lifecycle import invalid, not_empty, without_overrides
from operations.terraform.stream import Diagnostic


def test_the_error_for_a_second_plan_names_what_it_would_change() -> None:
    change = {"actions": ["update"], "before": {"desired_count": 7}, "after": {"desired_count": 1}}
    service: dict[str, Any] = {"address": "aws_ecs_service.web", "type": "aws_ecs_service", "change": change}
    plan = plan_from_json("shop-dev", {"resource_changes": [service]}, ["web"])

    assert sentences(not_empty(plan)) == (
        "plan again: the plan after the apply must be empty; got 1 to change: aws_ecs_service.web desired_count; AWS "
        "returns other values than Terraform set, so every later plan would show these changes"
    )


def test_an_error_of_terraform_validate_keeps_its_address() -> None:
    diagnostic = Diagnostic("error", "Missing required\nargument", 'The argument "name"\nis required.', "aws_lb.main")

    problem = invalid(diagnostic)

    assert problem.address == "aws_lb.main"
    assert sentence(problem) == (
        'validate (aws_lb.main): Missing required argument; got The argument "name" is required.'
    )


def test_variables_that_change_what_terraform_does_are_dropped() -> None:
    environment = {"HOME": "/home/me", "TF_VAR_image": "other:1", "TF_CLI_ARGS_plan": "-target=x", "TF_LOG": "debug"}

    assert without_overrides(environment) == {"HOME": "/home/me", "TF_LOG": "debug"}
