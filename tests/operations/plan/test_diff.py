"""The attributes that differ between two states of a resource."""

from __future__ import annotations

import json
from typing import Any

from operations.plan.diff import AttributeChange, differences
from operations.plan.redact import MASK
from operations.plan.values import UNKNOWN


def change(before: dict[str, Any], after: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"before": before, "after": after, **more}


def containers(*definitions: dict[str, Any]) -> dict[str, str]:
    return {"container_definitions": json.dumps(definitions)}


def test_a_changed_value_has_its_old_and_new_value() -> None:
    assert differences(change({"desired_count": 2, "name": "web"}, {"desired_count": 3, "name": "web"})) == (
        AttributeChange("desired_count", 2, 3),
    )


def test_empty_and_absent_are_the_same() -> None:
    assert differences(change({"tags": None, "role": ""}, {"tags": {}, "role": None})) == ()


def test_the_order_of_a_set_is_ignored() -> None:
    rules = [{"port": 80}, {"port": 443}]

    assert differences(change({"ingress": rules}, {"ingress": rules[::-1]}), sets={"ingress"}) == ()


def test_a_block_that_occurs_once_has_no_index() -> None:
    before, after = {"health_check": [{"path": "/", "port": 80}]}, {"health_check": [{"path": "/up", "port": 80}]}

    assert differences(change(before, after)) == (AttributeChange("health_check.path", "/", "/up"),)


def test_one_block_among_many_has_its_index() -> None:
    before, after = {"rule": [{"a": 1}, {"a": 2}]}, {"rule": [{"a": 1}, {"a": 3}]}

    assert differences(change(before, after)) == (AttributeChange("rule[1].a", 2, 3),)


def test_a_list_of_plain_values_is_one_value() -> None:
    assert differences(change({"subnets": ["a"]}, {"subnets": ["a", "b"]})) == (
        AttributeChange("subnets", ["a"], ["a", "b"]),
    )


def test_json_in_a_string_is_compared_as_json() -> None:
    before, after = {"policy": '{"Version": "1", "Id": "x"}'}, {"policy": '{"Id":"y","Version":"1"}'}

    assert differences(change(before, after)) == (AttributeChange("policy.Id", "x", "y"),)


def test_tags_are_listed_once() -> None:
    before = {"tags": {"team": "a"}, "tags_all": {"team": "a", "Project": "shop"}}
    after = {"tags": {"team": "b"}, "tags_all": {"team": "b", "Project": "shop"}}

    assert differences(change(before, after)) == (AttributeChange("tags.team", "a", "b"),)


def test_default_tags_that_change_are_listed_as_tags() -> None:
    before, after = {"tags": None, "tags_all": {"team": "a"}}, {"tags": None, "tags_all": {"team": "b"}}

    assert differences(change(before, after)) == (AttributeChange("tags.team", "a", "b"),)


def test_a_default_tag_that_changes_is_not_listed_as_removed() -> None:
    """The provider counts a tag as default only while its value is the default's."""
    before = {"tags": {"Name": "web", "team": "a"}, "tags_all": {"Name": "web", "team": "a"}}
    after = {"tags": {"Name": "web"}, "tags_all": {"Name": "web", "team": "b"}}

    assert differences(change(before, after)) == (AttributeChange("tags.team", "a", "b"),)


def test_tags_are_listed_when_default_tags_are_not_known_yet() -> None:
    before = {"tags": {"team": "a"}, "tags_all": {"team": "a"}}
    unknown = change(before, {"tags": {"team": "b"}}, after_unknown={"tags_all": True})

    assert differences(unknown) == (
        AttributeChange("tags.team", "a", "b"),
        AttributeChange("tags_all", {"team": "a"}, UNKNOWN, computed=True),
    )


def test_computed_values_can_be_left_out_even_if_known() -> None:
    drifted = change({"egress": [], "name": "a"}, {"egress": [{"port": 80}], "name": "b"})

    assert differences(drifted, configured={"name"}, computed=False) == (AttributeChange("name", "a", "b"),)


def test_unknown_values_that_are_not_configured_are_marked_as_computed() -> None:
    unknown = change({"arn": "x:1", "task_definition": "x:1"}, {}, after_unknown={"arn": True, "task_definition": True})

    assert differences(unknown, configured={"task_definition"}) == (
        AttributeChange("arn", "x:1", UNKNOWN, computed=True),
        AttributeChange("task_definition", "x:1", UNKNOWN),
    )


def test_the_attribute_that_forces_a_replacement_is_marked() -> None:
    renamed = change({"name": "a"}, {"name": "b"}, replace_paths=[["name"]])

    assert differences(renamed) == (AttributeChange("name", "a", "b", replaces=True),)


def test_values_that_terraform_marks_as_sensitive_are_masked() -> None:
    secret = change({"password": "a"}, {"password": "b"}, before_sensitive={"password": True}, after_sensitive={})

    assert differences(secret) == (AttributeChange("password", MASK, MASK, sensitive=True),)


def test_only_the_image_is_listed_when_only_the_image_changes() -> None:
    before, after = containers({"name": "web", "image": "nginx:1"}), containers({"name": "web", "image": "nginx:2"})

    assert differences(change(before, after), container="web") == (AttributeChange("image", "nginx:1", "nginx:2"),)


def test_settings_of_a_sidecar_are_prefixed_with_its_name() -> None:
    before = containers({"name": "web"}, {"name": "proxy", "image": "envoy:1"})
    after = containers({"name": "web"}, {"name": "proxy", "image": "envoy:2"})

    assert differences(change(before, after), container="web") == (
        AttributeChange("proxy.image", "envoy:1", "envoy:2"),
    )


def test_environment_variables_are_listed_by_name_in_any_order_with_secrets_masked() -> None:
    before = containers(
        {
            "name": "web",
            "environment": [{"name": "NODE_ENV", "value": "test"}, {"name": "DB_PASSWORD", "value": "hunter2"}],
        }
    )
    after = containers(
        {
            "name": "web",
            "environment": [
                {"name": "DB_PASSWORD", "value": "hunter3"},
                {"name": "NODE_ENV", "value": "production"},
                {"name": "DATABASE", "value": "postgres://app:pw@db/app"},
            ],
        }
    )

    found = differences(change(before, after), container="web")

    assert found == (
        AttributeChange("environment.DATABASE", None, MASK, sensitive=True),
        AttributeChange("environment.DB_PASSWORD", MASK, MASK, sensitive=True),
        AttributeChange("environment.NODE_ENV", "test", "production"),
    )
    assert "hunter" not in str(found)


def test_a_credential_in_a_command_is_masked() -> None:
    before = containers({"name": "web", "command": ["serve", "postgres://app:hunter2@db/app"]})
    after = containers({"name": "web", "command": ["serve", "postgres://app:hunter3@db/app"]})

    assert differences(change(before, after), container="web") == (
        AttributeChange("command", MASK, MASK, sensitive=True),
    )


def test_a_credential_is_masked_in_any_value() -> None:
    before, after = {"input": '{"url":"https://a:pw1@x"}'}, {"input": '{"url":"https://a:pw2@x"}'}

    assert differences(change(before, after)) == (AttributeChange("input.url", MASK, MASK, sensitive=True),)


def test_a_password_among_the_options_of_a_command_is_masked() -> None:
    before, after = ({"name": "web", "command": ["run", f"--password=hunter{n}"]} for n in (1, 2))

    assert differences(change(containers(before), containers(after)), container="web") == (
        AttributeChange("command", MASK, MASK, sensitive=True),
    )


def test_known_values_beside_unknown_ones_are_listed() -> None:
    """`after_unknown` repeats the shape of what is known once anything is unknown."""
    web = {"target_group_arn": "arn:1", "container_port": 80}
    strategy = [{"capacity_provider": "FARGATE", "base": 1}, {"capacity_provider": "FARGATE_SPOT", "base": 0}]
    unknown = change(
        {"load_balancer": [web], "capacity_provider_strategy": strategy[:1], "alarms": []},
        {"load_balancer": [{"container_port": 8080}], "capacity_provider_strategy": strategy, "alarms": [{"on": True}]},
        after_unknown={
            "load_balancer": [{"target_group_arn": True}],
            "capacity_provider_strategy": [{}, {}],
            "alarms": [{"names": [False]}],
            "id": False,
        },
    )

    found = differences(unknown, configured={"load_balancer.target_group_arn"}, sets={"capacity_provider_strategy"})

    assert found == (
        AttributeChange("alarms.on", None, True),
        AttributeChange("capacity_provider_strategy", None, strategy[1]),
        AttributeChange("load_balancer.container_port", 80, 8080),
        AttributeChange("load_balancer.target_group_arn", "arn:1", UNKNOWN),
    )


def test_an_unknown_element_of_a_list_leaves_the_others_known() -> None:
    unknown = change({"subnets": ["a", "b"]}, {"subnets": ["a", None]}, after_unknown={"subnets": [False, True]})

    assert differences(unknown, configured={"subnets"}) == (AttributeChange("subnets", ["a", "b"], ["a", UNKNOWN]),)


def test_only_the_leaf_that_is_marked_is_masked() -> None:
    secret = change(
        {"headers": {"auth": "hunter2", "lang": "en"}, "block": [{"key": "hunter1", "size": 1}]},
        {"headers": {"auth": "hunter3", "lang": "de"}, "block": [{"key": "hunter1", "size": 2}]},
        before_sensitive={"headers": {"auth": True}, "block": [{"key": True}]},
        after_sensitive={"headers": {"auth": True, "lang": False}, "block": [{"key": True}]},
    )

    assert differences(secret) == (
        AttributeChange("block.size", 1, 2),
        AttributeChange("headers.auth", MASK, MASK, sensitive=True),
        AttributeChange("headers.lang", "en", "de"),
    )


def test_an_empty_secret_and_none_are_the_same() -> None:
    """A secret that was written with a write-only argument has an empty one in the state."""
    marks = {"before_sensitive": {"secret_string": True}, "after_sensitive": {"secret_string": True}}

    assert differences(change({"secret_string": ""}, {"secret_string": None}, **marks)) == ()
    assert differences(change({"secret_string": ""}, {"secret_string": "a"}, **marks)) == (
        AttributeChange("secret_string", MASK, MASK, sensitive=True),
    )


def test_a_value_that_is_no_longer_sensitive_is_masked_and_listed() -> None:
    secret = change({"url": "hunter2"}, {"url": "hunter2"}, before_sensitive={"url": True}, after_sensitive={})

    assert differences(secret) == (AttributeChange("url", MASK, MASK, sensitive=True),)


def test_a_mark_in_place_of_marks_masks_everything() -> None:
    secret = change({"a": "hunter1"}, {"a": "hunter2"}, before_sensitive=True, after_sensitive=True)

    assert differences(secret) == (AttributeChange("a", MASK, MASK, sensitive=True),)


def test_only_the_paths_that_force_a_replacement_are_marked() -> None:
    moved = change(
        {"network": [{"subnets": ["a"], "public": False}]},
        {"network": [{"subnets": ["b"], "public": True}]},
        replace_paths=[["network", 0, "subnets"]],
    )

    assert differences(moved) == (
        AttributeChange("network.public", False, True),
        AttributeChange("network.subnets", ["a"], ["b"], replaces=True),
    )


def test_elements_of_a_set_with_blocks_are_compared_by_their_name() -> None:
    def rule(name: str, limit: int) -> dict[str, Any]:
        return {"name": name, "statement": [{"rate": [{"limit": limit}]}]}

    before, after = {"rule": [rule("a", 1), rule("b", 2)]}, {"rule": [rule("c", 3), rule("b", 4), rule("a", 1)]}

    assert differences(change(before, after), sets={"rule"}) == (
        AttributeChange("rule[b].statement.rate.limit", 2, 4),
        AttributeChange("rule[c].name", None, "c"),
        AttributeChange("rule[c].statement.rate.limit", None, 3),
    )


def test_an_element_of_a_set_that_only_gains_unknown_values_is_the_same_element() -> None:
    before = [{"name": "a", "at_launch": False}, {"name": "b", "at_launch": False}]
    unknown = change(
        {"volume": before},
        {"volume": [{"name": "b"}, {"name": "a"}]},
        after_unknown={"volume": [{"at_launch": True}, {"at_launch": True}]},
    )

    assert differences(unknown, sets={"volume"}) == (
        AttributeChange("volume[b].at_launch", False, UNKNOWN, computed=True),
        AttributeChange("volume[a].at_launch", False, UNKNOWN, computed=True),
    )


def test_the_order_of_a_list_counts() -> None:
    assert differences(
        change(containers({"name": "web", "command": ["a", "b"]}), containers({"name": "web", "command": ["b", "a"]})),
        container="web",
    ) == (AttributeChange("command", ["a", "b"], ["b", "a"]),)


def test_an_empty_string_counts_in_maps_and_json_but_not_in_blocks() -> None:
    before = {"options": {"a": "x"}, "role": "", "policy": '{"A": 1}'}
    after = {"options": {"a": "x", "b": ""}, "role": None, "policy": '{"A": 1, "B": ""}'}

    assert differences(change(before, after)) == (
        AttributeChange("options.b", None, ""),
        AttributeChange("policy.B", None, ""),
    )


def test_a_block_without_arguments_is_listed() -> None:
    before, after = {"action": [{"none": [{}], "count": []}]}, {"action": [{"none": [], "count": [{}]}]}

    assert differences(change(before, after)) == (
        AttributeChange("action.count", None, {}),
        AttributeChange("action.none", {}, None),
    )


def test_a_statement_that_is_inserted_in_a_policy_does_not_change_the_others() -> None:
    one, two = {"Effect": "Allow", "Action": "a"}, {"Effect": "Allow", "Action": "b"}
    before, after = ({"policy": json.dumps({"Statement": each})} for each in ([one, one], [two, one, one]))

    assert differences(change(before, after)) == (
        AttributeChange("policy.Statement[0].Action", None, "b"),
        AttributeChange("policy.Statement[0].Effect", None, "Allow"),
    )


def test_a_password_in_json_is_masked() -> None:
    override = {"containerOverrides": [{"name": "web", "environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]}
    before, after = {"input": None}, {"input": json.dumps({**override, "password": "hunter3"})}

    found = differences(change(before, after))

    assert [(each.path, each.after) for each in found if each.sensitive] == [
        ("input.containerOverrides.environment.DB_PASSWORD", MASK),
        ("input.password", MASK),
    ]
    assert "hunter" not in str(found)


def test_containers_that_are_not_known_do_not_show_the_old_ones() -> None:
    web = {"name": "web", "environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}
    unknown = change(containers(web), {}, after_unknown={"container_definitions": True})

    assert differences(unknown, configured={"container_definitions"}) == (AttributeChange("containers", None, UNKNOWN),)


def test_true_is_not_1() -> None:
    assert differences(change({"policy": '{"A": 1}'}, {"policy": '{"A": true}'})) == (
        AttributeChange("policy.A", 1, True),
    )
