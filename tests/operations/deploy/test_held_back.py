"""Which changes wait for the tasks of `deployment.before`."""

from __future__ import annotations

from typing import Any

from operations.deploy.held_back import first_targets, held_back

WEB, API = "aws_ecs_service.web", "aws_ecs_service.api"
DEFINITION, GROUP, CLUSTER = "aws_ecs_task_definition.web", "aws_lb_target_group.web", "aws_ecs_cluster.main"
CONFIGURATION = {
    WEB: [DEFINITION, GROUP, CLUSTER],
    API: [CLUSTER],
    "aws_appautoscaling_target.web": [WEB],
    "aws_appautoscaling_policy.cpu": ["aws_appautoscaling_target.web"],
    "aws_lb_listener_rule.web": [GROUP],
    DEFINITION: [],
    GROUP: [],
    CLUSTER: [],
}


def plan(actions: dict[str, list[str]], deployed: tuple[str, ...] = ()) -> dict[str, Any]:
    """A plan with these actions, of services that use `deployed` now."""
    resources = [
        {"address": address, "expressions": {"x": {"references": references}}}
        for address, references in CONFIGURATION.items()
    ]
    changes = [
        {"address": address, "type": address.partition(".")[0], "mode": "managed", "change": {"actions": each}}
        for address, each in actions.items()
    ]
    prior = [{"address": WEB, "depends_on": list(deployed)}] if deployed else []
    return {
        "configuration": {"root_module": {"resources": resources}},
        "prior_state": {"values": {"root_module": {"resources": prior}}},
        "resource_changes": changes,
    }


def first(shown: dict[str, Any]) -> list[str]:
    return sorted(first_targets(shown, held_back(shown, [WEB])))


def test_a_first_deploy_creates_everything_but_the_service_and_what_depends_on_it() -> None:
    shown = plan({address: ["create"] for address in CONFIGURATION})

    assert first(shown) == sorted([API, DEFINITION, GROUP, CLUSTER, "aws_lb_listener_rule.web"])


def test_a_later_deploy_registers_the_definition_first() -> None:
    shown = plan({DEFINITION: ["delete", "create"], WEB: ["update"], API: ["no-op"]}, (DEFINITION, GROUP, CLUSTER))

    assert first(shown) == [DEFINITION]


def test_after_a_failed_task_only_the_service_is_left() -> None:
    assert first(plan({DEFINITION: ["no-op"], WEB: ["update"]}, (DEFINITION,))) == []


def test_a_definition_that_is_created_before_the_old_one_goes_does_not_wait() -> None:
    assert first(plan({DEFINITION: ["create", "delete"], WEB: ["update"]}, (DEFINITION,))) == [DEFINITION]


def test_what_the_running_tasks_use_is_not_destroyed_before_them() -> None:
    """Terraform destroys it after the service has changed, which is in the second step."""
    gone = "aws_security_group.old"
    shown = plan({DEFINITION: ["delete", "create"], WEB: ["update"], gone: ["delete"]}, (DEFINITION, gone))

    assert first(shown) == [DEFINITION]


def test_what_is_replaced_while_the_service_uses_it_waits_with_all_that_uses_it() -> None:
    actions = {DEFINITION: ["delete", "create"], WEB: ["update"], GROUP: ["create", "delete"]}
    shown = plan({**actions, "aws_lb_listener_rule.web": ["update"]}, (DEFINITION, GROUP))

    assert first(shown) == [DEFINITION]


def test_what_nothing_uses_any_more_is_destroyed_in_the_first_step() -> None:
    shown = plan({DEFINITION: ["delete", "create"], WEB: ["update"], "aws_sqs_queue.old": ["delete"]}, (DEFINITION,))

    assert first(shown) == [DEFINITION, "aws_sqs_queue.old"]


def test_instances_of_a_resource_are_targets_of_their_own() -> None:
    actions = {"aws_subnet.private[0]": ["create"], "aws_subnet.private[1]": ["create"], WEB: ["create"]}

    assert first(plan(actions)) == ["aws_subnet.private[0]", "aws_subnet.private[1]"]
