"""What a refresh shows of a change outside of Terraform."""

from __future__ import annotations

from typing import Any

from operations.drift.changes import Refreshed
from stacks.addresses import Owners

OWNERS = Owners(
    {"aws_ecs_service.web": "web", "aws_cloudwatch_log_group.web": "web", "aws_sqs_queue.mailer": "mailer"},
    ("web", "mailer"),
)
SCHEMAS = {
    "provider_schemas": {
        "registry.terraform.io/hashicorp/aws": {
            "resource_schemas": {
                "aws_ecs_service": {
                    "block": {
                        "attributes": {
                            "enable_execute_command": {"optional": True},
                            "propagate_tags": {"optional": True, "computed": True},
                        },
                        "block_types": {
                            "deployment_controller": {"block": {"attributes": {"type": {"optional": True}}}},
                            "load_balancer": {"block": {"attributes": {"elb_name": {"optional": True}}}},
                        },
                    }
                }
            }
        }
    }
}
CONFIGURED = {"desired_count": {"constant_value": 2}, "load_balancer": [{"container_port": {"constant_value": 80}}]}


def drifted(address: str, before: Any, after: Any) -> dict[str, Any]:
    kind = address.partition(".")[0]
    actions = ["update"] if after is not None else ["delete"]
    change = {"actions": actions, "before": before, "after": after, "after_unknown": {}}
    return {"address": address, "type": kind, "mode": "managed", "change": change}


def refreshed(*drift: dict[str, Any], lifecycle: dict[str, Any] | None = None) -> Refreshed:
    shown = {
        "resource_drift": list(drift),
        "configuration": {
            "root_module": {"resources": [{"address": "aws_ecs_service.web", "expressions": CONFIGURED}]}
        },
    }
    configuration = {"resource": {"aws_ecs_service": {"web": {"lifecycle": lifecycle or {}}}}}
    return Refreshed(shown, configuration, OWNERS, lambda: SCHEMAS)


def found(refresh: Refreshed) -> list[tuple[str, list[tuple[str, Any, Any]]]]:
    changed, _ = refresh.changes()
    return [(str(each.place), [(one.path, one.before, one.after) for one in each.attributes]) for each in changed]


def test_a_changed_argument_has_its_name_for_readers() -> None:
    refresh = refreshed(drifted("aws_ecs_service.web", {"desired_count": 2}, {"desired_count": 3}))

    assert found(refresh) == [("service `web`", [("count", 2, 3)])]


def test_what_the_configuration_leaves_to_others_is_not_drift() -> None:
    change = drifted("aws_ecs_service.web", {"desired_count": 2}, {"desired_count": 3})

    assert found(refreshed(change, lifecycle={"ignore_changes": ["desired_count"]})) == []
    assert found(refreshed(change, lifecycle={"ignore_changes": "all"})) == []


def test_a_computed_value_is_not_drift() -> None:
    change = drifted("aws_ecs_service.web", {"propagate_tags": "NONE", "status": "A"}, {"propagate_tags": "SERVICE"})

    assert found(refreshed(change)) == []


def test_an_argument_that_the_configuration_does_not_set_is_drift_if_aws_does_not_compute_it() -> None:
    change = drifted("aws_ecs_service.web", {"enable_execute_command": False}, {"enable_execute_command": True})

    assert found(refreshed(change)) == [("service `web`", [("exec", False, True)])]


def test_a_block_that_the_configuration_does_not_have_is_left_to_aws() -> None:
    before, after = {"load_balancer": [{"elb_name": ""}]}, {"load_balancer": [{"elb_name": "x"}]}
    other = drifted("aws_ecs_service.web", {"deployment_controller": []}, {"deployment_controller": [{"type": "ECS"}]})

    assert found(refreshed(drifted("aws_ecs_service.web", before, after))) == [
        ("service `web`", [("load_balancer.elb_name", None, "x")])
    ]
    assert found(refreshed(other)) == []


def test_a_value_that_was_only_read_for_the_first_time_is_not_drift() -> None:
    change = drifted("aws_ecs_service.web", {}, {"enable_execute_command": False})

    assert found(refreshed(change)) == []


def test_the_schema_is_read_only_if_something_depends_on_it() -> None:
    def never() -> dict[str, Any]:
        raise AssertionError("the schema was read")

    refresh = refreshed(drifted("aws_ecs_service.web", {"desired_count": 2}, {"desired_count": 3}))

    assert found(Refreshed(refresh.shown, refresh.configuration, OWNERS, never)) == [
        ("service `web`", [("count", 2, 3)])
    ]


def test_deleted_resources_are_missing_in_the_order_of_the_project_file() -> None:
    _, missing = refreshed(
        drifted("aws_sqs_queue.mailer", {"name": "x"}, None),
        drifted("aws_cloudwatch_log_group.web", {"name": "x"}, None),
        drifted("local_file.web", {"content": "x"}, None),
    ).changes()

    assert [str(each.place) for each in missing] == ["log group of service `web`", "queue of service `mailer`"]


def test_secrets_are_masked() -> None:
    change = drifted("aws_ecs_service.web", {"enable_execute_command": "a"}, {"enable_execute_command": "b"})
    change["change"] |= {"before_sensitive": {"enable_execute_command": True}, "after_sensitive": {}}

    ((_, attributes),) = found(refreshed(change))

    assert attributes == [("exec", "(sensitive)", "(sensitive)")]
