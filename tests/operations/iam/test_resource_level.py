"""The actions that can't be limited to resources are actions that a role for deploys needs."""

from __future__ import annotations

from operations.iam.own_actions import CHECKS, DEPLOY, DRIFT, READ
from operations.iam.resource_level import ON_ANY_RESOURCE
from stacks.resources import CATALOGUE


def test_only_actions_that_are_used_are_listed() -> None:
    used = {action for entry in CATALOGUE.values() for action in entry.actions.all}

    assert used | {*READ, *CHECKS, *DRIFT, *DEPLOY} >= ON_ANY_RESOURCE


def test_few_of_them_change_what_exists() -> None:
    reading_or_creating = ("Create", "Describe", "Get", "List", "Request")

    assert {each for each in ON_ANY_RESOURCE if not each.partition(":")[2].startswith(reading_or_creating)} == {
        "ecs:DeregisterTaskDefinition",
        "elasticloadbalancing:SetWebACL",
        "logs:DeleteLogDelivery",
        "logs:PutResourcePolicy",
        "servicediscovery:TagResource",
        "servicediscovery:UntagResource",
        "sns:SetSubscriptionAttributes",
        "sns:Unsubscribe",
    }
