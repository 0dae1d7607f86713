"""The bindings distinguish nested blocks from other arguments, and the provider's schema agrees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.hcl.blocks import Blocks, BlockSchema, blocks_of, blocks_of_classes

CONSTRUCTS = Path(__file__).parents[2] / "stacks" / "constructs"

# Blocks of providers 5.x that 6.x, which the bindings describe, do not have.
GONE_IN_6 = {"aws_ecs_task_definition.inference_accelerator"}


def blocks(*modules: str) -> BlockSchema:
    from stacks.bindings import aws

    return blocks_of_classes(
        bound for module in modules for bound in vars(getattr(aws, module)).values() if isinstance(bound, type)
    )


def test_structures_are_blocks_and_maps_are_not() -> None:
    listener = blocks("lb_listener")["aws_lb_listener"]

    assert sorted(listener) == ["default_action", "mutual_authentication", "timeouts"]
    assert listener["default_action"] is not None
    assert listener["default_action"]["forward"] == {"stickiness": {}, "target_group": {}}


def test_attributes_that_are_lists_of_objects_are_not_blocks() -> None:
    assert list(blocks("default_security_group")["aws_default_security_group"]) == []
    assert list(blocks("route_table")["aws_route_table"]) == ["timeouts"]


def test_the_content_of_a_web_acl_statement_is_unknown() -> None:
    rule = blocks("wafv2_web_acl")["aws_wafv2_web_acl"]["rule"]

    assert rule is not None
    assert rule["statement"] is None


def test_data_sources_and_providers_have_their_own_names() -> None:
    known = blocks("provider", "data_aws_availability_zones", "vpc")

    assert sorted(known) == ["aws_vpc", "data.aws_availability_zones", "provider.aws"]
    assert {"assume_role", "default_tags"} <= known["provider.aws"].keys()


def test_the_kinds_of_a_stack_come_from_its_constructs() -> None:
    from stacks.bindings import App, TerraformStack, aws, local

    stack = TerraformStack(App(), "stack")
    aws.vpc.Vpc(stack, "main", cidr_block="10.0.0.0/16")
    local.file.File(stack, "file", filename="a", content="b")

    assert sorted(blocks_of(stack.node.find_all())) == ["aws_vpc", "local_file"]


def used_modules() -> list[str]:
    """The modules of the bindings that the constructs use."""
    sources = (path.read_text(encoding="utf-8") for path in sorted(CONSTRUCTS.glob("*.py")))
    return sorted({name for source in sources for name in re.findall(r"\baws\.([a-z]\w+)", source)})


@pytest.mark.terraform
def test_the_provider_agrees(terraform_with_provider: Any, tmp_path: Path) -> None:
    """For every resource type in use; the mirror has the oldest supported provider."""
    required = {"required_providers": {"aws": {"source": "hashicorp/aws"}}}
    (tmp_path / "main.tf.json").write_text(json.dumps({"terraform": required}))
    terraform_with_provider("init", folder=tmp_path)
    schemas = json.loads(terraform_with_provider("providers", "schema", "-json", folder=tmp_path))
    (provider,) = schemas["provider_schemas"].values()
    data = {f"data.{kind}": schema for kind, schema in provider["data_source_schemas"].items()}
    bodies = {**provider["resource_schemas"], **data, "provider.aws": provider["provider"]}
    known = blocks("provider", *used_modules())

    assert len(known) > 40
    wrong = {path for kind, nested in known.items() for path in differences(kind, nested, bodies[kind]["block"])}
    assert wrong - GONE_IN_6 == set()


def differences(path: str, nested: Blocks | None, body: dict[str, Any]) -> Iterator[str]:
    """The paths that are blocks in the bindings or the provider, but not in both."""
    types = body.get("block_types", {})
    if nested is None:
        # Every object is rendered as a block here, so the provider must not have attributes that hold objects.
        yield from (f"{path}.{name}" for name, given in body.get("attributes", {}).items() if holds_objects(given))
        nested = dict.fromkeys(types)
    yield from (f"{path}.{name}" for name in types.keys() - nested.keys())
    yield from (f"{path}.{name}" for name in nested.keys() & body.get("attributes", {}).keys())
    for name in nested.keys() & types.keys():
        yield from differences(f"{path}.{name}", nested[name], types[name]["block"])


def holds_objects(attribute: dict[str, Any]) -> bool:
    return "map" in json.dumps(attribute["type"]) or "object" in json.dumps(attribute["type"])
