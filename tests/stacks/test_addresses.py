"""Terraform addresses in plain words."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.addresses import CLUSTER_ADDRESS, UNNAMED, Origin, Owners, is_address, origin, place, with_removed
from stacks.app import synthesize
from stacks.project import Loaded
from stacks.resources import resource_type
from stacks.sources import Sources
from tests.support.synthesized import Stack

SERVICES = Owners(services=("web", "api", "api-v2", "flow"))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("aws_ecs_service.web", "service `web`"),
        ("aws_ecs_task_definition.web", "task definition of service `web`"),
        ("aws_iam_role.web_execution", "execution role of service `web`"),
        ("aws_iam_role.api_v2_task", "task role of service `api-v2`"),
        ("aws_lb_target_group.api", "target group of service `api`"),
        ("local_file.web_task_definition", "task definition file of service `web`"),
        ("aws_cloudwatch_log_group.flow_logs", "flow logs log group"),
        ("aws_ecs_cluster.web_cluster", "web cluster"),
        ("aws_lb.main", "load balancer"),
        ("aws_lb_listener.https", "https listener"),
        ("aws_subnet.private_1", "private subnet 1"),
        ("aws_eip.nat_0", "NAT address 0"),
        ("aws_security_group.load_balancer", "load balancer security group"),
        ("aws_s3_bucket_public_access_block.access_logs", "access logs bucket public access block"),
        ('aws_ssm_parameter.web["a"]', "a ssm parameter of service `web`"),
        ("module.x.aws_vpc.main", "VPC"),
        ("data.aws_caller_identity.current", "current caller identity"),
        ("data.aws_vpc.main", "VPC"),
        ('provider["registry.terraform.io/hashicorp/aws"]', "AWS provider"),
    ],
)
def test_an_address_is_named_by_type_and_service(address: str, words: str) -> None:
    assert str(place(address, SERVICES)) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_ecs_service.web", True),
        ("data.aws_partition.current", True),
        ("aws_subnet.public[0]", True),
        ('provider["registry.terraform.io/hashicorp/aws"]', False),
        ("planning", False),
    ],
)
def test_only_resources_and_data_sources_have_addresses(text: str, expected: bool) -> None:
    assert is_address(text) is expected


def test_a_resource_of_a_service_is_in_its_group() -> None:
    assert place("aws_iam_role.api_v2_task", SERVICES).group == "api-v2"


@pytest.mark.parametrize(
    ("owner", "words"), [("api", "v2 task role of service `api`"), (None, "api v2 task role")], ids=["api", "shared"]
)
def test_the_recorded_owner_overrides_the_name(owner: str | None, words: str) -> None:
    owners = Owners({"aws_iam_role.api_v2_task": owner}, SERVICES.services)

    assert str(place("aws_iam_role.api_v2_task", owners)) == words


def test_each_instance_of_a_resource_has_its_owner() -> None:
    owners = Owners({"aws_sqs_queue.jobs": "web"}, SERVICES.services)

    assert place('aws_sqs_queue.jobs["a"]', owners).service == "web"
    assert place('module.x.aws_sqs_queue.jobs["a"]', owners).service is None


def test_the_resources_of_a_service_named_like_a_shared_resource_keep_their_owner(
    loaded: Callable[..., Loaded], tmp_path: Path
) -> None:
    text = "services: {alarms: {alarms: {cpu_percent: 80}}}"
    (stack,) = synthesize(loaded(text), tmp_path)
    owners = Owners(stack.owners, ("alarms",))

    assert str(place("aws_sns_topic.alarms", owners)) == "alarms topic"
    assert str(place("aws_ecs_service.alarms", owners)) == "service `alarms`"


def test_every_resource_of_a_shop_has_a_group() -> None:
    golden = Path(__file__).parents[1] / "golden" / "shop-prod-addresses.txt"
    addresses = [address for address in golden.read_text(encoding="utf-8").split() if not address.startswith("data.")]
    owners = Owners(services=("web", "api", "mailer", "cleanup"))

    assert [address for address in addresses if place(address, owners).group == "other"] == []


def test_every_stack_has_the_cluster(any_stack: Stack) -> None:
    assert CLUSTER_ADDRESS in any_stack
    assert any_stack.names("aws_ecs_cluster") == ["web_cluster"]
    assert resource_type(CLUSTER_ADDRESS.partition(".")[0]).shared


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("aws_db_instance.main", "aws_db_instance.main"),
        ('aws_security_group.db["a"]', 'aws_security_group.db["a"]'),
        ("module.sessions.aws_dynamodb_table.this", "module.sessions.aws_dynamodb_table.this"),
        # Its file was removed.
        ("aws_memorydb_cluster.web", "aws_memorydb_cluster.web"),
        ("aws_ecs_service.web", "service `web`"),
        ("aws_vpc.main", "VPC"),
    ],
)
def test_own_resources_are_named_by_their_address(address: str, words: str) -> None:
    sources = Sources({"a.tf": "infra/a.tf"}, (), frozenset({"aws_db_instance.main", "aws_security_group.db"}))
    owners = Owners({"aws_vpc.main": None}, ("web",), sources)

    assert str(place(address, owners)) == words


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("aws_db_instance.main", "own"),
        ('aws_security_group.db["a"]', "own"),
        ("module.sessions.aws_dynamodb_table.this", "own"),
        ("aws_memorydb_cluster.web", "own"),
        ("aws_vpc.main", "stack"),
        ("aws_vpc.main[0]", "stack"),
        ("aws_dynamodb_table.removed", "unknown"),
        ('provider["registry.terraform.io/hashicorp/aws"]', "stack"),
    ],
)
def test_the_origin_of_a_resource_is_known_while_it_is_in_the_configuration(address: str, expected: Origin) -> None:
    sources = Sources({"a.tf": "infra/a.tf"}, (), frozenset({"aws_db_instance.main", "aws_security_group.db"}))

    assert origin(address, Owners({"aws_vpc.main": None}, ("web",), sources)) == expected


def test_without_own_terraform_everything_is_of_the_stack() -> None:
    assert origin("aws_dynamodb_table.removed", Owners()) == "stack"
    assert origin("module.sessions.aws_dynamodb_table.this", Owners()) == "own"


@pytest.mark.parametrize(
    ("address", "attributes", "expected"),
    [
        ("aws_dynamodb_table.removed", {"tags": None}, "own"),
        ("aws_dynamodb_table.removed[0]", {"tags": {"Team": "a"}}, "own"),
        ("aws_dynamodb_table.sessions", {"tags": {"Name": "shop-dev-sessions"}}, "stack"),
        ("aws_dynamodb_table.kept", {"tags": {}}, "stack"),
        ("aws_iam_role_policy.removed", {}, "stack"),
        ("aws_vpc_security_group_egress_rule.removed", {"tags": None}, "stack"),
    ],
)
def test_a_resource_whose_file_was_removed_is_known_by_its_tags(
    address: str, attributes: dict[str, object], expected: Origin
) -> None:
    owners = with_removed(Owners({"aws_dynamodb_table.kept": None}, ("web",)), [(address, attributes)])

    assert (place(address, owners).name == address) == (expected == "own")


def test_every_resource_that_can_have_tags_has_a_name(reviewed: list[Stack]) -> None:
    """That distinguishes it from one of the user's own Terraform."""
    unnamed = {
        kind
        for stack in reviewed
        for kind, resources in stack.content["resource"].items()
        for resource in resources.values()
        if kind.startswith("aws_") and "Name" not in resource.get("tags", {})
    }

    assert {kind for kind in unnamed if can_have_tags(kind)} == UNNAMED


def can_have_tags(kind: str) -> bool:
    """Whether the AWS provider has the argument `tags` for a type."""
    module = importlib.import_module(f"cdktf_cdktf_provider_aws.{kind.removeprefix('aws_')}")
    (resource,) = (each for each in vars(module).values() if hasattr(each, "generate_config_for_import"))
    return hasattr(resource, "tags_input")
