"""The problems that a rehearsal can find in a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.sentences import sentence, sentences
from operations.plan.read import plan_from_json
from operations.rehearsal.problems import invalid, left_behind, not_empty
from operations.terraform.stream import Diagnostic, SourceRange
from stacks.addresses import Owners
from stacks.sources import Sources


def test_the_error_for_a_second_plan_names_what_it_would_change() -> None:
    change = {"actions": ["update"], "before": {"desired_count": 7}, "after": {"desired_count": 1}}
    service: dict[str, Any] = {"address": "aws_ecs_service.web", "type": "aws_ecs_service", "change": change}
    plan = plan_from_json("shop-dev", {"resource_changes": [service]}, Owners(services=("web",)))

    assert sentences(not_empty(plan)) == (
        "plan again: the plan after the apply must be empty; got 1 to change: aws_ecs_service.web desired_count; AWS "
        "returns different values than Terraform set, so every later plan would show these changes"
    )


def test_resources_and_task_definition_files_are_left_behind(tmp_path: Path) -> None:
    file = tmp_path / "task-definitions" / "dev" / "web.latest.json"
    file.parent.mkdir(parents=True)
    file.touch()

    error = left_behind({"ec2 vpc-2", "ec2 vpc-1"}, tmp_path)

    assert error is not None
    assert sentences(error) == (
        "nothing left: destroy leaves resources behind; got ec2 vpc-1, ec2 vpc-2, task-definitions/dev/web.latest.json"
    )


def test_without_resources_and_files_nothing_is_left_behind(tmp_path: Path) -> None:
    assert left_behind((), tmp_path) is None


def test_an_error_of_terraform_validate_keeps_its_address() -> None:
    diagnostic = Diagnostic("error", "Missing required\nargument", 'The argument "name"\nis required.', "aws_lb.main")

    problem = invalid(diagnostic, Owners())

    assert problem.address == "aws_lb.main"
    assert sentence(problem) == (
        'validate (aws_lb.main): Missing required argument; got The argument "name" is required.'
    )


def test_an_error_of_terraform_validate_in_the_users_file_has_its_position() -> None:
    diagnostic = Diagnostic("error", "Unsupported argument", source=SourceRange("db.tf", 4, 3))
    owners = Owners(sources=Sources({"db.tf": "infra/db.tf"}))

    assert sentence(invalid(diagnostic, owners)) == "infra/db.tf:4:3: Unsupported argument"
