"""The type and the import ID in Terraform of the resource with an ARN."""

from __future__ import annotations

import pytest

from operations.deploy.import_by_arn import Imported, candidates, imported

HERE = "eu-west-1:123456789012"
LB = f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/alb-shop-dev/50dc6c495c0c9188"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:shop-dev/db/password-a1b2c3"
_CLUSTER_PARAMETERS = ("aws_rds_cluster_parameter_group", "shop-dev-db-aurora-mysql8-0")


@pytest.mark.parametrize(
    ("arn", "kind", "id_"),
    [
        (LB, "aws_lb", LB),
        (f"arn:aws:ec2:{HERE}:natgateway/nat-0123", "aws_nat_gateway", "nat-0123"),
        (f"arn:aws:ec2:{HERE}:vpc-endpoint/vpce-0123", "aws_vpc_endpoint", "vpce-0123"),
        (f"arn:aws:ec2:{HERE}:vpc/vpc-0123", "aws_vpc", "vpc-0123"),
        (f"arn:aws:logs:{HERE}:log-group:/aws/ecs/shop-dev/web", "aws_cloudwatch_log_group", "/aws/ecs/shop-dev/web"),
        (f"arn:aws:logs:{HERE}:log-group:/aws/ecs/shop-dev/web:*", "aws_cloudwatch_log_group", "/aws/ecs/shop-dev/web"),
        ("arn:aws:s3:::alb-logs-shop-dev-123456789012", "aws_s3_bucket", "alb-logs-shop-dev-123456789012"),
        (f"arn:aws:ecs:{HERE}:service/web-cluster/web-service", "aws_ecs_service", "web-cluster/web-service"),
        (f"arn:aws:rds:{HERE}:cluster:shop-dev-db", "aws_rds_cluster", "shop-dev-db"),
        (f"arn:aws:rds:{HERE}:cluster-pg:shop-dev-db-aurora-mysql8-0", *_CLUSTER_PARAMETERS),
        (f"arn:aws:rds:{HERE}:pg:shop-dev-db-mysql8-4", "aws_db_parameter_group", "shop-dev-db-mysql8-4"),
        (f"arn:aws:rds:{HERE}:subgrp:shop-dev-db", "aws_db_subnet_group", "shop-dev-db"),
        (f"arn:aws:elasticache:{HERE}:replicationgroup:shop-dev-c", "aws_elasticache_replication_group", "shop-dev-c"),
        (f"arn:aws:elasticache:{HERE}:subnetgroup:shop-dev-c", "aws_elasticache_subnet_group", "shop-dev-c"),
        (SECRET, "aws_secretsmanager_secret", SECRET),
        (f"arn:aws:wafv2:{HERE}:regional/webacl/shop-dev/0a1b", "aws_wafv2_web_acl", "0a1b/shop-dev/REGIONAL"),
    ],
)
def test_a_resource_is_identified_by_its_arn(arn: str, kind: str, id_: str) -> None:
    assert imported(arn) == Imported(kind, id_)


@pytest.mark.parametrize("arn", [f"arn:aws:sqs:{HERE}:shop-dev-mailer", f"arn:aws:ecs:{HERE}:task-definition/web:1"])
def test_a_type_that_terraform_recreates_without_harm_is_not_imported(arn: str) -> None:
    assert imported(arn) is None


def test_a_database_instance_can_be_one_of_a_cluster() -> None:
    assert [*candidates(f"arn:aws:rds:{HERE}:db:shop-dev-db")] == [
        Imported("aws_rds_cluster_instance", "shop-dev-db"),
        Imported("aws_db_instance", "shop-dev-db"),
    ]


@pytest.mark.parametrize(
    "arn", [f"arn:aws:rds:{HERE}:cluster-snapshot:shop-dev-db-1", f"arn:aws:elasticache:{HERE}:cluster:shop-dev-c-001"]
)
def test_what_aws_makes_of_a_store_is_not_imported(arn: str) -> None:
    assert imported(arn) is None
