"""The IAM actions in the catalogue are real, complete and divided as `stacks/resources/actions.py` says.

tests/e2e/test_actions.py compares them with recorded calls.
"""

from __future__ import annotations

from functools import cache

import botocore.session
import pytest

from operations.iam.actions import PREFIXES, action_of
from operations.iam.calls import PASSED_ROLES
from operations.iam.dependent_actions import DEPENDENT
from operations.iam.tag_on_create import tagging_action
from stacks.resources import CATALOGUE, ResourceType
from stacks.resources.actions import Actions, of
from tests.stacks.conftest import Synth
from tests.support.provider_calls import not_granted
from tests.support.record_provider_calls import recorded_calls

WITHOUT_CALLS = {"data.aws_partition", "local_file"}
"""Types for which the providers call nothing."""
NOT_OPERATIONS = {
    "elasticloadbalancing:SetWebACL",
    "iam:PassRole",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "s3:DeleteObjectVersion",
}
"""Actions of the Service Authorization Reference that no operation has the name of."""
NOT_IN_THE_SPECS = {"aws_appautoscaling_scheduled_action", "aws_iam_policy", "aws_iam_role_policy_attachment"}
"""Types that only tests/e2e/changes uses."""
ENTRIES = [pytest.param(entry, id=name) for name, entry in CATALOGUE.items() if name not in WITHOUT_CALLS]


@cache
def operations(prefix: str) -> frozenset[str]:
    """The actions of all operations of a service."""
    session = botocore.session.get_session()
    services = {value: key for key, value in PREFIXES.items() if key not in ("monitoring", "tagging")}
    service = services.get(prefix, prefix)
    return frozenset(action_of(service, name) for name in session.get_service_model(service).operation_names)


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_actions_are_those_of_operations(entry: ResourceType) -> None:
    real = {action for action in entry.actions.all if action in operations(action.partition(":")[0])}

    assert entry.actions.all - real <= NOT_OPERATIONS


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_type_is_read_with_actions_that_change_nothing(entry: ResourceType) -> None:
    assert entry.actions.read
    for action in entry.actions.read:
        assert action.partition(":")[2].startswith(("Describe", "Get", "List")), action


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_action_without_a_call_has_a_reason(entry: ResourceType) -> None:
    actions = entry.actions

    assert {*actions.unrecorded} <= actions.all
    assert all(len(reason) > 20 for reason in actions.unrecorded.values())


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_actions_that_aws_checks_beside_them_are_included(entry: ResourceType) -> None:
    actions = entry.actions
    for action in actions.all:
        prefix, _, operation = action.partition(":")
        always = (each for each in DEPENDENT.get((prefix, operation), ()) if not each.parameter)
        assert {name for each in always for name in each.actions} <= actions.all, action
    tagging = {tagging_action(*action.split(":")) for action in actions.create if actions.tag} - {None}
    assert {action for action in tagging if action.partition(":")[0] == actions.tag[0].partition(":")[0]} <= actions.all


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_role_is_passed_to_the_service_of_the_operation(entry: ResourceType) -> None:
    """Other operations in PASSED_ROLES have a parameter for a role that the generated Terraform does not set."""
    left_out = {"aws_appautoscaling_target", "aws_db_instance", "aws_ecs_service", "aws_rds_cluster_instance"}
    made = (*entry.actions.create, *entry.actions.update)
    passed = {
        f"{role.service}.amazonaws.com"
        for (prefix, operation), roles in PASSED_ROLES.items()
        for role in roles
        if f"{prefix}:{operation}" in made and entry.type not in left_out
    }

    assert passed == ({entry.actions.passes_roles_to} if entry.actions.passes_roles_to else set())


def test_what_has_tags_has_actions_for_them(spec_stack: Synth) -> None:
    stacks = [spec_stack("everything.yaml", "prod"), spec_stack("shop.yaml", "prod")]
    tagged = {
        address.rpartition(".")[0]
        for stack in stacks
        for address in stack.addresses
        if "tags" in stack[address] and not address.startswith("data.")
    }

    assert "aws_vpc" in tagged
    assert {kind for kind in tagged if not CATALOGUE[kind].actions.tag} == set()


def test_all_includes_passed_and_service_linked_roles() -> None:
    actions = Actions(
        read=of("ecs", "DescribeClusters"),
        create=of("ecs", "CreateCluster"),
        passes_roles_to="ecs-tasks.amazonaws.com",
        service_linked_role="ecs.amazonaws.com",
    )

    assert actions.all == {
        *("ecs:CreateCluster", "ecs:DescribeClusters", "iam:CreateServiceLinkedRole", "iam:PassRole")
    }


def test_no_call_of_the_provider_in_rehearsals_of_the_specs_is_missing() -> None:
    calls = recorded_calls()

    assert {"", *CATALOGUE} >= {call.type for call in calls}
    assert {call.type for call in calls} >= {*CATALOGUE} - WITHOUT_CALLS - NOT_IN_THE_SPECS
    assert not_granted(calls) == {}


def test_an_existing_load_balancer_is_read_with_exactly_what_the_provider_calls() -> None:
    called = {call.action for call in recorded_calls() if call.type == "data.aws_lb"}

    assert called == {*CATALOGUE["data.aws_lb"].actions.read}
