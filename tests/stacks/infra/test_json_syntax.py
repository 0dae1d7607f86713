from __future__ import annotations

import pytest

from stacks.errors import Position
from stacks.infra.blocks import COMPUTED, UnreadableFile
from stacks.infra.json_syntax import read_json


def test_objects_and_lists_of_objects_are_blocks() -> None:
    root = read_json('{"resource": [{"aws_vpc": {"main": {"cidr": "10.0.0.0/16"},\n "other": [{}]}}]}', "a.tf.json")

    assert [block.labels for block in root.blocks] == [("aws_vpc", "main"), ("aws_vpc", "other")]
    assert [block.position for block in root.blocks] == [Position("a.tf.json", 1, 28), Position("a.tf.json", 2, 2)]
    assert root.blocks[0].attributes[0].value == "10.0.0.0/16"


def test_comments_are_left_out_and_templates_are_computed() -> None:
    root = read_json('{"//": "a", "locals": {"//": "b", "x": "${var.y}", "z": "$${a}"}}', "a.tf.json")

    (block,) = root.blocks
    assert {each.name: each.value for each in block.attributes} == {"x": COMPUTED, "z": "${a}"}


def test_nested_blocks_are_found() -> None:
    root = read_json('{"resource": {"a": {"b": {"provisioner": [{"local-exec": {"command": "x"}}]}}}}', "a.tf.json")

    (provisioner,) = root.blocks[0].of_kind("provisioner")
    assert provisioner.labels == ("local-exec",)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[1]", Position("a.tf.json", 1, 1), "a Terraform file must be a JSON object"),
        ('{"a": }', Position("a.tf.json", 1, 7), "expected a JSON value"),
        ('{"a": 1,\n}', Position("a.tf.json", 2, 1), "expected a key in quotes"),
        ('{"a" 1}', Position("a.tf.json", 1, 6), "expected :"),
        ("{} x", Position("a.tf.json", 1, 4), "unexpected text after the end of the JSON document"),
    ],
)
def test_invalid_json_has_a_position(text: str, where: Position, what: str) -> None:
    with pytest.raises(UnreadableFile) as error:
        read_json(text, "a.tf.json")
    assert (error.value.position, error.value.what) == (where, what)
