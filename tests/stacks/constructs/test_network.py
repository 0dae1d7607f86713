"""The VPC with its routes, NAT gateways and endpoints, and an existing VPC."""

from __future__ import annotations

import pytest

from stacks.project.data.endpoint_services import endpoint_service
from tests.stacks.conftest import Synth
from tests.support.some import some

NETWORK_TYPES = ("aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_nat_gateway", "aws_route", "aws_route_table")


def test_public_tasks_are_in_the_public_subnets_and_need_no_nat_gateway(stack: Synth) -> None:
    made = stack(
        """
        network: {nat: none}
        services:
          web: {image: "app:1", placement: public, egress: [{port: 443}]}
          nightly: {type: job, image: "app:1", schedule: rate(1 day), placement: public}
        """
    )

    service, schedule = made["aws_ecs_service.web"], made["aws_scheduler_schedule.nightly"]
    public = ["${aws_subnet.public_0.id}", "${aws_subnet.public_1.id}"]
    for network in (
        service["network_configuration"],
        schedule["target"]["ecs_parameters"]["network_configuration"],
    ):
        assert (network["subnets"], network["assign_public_ip"]) == (public, True)
    assert {"aws_route.internet", "aws_route_table_association.public_0"} <= {*service["depends_on"]}
    assert not made.all("aws_nat_gateway")
    assert list(made.rules("egress", "web_tasks")) == ["web_tasks_443_anywhere"]


def test_a_zone_count_selects_the_first_zones_that_support_fargate(stack: Synth) -> None:
    made = stack("network: {availability_zones: 3}")

    zones = [made[f"aws_subnet.private_{index}"]["availability_zone"] for index in range(3)]
    assert zones == [f"${{data.aws_availability_zones.available.names[{index}]}}" for index in range(3)]
    assert "state" not in made["data.aws_availability_zones.available"]


def test_zones_by_name_do_not_need_a_data_source(stack: Synth) -> None:
    made = stack("network: {availability_zones: [us-east-1b, us-east-1d]}")

    assert made["aws_subnet.public_0"]["availability_zone"] == "us-east-1b"
    assert made["aws_subnet.private_1"]["availability_zone"] == "us-east-1d"
    assert "data.aws_availability_zones.available" not in made


def test_adding_a_zone_does_not_change_existing_subnets(stack: Synth) -> None:
    two, three = stack("network: {availability_zones: 2}"), stack("network: {availability_zones: 3}")

    assert two.all("aws_subnet").items() <= three.all("aws_subnet").items()


def test_a_subnet_is_replaced_before_it_is_destroyed(stack: Synth) -> None:
    """EC2 can't delete a subnet in use, so the load balancer and the tasks must move to the new one first."""
    for subnet in some(stack().all("aws_subnet").values()):
        assert subnet["lifecycle"] == {"create_before_destroy": True}


def test_a_single_nat_gateway_serves_every_zone(stack: Synth) -> None:
    made = stack("network: {nat: single}")

    assert made.names("aws_nat_gateway") == made.names("aws_eip") == ["nat_0"]
    assert made["aws_nat_gateway.nat_0"]["subnet_id"] == "${aws_subnet.public_0.id}"
    for index in range(2):
        assert made[f"aws_route.private_{index}"]["nat_gateway_id"] == "${aws_nat_gateway.nat_0.id}"


def test_with_a_nat_gateway_per_zone_traffic_stays_in_its_zone(stack: Synth) -> None:
    made = stack("network: {nat: per_az}")

    assert made.names("aws_nat_gateway") == ["nat_0", "nat_1"]
    for index in range(2):
        assert made[f"aws_nat_gateway.nat_{index}"]["subnet_id"] == f"${{aws_subnet.public_{index}.id}}"
        assert made[f"aws_route.private_{index}"]["nat_gateway_id"] == f"${{aws_nat_gateway.nat_{index}.id}}"


def test_changing_to_a_nat_gateway_per_zone_only_adds_resources(stack: Synth) -> None:
    single, per_zone = stack("network: {nat: single}"), stack("network: {nat: per_az}")

    assert set(single.addresses) < set(per_zone.addresses)
    assert single.all("aws_route_table") == per_zone.all("aws_route_table")


def test_without_nat_private_subnets_have_no_internet_route(stack: Synth) -> None:
    made = stack("network: {nat: none, endpoints: [s3, ecr.api, ecr.dkr, logs]}")

    assert made.names("aws_nat_gateway") == made.names("aws_eip") == []
    assert made.names("aws_route") == ["internet"]


def test_a_nat_gateway_depends_on_its_subnets_internet_route(stack: Synth) -> None:
    waits = stack()["aws_nat_gateway.nat_0"]["depends_on"]

    assert waits == ["aws_route.internet", "aws_route_table_association.public_0"]


def test_an_interface_endpoint_depends_on_its_ingress_rule(stack: Synth) -> None:
    made = stack("network: {endpoints: [s3, logs]}")

    assert made["aws_vpc_endpoint.logs"]["depends_on"] == ["aws_vpc_security_group_ingress_rule.endpoints_vpc"]
    assert "depends_on" not in made["aws_vpc_endpoint.s3"]


def test_gateway_endpoints_are_in_the_private_route_tables(stack: Synth) -> None:
    made = stack("network: {endpoints: [s3, dynamodb]}")

    for service in ("s3", "dynamodb"):
        endpoint = made[f"aws_vpc_endpoint.{service}"]
        assert endpoint["vpc_endpoint_type"] == "Gateway"
        assert endpoint["service_name"] == f"com.amazonaws.us-east-1.{service}"
        tables = ["${aws_route_table.private_0.id}", "${aws_route_table.private_1.id}"]
        assert endpoint["route_table_ids"] == tables
    assert "aws_security_group.endpoints" not in made


def test_interface_endpoints_are_in_the_private_subnets_and_only_accept_traffic_from_the_vpc(stack: Synth) -> None:
    made = stack("network: {endpoints: [ecr.api, logs]}")

    endpoint = made["aws_vpc_endpoint.ecr_api"]
    assert endpoint["vpc_endpoint_type"] == "Interface"
    assert endpoint["service_name"] == "com.amazonaws.us-east-1.ecr.api"
    assert endpoint["subnet_ids"] == ["${aws_subnet.private_0.id}", "${aws_subnet.private_1.id}"]
    assert endpoint["security_group_ids"] == ["${aws_security_group.endpoints.id}"]
    assert endpoint["private_dns_enabled"] is True
    assert made.rules("ingress", "endpoints") == {"endpoints_vpc": ("10.0.0.0/16", 443)}


def test_an_empty_list_of_endpoints_creates_none(stack: Synth) -> None:
    assert stack("network: {endpoints: []}").names("aws_vpc_endpoint") == []


def test_flow_logs_have_a_retention_and_a_role_that_can_only_write_them(stack: Synth) -> None:
    made = stack("network: {flow_logs: {retention_days: 7}}")

    assert made["aws_cloudwatch_log_group.flow_logs"]["name"] == "/aws/vpc/shop-prod/flow-logs"
    assert made["aws_cloudwatch_log_group.flow_logs"]["retention_in_days"] == 7
    (statement,) = made.policy("aws_iam_role_policy.flow_logs")
    assert statement["Resource"] == ["${aws_cloudwatch_log_group.flow_logs.arn}:*"]
    assert made["aws_flow_log.main"]["iam_role_arn"] == "${aws_iam_role.flow_logs.arn}"


def test_flow_logs_can_be_disabled(stack: Synth) -> None:
    made = stack("network: {flow_logs: false}")

    for kind in ("aws_flow_log", "aws_cloudwatch_log_group", "aws_iam_role"):
        assert "flow_logs" not in made.names(kind)


def test_nothing_is_created_in_an_existing_vpc(small: Synth) -> None:
    made = small()

    assert not [kind for kind in NETWORK_TYPES if made.names(kind)]
    assert made["aws_lb.main"]["subnets"] == ["subnet-0000000a", "subnet-0000000b"]
    placement = made["aws_ecs_service.web"]["network_configuration"]
    assert placement["subnets"] == ["subnet-0000000c", "subnet-0000000d"]
    for group in made.all("aws_security_group").values():
        assert group["vpc_id"] == "vpc-0123456789abcdef0"
    assert made["aws_lb_target_group.web"]["vpc_id"] == "vpc-0123456789abcdef0"


def test_the_vpc_resolves_names_for_endpoints_and_service_connect(stack: Synth) -> None:
    vpc = stack()["aws_vpc.main"]

    assert vpc["enable_dns_support"] is vpc["enable_dns_hostnames"] is True


ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"


def isolated(endpoints: str, egress: str) -> str:
    network = f"network: {{nat: none, endpoints: [{endpoints}, ecr.api, ecr.dkr, logs]}}"
    return f"{network}\nservices: {{web: {{image: '{ECR}', egress: {egress}}}}}"


def test_without_nat_tasks_with_listed_egress_reach_the_gateway_endpoints(stack: Synth) -> None:
    """Their addresses are public, so that no range in the VPC covers them."""
    made = stack(isolated("s3, dynamodb", "[{port: 443, cidr: 10.0.0.0/16}]"))

    for service in ("s3", "dynamodb"):
        rule = made[f"aws_vpc_security_group_egress_rule.web_tasks_endpoint_{service}"]
        assert rule == {
            "description": f"Gateway endpoint of {service}",
            "from_port": 443,
            "ip_protocol": "tcp",
            "prefix_list_id": f"${{aws_vpc_endpoint.{service}.prefix_list_id}}",
            "security_group_id": "${aws_security_group.web_tasks.id}",
            "to_port": 443,
        }
    rule_of_s3 = "aws_vpc_security_group_egress_rule.web_tasks_endpoint_s3"
    assert rule_of_s3 in made["aws_ecs_service.web"]["depends_on"]


def test_open_egress_and_nat_need_no_rules_to_gateway_endpoints(stack: Synth) -> None:
    spec = "services: {web: {egress: [{port: 443, cidr: 10.0.0.0/16}]}}"
    for made in (stack(isolated("s3", "open")), stack(f"network: {{endpoints: [s3]}}\n{spec}")):
        assert "prefix_list_id" not in made.text


@pytest.mark.parametrize(
    ("region", "service", "name"),
    [
        ("us-east-1", "ecr.api", "com.amazonaws.us-east-1.ecr.api"),
        ("us-gov-west-1", "ecr.api", "com.amazonaws.us-gov-west-1.ecr.api"),
        ("cn-north-1", "ecr.api", "cn.com.amazonaws.cn-north-1.ecr.api"),
        ("cn-northwest-1", "ecr.dkr", "cn.com.amazonaws.cn-northwest-1.ecr.dkr"),
        ("cn-north-1", "sqs", "cn.com.amazonaws.cn-north-1.sqs"),
        ("cn-north-1", "logs", "com.amazonaws.cn-north-1.logs"),
        ("cn-north-1", "secretsmanager", "com.amazonaws.cn-north-1.secretsmanager"),
        ("cn-north-1", "ssmmessages", "com.amazonaws.cn-north-1.ssmmessages"),
        ("cn-north-1", "s3", "com.amazonaws.cn-north-1.s3"),
        ("cn-north-1", "transcribe", "cn.com.amazonaws.cn-north-1.transcribe.cn"),
        ("cn-north-1", "polly", "com.amazonaws.cn-north-1.polly"),
        ("cn-northwest-1", "polly", "cn.com.amazonaws.cn-northwest-1.polly"),
    ],
)
def test_an_endpoint_service_has_the_name_of_its_partition(region: str, service: str, name: str) -> None:
    assert endpoint_service(region, service) == name


def test_endpoints_in_china_have_the_names_of_china(stack: Synth) -> None:
    made = stack("region: cn-north-1\nnetwork: {endpoints: [s3, ecr.api, logs]}")

    assert {name: endpoint["service_name"] for name, endpoint in made.all("aws_vpc_endpoint").items()} == {
        "s3": "com.amazonaws.cn-north-1.s3",
        "ecr_api": "cn.com.amazonaws.cn-north-1.ecr.api",
        "logs": "com.amazonaws.cn-north-1.logs",
    }
