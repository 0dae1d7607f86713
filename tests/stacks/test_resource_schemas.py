"""The catalogue of resource types agrees with the schemas of the AWS provider."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from stacks.resources import CATALOGUE, ResourceType
from tests.support.terraform import terraform_environment

pytestmark = pytest.mark.terraform
MANAGED = {name: entry for name, entry in CATALOGUE.items() if name.startswith("aws_")}
PROVIDER = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.0"}}}}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("schemas")
    env = {**os.environ, **terraform_environment(tmp_path_factory.mktemp("providers"))}
    (folder / "main.tf.json").write_text(json.dumps(PROVIDER))
    subprocess.run(["terraform", "init", "-input=false"], cwd=folder, env=env, check=True, capture_output=True)
    printed = subprocess.run(
        ["terraform", "providers", "schema", "-json"], cwd=folder, env=env, check=True, capture_output=True
    ).stdout
    (provider,) = json.loads(printed)["provider_schemas"].values()
    found: dict[str, Any] = provider["resource_schemas"]
    return found


def names_of(block: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """The lists in a block at any depth: their name, and whether it is a set."""
    for name, attribute in block.get("attributes", {}).items():
        yield from collections(name, attribute.get("type"))
        nested = attribute.get("nested_type")
        if nested:
            yield name, nested["nesting_mode"] == "set"
            yield from names_of(nested)
    for name, nested in block.get("block_types", {}).items():
        yield name, nested["nesting_mode"] == "set"
        yield from names_of(nested["block"])


def collections(name: str, kind: Any) -> Iterator[tuple[str, bool]]:
    if not isinstance(kind, list):
        return
    if kind[0] == "object":
        for key, inner in kind[1].items():
            yield from collections(key, inner)
        return
    yield name, kind[0] == "set"
    yield from collections(name, kind[1])


AMBIGUOUS = {"aws_dynamodb_table": {"non_key_attributes"}}
"""Names of a set and of a list in blocks that ecsforge does not create: the indexes of a table."""


def paths_of(entry: ResourceType) -> Iterator[str]:
    """The arguments that an entry names."""
    yield from (shown.path for shown in entry.shown)
    for each in (*entry.public, *entry.billed):
        if each.condition.path:
            yield each.condition.path


@pytest.mark.parametrize("kind", MANAGED)
def test_the_sets_of_a_type_are_those_of_its_schema(schemas: dict[str, Any], kind: str) -> None:
    """A name is never that of a set and of a list in one type."""
    found = list(names_of(schemas[kind]["block"]))

    sets, lists = ({name for name, is_set in found if is_set is wanted} for wanted in (True, False))
    assert MANAGED[kind].sets == sets
    assert sets & lists == AMBIGUOUS.get(kind, set())


@pytest.mark.parametrize("kind", MANAGED)
def test_the_arguments_that_a_plan_shows_exist(schemas: dict[str, Any], kind: str) -> None:
    for path in paths_of(MANAGED[kind]):
        block = schemas[kind]["block"]
        *blocks, argument = path.split(".")
        for name in blocks:
            block = block["block_types"][name]["block"]
        assert argument in {**block.get("attributes", {}), **block.get("block_types", {})}, path
