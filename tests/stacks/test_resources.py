"""The catalogue of resource types contains exactly the types that constructs create."""

from __future__ import annotations

import re
from typing import get_args

import boto3
import jmespath  # type: ignore[import-untyped]  # it has no types
import pytest

from stacks.bindings import TerraformStack, aws
from stacks.constructs.base import Construct
from stacks.errors import SynthError
from stacks.resources import CATALOGUE, GROUPS, Listing, Lookup, ResourceType, Risk, resource_type
from tests.stacks.conftest import INGRESS, REVIEWED, Synth
from tests.support.some import some

# Types that the files in tests/specs do not use.
MORE = """
resources:
  db: {type: postgres, instance: db.t4g.micro}
  aurora: {type: mysql, capacity: {max: 4}}
  cache: {type: valkey}
services:
  web:
    count: {min: 1, max: 4, cpu_percent: 60, schedules: [{cron: "cron(0 8 * * ? *)", min: 2, max: 4}]}
    permissions: {managed_policies: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]}
    secrets: {SECRETS}
""".replace("SECRETS", ", ".join(f"V{number}: 'ssm:/shop/{number:060}'" for number in range(120)))
SHARED = """
registry: {account_id: "210987654321"}
services: {web: {build: .}}
environments: {dev: {}, prod: {account_id: "123456789012"}}
"""
LISTINGS = [pytest.param(entry.listing, id=name) for name, entry in CATALOGUE.items() if entry.listing]


def test_it_has_exactly_the_types_that_constructs_create(spec_stack: Synth, stack: Synth, shared_stack: Synth) -> None:
    specs = [*REVIEWED, *((spec, "prod") for spec in INGRESS)]
    stacks = [*(spec_stack(*each) for each in specs), stack(MORE), shared_stack(SHARED)]
    with_own_terraform = {"data.aws_lb"}  # tests/stacks/test_own_terraform.py

    made = {address.rpartition(".")[0] for each in stacks for address in each.addresses}
    assert made | with_own_terraform == {*CATALOGUE}


def test_every_entry_is_under_its_own_name_and_in_a_group() -> None:
    assert {name: entry.type for name, entry in CATALOGUE.items()} == {name: name for name in CATALOGUE}
    assert all(entry.group in GROUPS for entry in CATALOGUE.values())


def test_every_type_has_a_unique_name() -> None:
    names = [entry.name for entry in CATALOGUE.values()]

    assert sorted(names) == sorted(set(names))


def test_a_construct_cannot_create_a_type_without_an_entry(app_stack: TerraformStack) -> None:
    with pytest.raises(SynthError) as error:
        Construct(app_stack, "parameters").make(aws.ssm_parameter.SsmParameter, "main", name="main", type="String")

    (problem,) = error.value.problems
    assert str(problem.where) == "aws_ssm_parameter"
    assert problem.what == "this type is not in the catalogue"
    assert problem.fix == "add an entry to stacks/resources"


def test_a_data_source_without_an_entry_is_refused(app_stack: TerraformStack) -> None:
    """Even if the resource with the same name has an entry."""
    with pytest.raises(SynthError) as error:
        Construct(app_stack, "network").make(aws.data_aws_vpc.DataAwsVpc, "main")

    assert str(error.value.problems[0].where) == "data.aws_vpc"


@pytest.fixture
def app_stack() -> TerraformStack:
    from stacks.bindings import App

    return TerraformStack(App(), "stack")


def test_a_type_without_an_entry_is_named_after_itself() -> None:
    assert resource_type("aws_ssm_parameter") == ResourceType("aws_ssm_parameter", "ssm parameter", "other")
    assert resource_type("data.aws_ssm_parameter").name == "ssm parameter"


def test_a_data_source_without_an_entry_is_named_like_the_resource() -> None:
    assert resource_type("data.aws_vpc").name == "VPC"


@pytest.mark.parametrize(
    ("kind", "action", "risk"),
    [
        ("aws_sqs_queue", "destroy", Risk("data", "its messages are lost")),
        ("aws_sqs_queue", "replace", Risk("data", "its messages are lost")),
        ("aws_ecs_cluster", "replace", Risk("traffic", "all its services are recreated, with downtime")),
        ("aws_ecs_cluster", "destroy", Risk("traffic", "its services can no longer run")),
        ("aws_ecs_cluster", "update", None),
        ("aws_lb_listener", "replace", Risk("traffic", "requests fail during the replacement")),
        ("aws_lb_listener", "destroy", None),
        ("aws_route_table", "replace", None),
        ("aws_ssm_parameter", "destroy", None),
    ],
)
def test_replacing_and_destroying_cost_data_or_traffic(kind: str, action: str, risk: Risk | None) -> None:
    assert resource_type(kind).risk(action) == risk


def test_the_validation_record_of_a_domain_may_serve_other_certificates(spec_stack: Synth) -> None:
    record = resource_type("aws_route53_record")

    assert record.risk("destroy", "alias") == Risk("traffic", "the name no longer resolves")
    assert record.risk("destroy", "validation") == Risk(
        "traffic",
        "AWS no longer renews certificates of other environments for this domain, until each of them is deployed again",
    )
    assert {*record.destroyed_by_name} < {*spec_stack("shop.yaml", "prod").all("aws_route53_record")}


def test_the_id_of_an_import_uses_what_its_pattern_finds() -> None:
    for entry in some(filter(lambda entry: entry.arn_import, CATALOGUE.values())):
        assert entry.arn_import is not None
        groups = re.compile(entry.arn_import.pattern).groups
        used = {int(number) for number in re.findall(r"\{(\d)}", entry.arn_import.id)}
        assert used == set(range(groups)), entry.type


def test_the_id_of_an_import_by_name_uses_its_arguments() -> None:
    for entry in some(filter(lambda entry: entry.name_import, CATALOGUE.values())):
        assert entry.name_import is not None
        used = set(re.findall(r"\{(\w+)}", entry.name_import.id))
        assert used == {"id"} or used == {*entry.name_import.arguments}, entry.type


def test_every_way_to_look_up_a_resource_is_used() -> None:
    assert {entry.name_import.lookup for entry in CATALOGUE.values() if entry.name_import} == {*get_args(Lookup)}


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_listing_is_an_operation_of_boto3(listing: Listing) -> None:
    client = boto3.Session(region_name="eu-west-1").client(listing.service)  # type: ignore[call-overload]
    operations = client.meta.method_to_api_mapping
    service = client.meta.service_model

    shape = service.operation_model(operations[listing.operation])
    assert {*listing.arguments} <= {*(shape.input_shape.members if shape.input_shape else ())}
    assert re.match(r"\w+", listing.path)[0] in shape.output_shape.members  # type: ignore[index]
    if listing.detail is not None:
        detail = service.operation_model(operations[listing.detail.operation])
        argument = listing.detail.argument.removesuffix("[]")
        is_list = detail.input_shape.members[argument].type_name == "list"
        assert is_list == listing.detail.argument.endswith("[]")


@pytest.mark.parametrize("listing", LISTINGS)
def test_the_paths_of_a_listing_are_jmespath(listing: Listing) -> None:
    paths = [listing.path, *([listing.detail.path] if listing.detail else [])]

    assert all(jmespath.compile(path) for path in paths)
