"""Terraform addresses in the user's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.words import described, place

SERVICES = ("web", "api", "api-v2", "flow")


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
        ('provider["registry.terraform.io/hashicorp/aws"]', "AWS provider"),
    ],
)
def test_an_address_is_told_by_concept_and_service(address: str, words: str) -> None:
    assert str(place(address, SERVICES)) == words


def test_a_resource_is_described_with_its_address_for_whoever_knows_terraform() -> None:
    assert described("aws_ecs_service.web", SERVICES) == "service `web` (aws_ecs_service.web)"


def test_a_provider_is_described_by_its_name_alone() -> None:
    assert described('provider["registry.terraform.io/hashicorp/aws"]', SERVICES) == "AWS provider"


def test_what_belongs_to_a_service_stands_under_its_name() -> None:
    assert place("aws_iam_role.api_v2_task", SERVICES).group == "api-v2"


def test_every_resource_that_a_whole_shop_generates_has_a_concept() -> None:
    golden = Path(__file__).parents[1] / "golden" / "shop-prod-addresses.txt"
    addresses = [address for address in golden.read_text(encoding="utf-8").split() if not address.startswith("data.")]
    services = ("web", "api", "mailer", "cleanup")

    assert [address for address in addresses if place(address, services).group == "other"] == []
