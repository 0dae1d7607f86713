"""Tables of `resources`."""

from __future__ import annotations

from tests.stacks.conftest import Synth

TABLE = "resources: {sessions: {type: table, key: {id: S}}}\nservices: {web: {}}"
SORTED = "resources: {log: {type: table, key: {id: S}, sort_key: {at: N}, ttl: until}}\nservices: {web: {}}"


def test_a_table_has_its_key_and_on_demand_capacity(small: Synth) -> None:
    table = small(TABLE)["aws_dynamodb_table.sessions"]

    assert (table["name"], table["billing_mode"], table["hash_key"]) == ("shop-prod-sessions", "PAY_PER_REQUEST", "id")
    assert table["attribute"] == [{"name": "id", "type": "S"}]
    assert not {"range_key", "ttl", "point_in_time_recovery", "server_side_encryption", "lifecycle"} & {*table}
    assert table["deletion_protection_enabled"] is False


def test_a_table_with_a_sort_key_and_a_ttl(small: Synth) -> None:
    table = small(SORTED)["aws_dynamodb_table.log"]

    assert (table["hash_key"], table["range_key"]) == ("id", "at")
    assert table["attribute"] == [{"name": "id", "type": "S"}, {"name": "at", "type": "N"}]
    assert table["ttl"] == {"attribute_name": "until", "enabled": True}


def test_a_protected_environment_keeps_its_tables_and_can_restore_them(small: Synth) -> None:
    table = small(f"protected: true\n{TABLE}")["aws_dynamodb_table.sessions"]

    assert table["deletion_protection_enabled"] is True
    assert table["point_in_time_recovery"] == {"enabled": True}
    assert table["lifecycle"] == {"prevent_destroy": True}


def test_with_a_customer_key_items_are_encrypted_with_it(small: Synth) -> None:
    table = small(f"encryption: customer\n{TABLE}")["aws_dynamodb_table.sessions"]

    assert table["server_side_encryption"] == {"enabled": True, "kms_key_arn": "${aws_kms_key.main.arn}"}
