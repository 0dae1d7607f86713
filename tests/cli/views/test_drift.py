"""Drift as text."""

from __future__ import annotations

from cli.console import Console
from cli.views.drift import render
from operations.drift.model import Addition, ChangedResource, Drift, UnmanagedResource
from operations.plan.diff import AttributeChange
from stacks.addresses import Place

WEB = Place("web", "web", "service")
DRIFT = Drift(
    "shop-dev",
    changed=(ChangedResource("aws_ecs_service.web", "aws_ecs_service", WEB, (AttributeChange("count", 2, 3),)),),
    missing=(ChangedResource("aws_sqs_queue.mailer", "aws_sqs_queue", Place("mailer", "mailer", "queue")),),
    added=(
        Addition(
            "aws_security_group.web",
            Place("web", "web", "tasks security group"),
            "ingress rule, tcp 22 from 0.0.0.0/0",
            "sgr-1",
        ),
        Addition("aws_iam_role.web", Place("web", "web", "task role"), "inline policy extra", "extra"),
    ),
    unmanaged=(UnmanagedResource("arn:aws:sqs:eu-west-1:123456789012:extra", "queue", "extra"),),
    resources=40,
)


def test_drift_by_service_in_100_columns() -> None:
    assert render(DRIFT, Console(no_color=True), width=100) == (
        "shop-dev: 1 changed, 1 missing in AWS, 2 added to resources of the stack, 1 not in the state\n"
        "\n"
        "web\n"
        "  ~ service\n"
        "      count  2 -> 3\n"
        "  + tasks security group: ingress rule, tcp 22 from 0.0.0.0/0\n"
        "      sgr-1\n"
        "  + task role: inline policy extra\n"
        "\n"
        "mailer\n"
        "  - queue: in the state, but not in AWS\n"
        "\n"
        "not in the state\n"
        "  + queue extra\n"
        "      arn:aws:sqs:eu-west-1:123456789012:extra"
    )


def test_no_line_is_wider_than_the_terminal() -> None:
    lines = render(DRIFT, Console(no_color=True), width=60).splitlines()

    assert lines[:2] == [
        "shop-dev: 1 changed, 1 missing in AWS, 2 added to resources",
        "  of the stack, 1 not in the state",
    ]
    assert max(map(len, lines)) <= 60


def test_without_drift_it_is_one_line() -> None:
    assert render(Drift("shop-dev", resources=40), Console()) == "shop-dev: no drift; 40 resources as deployed"
