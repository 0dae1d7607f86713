"""The model of a plan, from a recorded plan that changes an image, a count and a log group's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.console import Console
from cli.views.plan import headline, render
from operations.plan.diff import AttributeChange
from operations.plan.model import Plan
from operations.plan.read import plan_from_actions, plan_from_json
from operations.plan.redact import MASK
from operations.terraform.stream import Planned
from stacks.addresses import Owners
from stacks.resources import Risk
from stacks.sources import Sources

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "recorded" / "plan.json").read_text(encoding="utf-8")
)
STACK = "node-app-dev"
OWNERS = Owners(services=("web",))


def recorded() -> Plan:
    return plan_from_json(STACK, RECORDED, OWNERS)


def planned(*pairs: tuple[str, str]) -> Plan:
    return plan_from_actions(
        STACK,
        [Planned(address, *address.split("."), action) for address, action in pairs],  # type: ignore[arg-type]
        OWNERS,
    )


def resource(address: str, *actions: str, **change: Any) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {"actions": list(actions), "before": {}, "after": {}, **change},
    }


def test_a_recorded_plan_is_read_by_service_and_name() -> None:
    plan = recorded()

    assert [(str(each.place), each.action) for each in plan.resources] == [
        ("log group of service `web`", "replace"),
        ("service `web`", "update"),
        ("task definition of service `web`", "update"),
    ]
    assert plan.kept == 7


def test_a_new_revision_of_a_task_definition_is_an_update_with_the_image_and_the_secret_masked() -> None:
    (revision,) = [each for each in recorded().resources if each.type == "aws_ecs_task_definition"]

    assert tuple(each for each in revision.attributes if not each.computed) == (
        AttributeChange("environment.DB_PASSWORD", MASK, MASK, sensitive=True),
        AttributeChange("image", "nginx:1", "nginx:2"),
    )
    assert [each.path for each in revision.attributes if each.computed] == [
        "arn",
        "arn_without_revision",
        "enable_fault_injection",
        "id",
        "revision",
    ]
    assert revision.steps == 2


def test_secrets_of_a_plan_are_not_in_its_text_or_json() -> None:
    plan = recorded()

    assert "hunter" in json.dumps(RECORDED)
    assert "hunter" not in render(plan, Console()) + json.dumps(plan.to_json())


def test_drift_without_effect_is_left_out() -> None:
    assert RECORDED["resource_drift"]
    assert recorded().drift == ()


def test_a_plan_as_text() -> None:
    assert (
        render(recorded(), Console())
        == """\
node-app-dev: 2 to change, 1 to replace, 7 unchanged

web
  ± log group
      name               /aws/ecs/node-app-dev/web -> /aws/ecs/node-app-dev/web2  forces replacement
      retention_in_days  1 -> 3
      known after apply: arn, id, log_group_class, name_prefix
  ~ service, restarts all tasks
      availability_zone_rebalancing  DISABLED
      desired_count                  2 -> 3
      task_definition                web-node-app-dev:1 -> the new revision
  ~ task definition, new revision
      environment.DB_PASSWORD  changed (sensitive)
      image                    nginx:1 -> nginx:2
      known after apply: arn, arn_without_revision, enable_fault_injection, id, revision

outputs
  ~ pw  changed (sensitive)

Warnings
  ! log group of service `web` is replaced: its logs are lost"""
    )


def test_the_json_of_a_plan_has_a_stable_shape() -> None:
    shape = recorded().to_json()

    assert shape["version"] == 1
    assert shape["summary"] == {
        "create": 0,
        "update": 2,
        "replace": 1,
        "destroy": 0,
        "import": 0,
        "forget": 0,
        "move": 0,
        "keep": 7,
    }
    first = shape["resources"][0]
    assert [each["path"] for each in first["attributes"] if each["computed"]] == [
        "arn",
        "id",
        "log_group_class",
        "name_prefix",
    ]
    first["attributes"] = [each for each in first["attributes"] if not each["computed"]]
    assert first == {
        "address": "aws_cloudwatch_log_group.web",
        "type": "aws_cloudwatch_log_group",
        "action": "replace",
        "service": "web",
        "group": "web",
        "concept": "log group",
        "restarts_tasks": False,
        "notes": [],
        "attributes": [
            {
                "path": "name",
                "before": "/aws/ecs/node-app-dev/web",
                "after": "/aws/ecs/node-app-dev/web2",
                "sensitive": False,
                "replaces": True,
                "computed": False,
            },
            {
                "path": "retention_in_days",
                "before": 1,
                "after": 3,
                "sensitive": False,
                "replaces": False,
                "computed": False,
            },
        ],
        "values": [],
        "public": [],
        "billed": [],
        "risk": {"kind": "data", "text": "its logs are lost"},
        "reason": "replace_because_cannot_update",
        "moved_from": None,
        "deposed": False,
    }


def test_a_plan_of_actions_is_in_the_order_of_services_and_groups() -> None:
    plan = planned(
        ("aws_vpc.main", "create"), ("aws_lb.main", "create"), ("aws_ecs_service.web", "create"), ("data.x", "read")
    )

    assert [each.place.group for each in plan.resources] == ["web", "load balancer", "network"]
    assert plan.kept is None


def test_created_and_destroyed_resources_are_listed() -> None:
    plan = planned(
        ("aws_ecs_service.web", "create"), ("aws_iam_role.web_task", "create"), ("aws_sqs_queue.web", "delete")
    )

    assert (
        render(plan, Console())
        == """\
node-app-dev: 2 to create, 1 to destroy

web
  + service, task role
  - queue

Warnings
  ! queue of service `web` is destroyed: its messages are lost"""
    )


def test_the_headline_of_a_plan_without_changes() -> None:
    assert headline(Plan(STACK, (), has_changes=False)) == (
        "node-app-dev: no changes; the deployed stack matches the project file"
    )


def test_a_plan_can_change_only_outputs_and_masks_sensitive_ones() -> None:
    shown = {
        "output_changes": {
            "alb_url": {"actions": ["update"], "before": "http://a", "after": "http://b"},
            "token": {"actions": ["update"], "before": "s1", "after": "s2", "after_sensitive": True},
            "same": {"actions": ["no-op"]},
        }
    }

    assert (
        render(plan_from_json(STACK, shown, Owners()), Console())
        == """\
node-app-dev: 2 outputs to change

outputs
  ~ alb_url  http://a -> http://b
  ~ token  changed (sensitive)"""
    )


def test_drift_covers_configured_values_and_not_computed_ones() -> None:
    """Right after a deploy, a security group lists rules that are separate resources."""
    named = {"name": "web", "egress": []}
    shown = {
        "configuration": {
            "root_module": {"resources": [{"address": "aws_security_group.web", "expressions": {"name": {}}}]}
        },
        "resource_drift": [
            resource("aws_security_group.web", "update", before=named, after={"name": "web", "egress": [{"to": 0}]}),
        ],
    }
    renamed = resource("aws_security_group.web", "update", before=named, after={"name": "other", "egress": []})

    assert plan_from_json(STACK, shown, Owners()).drift == ()
    (drift,) = plan_from_json(STACK, {**shown, "resource_drift": [renamed]}, Owners()).drift
    assert drift.attributes == (AttributeChange("name", "web", "other"),)


def test_a_resource_that_was_deleted_outside_of_terraform_is_a_warning() -> None:
    shown = {
        "resource_changes": [resource("aws_lb_target_group.web", "create")],
        "resource_drift": [resource("aws_lb_target_group.web", "delete")],
    }

    assert render(plan_from_json(STACK, shown, OWNERS), Console()).endswith(
        "Warnings\n  ! target group of service `web` was deleted outside of Terraform"
    )


def test_an_imported_resource_is_listed_with_its_changes() -> None:
    imported = resource(
        "aws_lb.main", "update", importing={"id": "x"}, before={"idle_timeout": 30}, after={"idle_timeout": 60}
    )

    plan = plan_from_json(STACK, {"resource_changes": [imported]}, Owners())

    assert [(each.action, each.attributes) for each in plan.resources] == [
        ("import", (AttributeChange("idle_timeout", 30, 60),))
    ]


@pytest.mark.parametrize(("destroyed", "kept", "more"), [(3, 2, True), (2, 2, False), (1, 0, True), (0, 0, False)])
def test_whether_a_plan_destroys_more_than_it_keeps(destroyed: int, kept: int, more: bool) -> None:
    changes = [resource(f"aws_subnet.a_{number}", "delete") for number in range(destroyed)]
    changes += [resource(f"aws_subnet.b_{number}", "no-op") for number in range(kept)]

    assert plan_from_json(STACK, {"resource_changes": changes}, Owners()).destroys_more_than_it_keeps is more


def test_lost_data_is_irreversible_and_lost_traffic_is_not() -> None:
    plan = planned(("aws_sqs_queue.web", "delete"), ("aws_lb.main", "delete"), ("aws_route.x", "delete"))

    assert [each.address for each in plan.risks] == ["aws_sqs_queue.web", "aws_lb.main"]
    assert [each.address for each in plan.irreversible] == ["aws_sqs_queue.web"]


def test_an_output_that_is_partly_unknown_shows_what_is_known() -> None:
    urls = {
        "actions": ["update"],
        "before": {"web": "a", "api": "b"},
        "after": {"web": "c"},
        "after_unknown": {"web": False, "api": True},
    }
    known = {"actions": ["create"], "before": None, "after": {"web": "x"}, "after_unknown": {}}

    plan = plan_from_json(STACK, {"output_changes": {"urls": urls, "paths": known}}, Owners())

    assert [(each.name, each.after) for each in plan.outputs] == [
        ("paths", {"web": "x"}),
        ("urls", {"web": "c", "api": "(known after apply)"}),
    ]
    assert (
        render(plan, Console())
        == """\
node-app-dev: 2 outputs to change

outputs
  + paths
  ~ urls.api  b -> (known after apply)
  ~ urls.web  a -> c"""
    )


def test_a_moved_resource_has_its_old_address() -> None:
    moved = {**resource("aws_lb.main", "no-op"), "previous_address": "aws_lb.old"}

    plan = plan_from_json(STACK, {"resource_changes": [moved]}, Owners())

    assert (
        render(plan, Console())
        == """\
node-app-dev: 1 to move

load balancer
  > load balancer, moved from aws_lb.old"""
    )


def test_a_deposed_object_is_not_the_resource_that_replaced_it() -> None:
    """It loses its data, but the traffic goes to the new resource."""
    shown = {
        "resource_changes": [
            {**resource("aws_lb.main", "delete"), "deposed": "abcd1234"},
            {**resource("aws_cloudwatch_log_group.web", "delete"), "deposed": "abcd1234"},
            resource("aws_lb.main", "update", before={"idle_timeout": 30}, after={"idle_timeout": 60}),
        ]
    }

    plan = plan_from_json(STACK, shown, OWNERS)

    assert (
        render(plan, Console())
        == """\
node-app-dev: 1 to change, 2 to destroy

web
  - log group (deposed)

load balancer
  ~ load balancer
      idle_timeout  30 -> 60
  - load balancer (deposed)

Warnings
  ! log group (deposed) of service `web` is destroyed: its logs are lost"""
    )
    assert plan.places["aws_lb.main"].name == "load balancer"


def test_a_tainted_resource_says_why_it_is_replaced() -> None:
    tainted = {
        **resource("aws_sqs_queue.web", "delete", "create", before={"name": "a"}, after={"name": "a"}),
        "action_reason": "replace_because_tainted",
    }

    assert render(plan_from_json(STACK, {"resource_changes": [tainted]}, OWNERS), Console()) == (
        """\
node-app-dev: 1 to replace

web
  ± queue, tainted: an earlier deploy did not complete it

Warnings
  ! queue of service `web` is replaced: its messages are lost"""
    )


def test_a_plan_to_destroy_everything_does_not_list_outputs() -> None:
    shown = {
        "resource_changes": [resource("aws_route.x", "delete")],
        "output_changes": {"alb_url": {"actions": ["delete"], "before": "http://a", "after": None}},
    }

    assert render(plan_from_json(STACK, shown, OWNERS), Console()) == (
        "node-app-dev: 1 to destroy\n\nnetwork\n  - x route"
    )


def test_an_argument_of_a_block_is_configured_if_the_configuration_sets_it() -> None:
    address = "aws_ecs_service.web"
    expressions = {"load_balancer": [{"target_group_arn": {"references": ["x"]}}], "name": {"constant_value": "web"}}
    shown = {
        "configuration": {"root_module": {"resources": [{"address": address, "expressions": expressions}]}},
        "resource_changes": [
            resource(
                address,
                "update",
                before={"load_balancer": [{"target_group_arn": "a", "elb_name": "b"}]},
                after={"load_balancer": [{}]},
                after_unknown={"load_balancer": [{"target_group_arn": True, "elb_name": True}]},
            )
        ],
    }

    (service,) = plan_from_json(STACK, shown, OWNERS).resources

    assert [(each.path, each.computed) for each in service.attributes] == [
        ("load_balancer.elb_name", True),
        ("load_balancer.target_group_arn", False),
    ]


@pytest.mark.parametrize(
    ("kind", "argument", "note"),
    [
        ("aws_db_instance", "instance_class", "restarts the database"),
        ("aws_db_instance", "engine_version", "restarts the database"),
        ("aws_rds_cluster", "engine_version", "restarts the database"),
        ("aws_rds_cluster", "backup_retention_period", None),
        ("aws_db_instance", "allocated_storage", None),
        (
            "aws_rds_cluster",
            "master_password_wo_version",
            "new password: running tasks can't open new connections until they are replaced",
        ),
        (
            "aws_db_instance",
            "password_wo_version",
            "new password: running tasks can't open new connections until they are replaced",
        ),
    ],
)
def test_an_update_of_a_database_notes_what_it_does_besides(kind: str, argument: str, note: str | None) -> None:
    known = change(kind, argument, {argument: 2}, {})
    unknown = change(kind, argument, {}, {argument: True})

    for each in (known, unknown):
        (resource,) = plan_from_json("shop-dev", {"resource_changes": [each]}, Owners(), True).resources
        assert resource.notes == ((note,) if note else ())


def change(kind: str, argument: str, after: dict[str, Any], unknown: dict[str, bool]) -> dict[str, Any]:
    values = {"actions": ["update"], "before": {argument: 1}, "after": after, "after_unknown": unknown}
    return {"address": f"{kind}.db", "type": kind, "name": "db", "mode": "managed", "change": values}


@pytest.mark.parametrize(
    ("skip", "text"),
    [
        (True, "its data and its automated backups are deleted, and there is no final snapshot"),
        (
            False,
            "its data and its automated backups are deleted; a final snapshot keeps a copy, for about 0.10 USD a GB "
            "and month until you delete it",
        ),
    ],
)
def test_what_is_lost_with_a_database_depends_on_its_final_snapshot(skip: bool, text: str) -> None:
    values = {"actions": ["delete"], "before": {"skip_final_snapshot": skip}, "after": None}
    gone = {"address": "aws_db_instance.db", "type": "aws_db_instance", "name": "db", "mode": "managed"}

    (resource,) = plan_from_json("s", {"resource_changes": [{**gone, "change": values}]}, Owners(), True).resources

    assert resource.risk == Risk("data", text)


def test_warnings_begin_with_what_costs_data() -> None:
    gone = {"actions": ["delete"], "before": {}, "after": None}
    addresses = ("aws_ecs_cluster.web_cluster", "aws_rds_cluster_instance.db", "aws_rds_cluster.db")
    changes = [
        {"address": each, "type": each.partition(".")[0], "name": "db", "mode": "managed", "change": gone}
        for each in addresses
    ]

    plan = plan_from_json("shop-dev", {"resource_changes": changes}, Owners(), True)

    assert plan.risks[0].address == "aws_rds_cluster.db"
    assert len(plan.risks) == len(addresses)


def test_own_resources_that_are_destroyed_are_risks() -> None:
    own = Owners(sources=Sources({"a.tf": "infra/a.tf"}, (), frozenset({"aws_security_group.db"})))
    changes = [
        resource(address, "delete", before={"id": "x"}, after=None)
        for address in ("aws_memorydb_cluster.main", "aws_security_group.db", "random_id.x")
    ]
    plan = plan_from_json(STACK, {"resource_changes": changes}, own)

    lost = "what is in it is lost, unless a copy is kept outside of it"
    assert {each.address: (each.risk.kind, each.risk.text) for each in plan.risks if each.risk} == {
        "aws_memorydb_cluster.main": ("data", lost),
        "aws_security_group.db": ("traffic", "what uses it can fail"),
        "random_id.x": ("traffic", "what uses it can fail"),
    }
    assert {each.place.group for each in plan.resources} == {"your own Terraform"}
