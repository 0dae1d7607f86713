"""Terraform's stream as typed values, from a recorded apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.terraform.stream import Diagnostic, Note, Output, Outputs, Planned, Step, parse

RECORDED = (Path(__file__).parents[2] / "recorded" / "apply.jsonl").read_text(encoding="utf-8").splitlines()


def test_a_recorded_apply_has_a_plan_steps_and_outputs() -> None:
    events = [event for event in map(parse, RECORDED) if event is not None]

    assert [(each.address, each.action) for each in events if isinstance(each, Planned)] == [
        ("local_file.web_task_definition", "replace"),
        ("aws_ecs_task_definition.web", "replace"),
        ("aws_ecs_service.web", "update"),
    ]
    assert [(each.address, each.action, each.state) for each in events if isinstance(each, Step)] == [
        ("local_file.web_task_definition", "delete", "started"),
        ("local_file.web_task_definition", "delete", "done"),
        ("local_file.web_task_definition", "create", "started"),
        ("local_file.web_task_definition", "create", "done"),
        ("aws_ecs_task_definition.web", "delete", "started"),
        ("aws_ecs_task_definition.web", "delete", "done"),
        ("aws_ecs_task_definition.web", "create", "started"),
        ("aws_ecs_task_definition.web", "create", "done"),
        ("aws_ecs_service.web", "update", "started"),
        ("aws_ecs_service.web", "update", "done"),
    ]
    (outputs,) = [each for each in events if isinstance(each, Outputs)]
    assert outputs.values["aws_region"] == Output("us-east-1", sensitive=False)
    assert list(outputs.values) == sorted(outputs.values)


def test_a_diagnostic_names_its_resource() -> None:
    line = (
        '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"no","detail":"because",'
        '"address":"aws_lb.main"}}'
    )

    assert parse(line) == Diagnostic("error", "no", "because", "aws_lb.main")


def test_plain_text_is_a_note() -> None:
    assert parse("panic: runtime error\n") == Note("panic: runtime error")


@pytest.mark.parametrize("line", ["", "\n", '{"type":"version","terraform":"1.11.4"}', '{"type":"of the future"}'])
def test_other_messages_are_ignored(line: str) -> None:
    assert parse(line) is None
