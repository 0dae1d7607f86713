"""State files as typed values."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.sentences import sentences
from operations.state.document import StateDocument, is_complete, is_state
from stacks.errors import TerraformError

STATE = StateDocument(
    {
        "version": 4,
        "lineage": "a",
        "serial": 7,
        "resources": [
            {"mode": "managed", "type": "aws_vpc", "name": "main", "instances": [{"attributes": {"id": "vpc-1"}}]},
            {"mode": "data", "type": "aws_partition", "name": "current", "instances": [{"attributes": {"id": "aws"}}]},
            {"mode": "managed", "type": "aws_eip", "name": "gone", "instances": []},
            {
                "mode": "managed",
                "type": "aws_subnet",
                "name": "public",
                "instances": [
                    {"index_key": 0, "attributes": {"id": "subnet-1"}},
                    {"index_key": 1, "attributes": None, "status": "tainted"},
                ],
            },
        ],
    }
)


def test_only_managed_resources_are_objects() -> None:
    assert STATE.objects == {
        ("aws_vpc.main[]", "vpc-1"),
        ("aws_subnet.public[0]", "subnet-1"),
        ("aws_subnet.public[1]", ""),
    }
    assert not STATE.is_empty


def test_attributes_of_resources_and_data_sources_are_found_by_address() -> None:
    assert STATE.attributes == {
        "aws_vpc.main": {"id": "vpc-1"},
        "data.aws_partition.current": {"id": "aws"},
        "aws_subnet.public": {"id": "subnet-1"},
    }


def test_tainted_resources_are_named_by_address() -> None:
    assert STATE.tainted == ("aws_subnet.public",)


def test_a_state_has_a_lineage_and_a_serial() -> None:
    assert (STATE.lineage, STATE.serial) == ("a", 7)


def test_without_a_file_the_state_is_empty(tmp_path: Path) -> None:
    state = StateDocument.read(tmp_path / "none.tfstate")

    assert state.is_empty
    assert (state.lineage, state.serial, state.instances, state.tainted) == (None, 0, (), ())


def test_an_empty_file_is_an_empty_state(tmp_path: Path) -> None:
    (tmp_path / "x.tfstate").touch()

    assert StateDocument.read(tmp_path / "x.tfstate") == StateDocument({})


@pytest.mark.parametrize("text", ["{oh", "[]", "3", '{"resources": []}'])
def test_a_damaged_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.tfstate").write_text(text)

    with pytest.raises(TerraformError) as caught:
        StateDocument.read(Path("x.tfstate"))

    message = sentences(caught.value)
    assert message.startswith("x.tfstate: this is not a Terraform state; got ")
    assert message.endswith("; restore it from a backup")


@pytest.mark.parametrize(("text", "complete"), [("{}", True), ('{"version": 4, "ser', False), ("", False)])
def test_a_truncated_file_is_not_complete(text: str, complete: bool) -> None:
    assert is_complete(text.encode()) is complete


@pytest.mark.parametrize(
    ("content", "state"), [(b'{"version": 4}', True), (b"", True), (b'{"a": 1}', False), (b"\xff", False)]
)
def test_a_file_is_a_state_if_it_is_empty_or_has_a_version(content: bytes, state: bool) -> None:
    assert is_state(content) is state
