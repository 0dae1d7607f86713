"""The attributes that differ between two states of a resource."""

from __future__ import annotations

import json
from typing import Any

from operations.plan.diff import UNKNOWN, AttributeChange, differences
from operations.plan.redact import MASK


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


def test_the_order_of_blocks_is_ignored() -> None:
    rules = [{"port": 80}, {"port": 443}]

    assert differences(change({"ingress": rules}, {"ingress": rules[::-1]})) == ()


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

    assert differences(unknown) == (AttributeChange("tags.team", "a", "b"),)


def test_computed_values_can_be_left_out_even_if_known() -> None:
    drifted = change({"egress": [], "name": "a"}, {"egress": [{"port": 80}], "name": "b"})

    assert differences(drifted, configured={"name"}, computed=False) == (AttributeChange("name", "a", "b"),)


def test_unknown_values_are_listed_only_if_configured() -> None:
    unknown = change({"arn": "x:1", "task_definition": "x:1"}, {}, after_unknown={"arn": True, "task_definition": True})

    assert differences(unknown, configured={"task_definition"}) == (AttributeChange("task_definition", "x:1", UNKNOWN),)


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
