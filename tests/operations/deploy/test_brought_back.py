"""A plan after a rollback says what it brings back."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from operations.deploy.brought_back import BroughtBack, brought_back, report_brought_back
from operations.plan.diff import AttributeChange
from operations.plan.model import Plan, ResourceChange
from stacks.addresses import Place
from tests.support.reporter import Recorder

FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web-shop-dev"


def planned(before: Any, after: Any, path: str = "task_definition", type_: str = "aws_ecs_service") -> Plan:
    change = AttributeChange(path, before, after)
    place = Place("web", "web", "service")
    return Plan("shop-dev", (ResourceChange(f"{type_}.web", type_, place, "update", (change,)),))


@pytest.mark.parametrize(
    ("plan", "found"),
    [
        (planned("web-shop-dev:1", f"{FAMILY}:2"), (BroughtBack("web", "web-shop-dev:1", f"{FAMILY}:2"),)),
        (
            planned(
                f"{FAMILY}:9", f"{FAMILY}:10", "target.ecs_parameters.task_definition_arn", "aws_scheduler_schedule"
            ),
            (BroughtBack("web", "web-shop-dev:9", f"{FAMILY}:10"),),
        ),
        (planned(f"{FAMILY}:1", "(known after apply)"), ()),
        (planned(FAMILY, f"{FAMILY}:2"), ()),
        (planned(f"{FAMILY}:3", f"{FAMILY}:2"), ()),
        (planned("1", "2", "desired_count"), ()),
    ],
)
def test_only_a_move_to_a_later_revision_that_exists_is_reported(plan: Plan, found: tuple[BroughtBack, ...]) -> None:
    assert brought_back(plan) == found


def test_the_images_of_both_revisions_are_shown(account: boto3.Session) -> None:
    reporter = Recorder()
    for image in ("nginx:1.27", "nginx:1.28"):
        containers = [{"name": "web", "image": image, "memory": 512}]
        account.client("ecs").register_task_definition(family="web-shop-dev", containerDefinitions=containers)

    report_brought_back(planned("web-shop-dev:1", f"{FAMILY}:2"), account, reporter)
    report_brought_back(planned("web-shop-dev:1", f"{FAMILY}:7"), account, reporter)

    assert reporter.messages == [
        "web runs web-shop-dev:1 (nginx:1.27) since a rollback: this plan brings back web-shop-dev:2 (nginx:1.28)",
        "web runs web-shop-dev:1 since a rollback: this plan brings back web-shop-dev:7",
    ]
