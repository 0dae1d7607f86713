"""The VPC, its ways in and out, and a VPC that exists."""

from __future__ import annotations

from tests.stacks.conftest import Synth

NETWORK_TYPES = ("aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_nat_gateway", "aws_route", "aws_route_table")


def test_zones_by_count_are_the_first_of_the_region_that_run_fargate(stack: Synth) -> None:
    made = stack("network: {availability_zones: 3}")

    zones = [made[f"aws_subnet.private_{index}"]["availability_zone"] for index in range(3)]
    assert zones == [f"${{data.aws_availability_zones.available.names[{index}]}}" for index in range(3)]
    assert "state" not in made["data.aws_availability_zones.available"]


def test_zones_by_name_ask_aws_for_none(stack: Synth) -> None:
    made = stack("network: {availability_zones: [us-east-1b, us-east-1d]}")

    assert made["aws_subnet.public_0"]["availability_zone"] == "us-east-1b"
    assert made["aws_subnet.private_1"]["availability_zone"] == "us-east-1d"
    assert "data.aws_availability_zones.available" not in made


def test_a_zone_more_moves_no_subnet(stack: Synth) -> None:
    two, three = stack("network: {availability_zones: 2}"), stack("network: {availability_zones: 3}")

    assert two.all("aws_subnet").items() <= three.all("aws_subnet").items()


def test_a_subnet_goes_after_what_stood_in_it_has_moved_out(stack: Synth) -> None:
    """Terraform deletes first what nothing refers to any more, but for what is created before it is destroyed."""
    for subnet in stack().all("aws_subnet").values():
        assert subnet["lifecycle"] == {"create_before_destroy": True}


def test_one_nat_gateway_is_the_way_out_of_every_zone(stack: Synth) -> None:
    made = stack("network: {nat: single}")

    assert made.names("aws_nat_gateway") == made.names("aws_eip") == ["nat_0"]
    assert made["aws_nat_gateway.nat_0"]["subnet_id"] == "${aws_subnet.public_0.id}"
    for index in range(2):
        assert made[f"aws_route.private_{index}"]["nat_gateway_id"] == "${aws_nat_gateway.nat_0.id}"


def test_a_nat_gateway_per_zone_keeps_zones_apart(stack: Synth) -> None:
    made = stack("network: {nat: per_az}")

    assert made.names("aws_nat_gateway") == ["nat_0", "nat_1"]
    for index in range(2):
        assert made[f"aws_nat_gateway.nat_{index}"]["subnet_id"] == f"${{aws_subnet.public_{index}.id}}"
        assert made[f"aws_route.private_{index}"]["nat_gateway_id"] == f"${{aws_nat_gateway.nat_{index}.id}}"


def test_going_from_one_nat_gateway_to_one_per_zone_replaces_nothing(stack: Synth) -> None:
    single, per_zone = stack("network: {nat: single}"), stack("network: {nat: per_az}")

    assert set(single.addresses) < set(per_zone.addresses)
    assert single.all("aws_route_table") == per_zone.all("aws_route_table")


def test_without_nat_there_is_no_route_out_of_the_private_subnets(stack: Synth) -> None:
    made = stack("network: {nat: none, endpoints: [s3, ecr.api, ecr.dkr, logs]}")

    assert made.names("aws_nat_gateway") == made.names("aws_eip") == []
    assert made.names("aws_route") == ["internet"]


def test_a_nat_gateway_waits_for_the_route_of_its_subnet_to_the_internet(stack: Synth) -> None:
    waits = stack()["aws_nat_gateway.nat_0"]["depends_on"]

    assert waits == ["aws_route.internet", "aws_route_table_association.public_0"]


def test_an_interface_endpoint_waits_for_the_rule_that_lets_tasks_in(stack: Synth) -> None:
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


def test_interface_endpoints_are_in_the_private_subnets_and_answer_the_vpc_alone(stack: Synth) -> None:
    made = stack("network: {endpoints: [ecr.api, logs]}")

    endpoint = made["aws_vpc_endpoint.ecr_api"]
    assert endpoint["vpc_endpoint_type"] == "Interface"
    assert endpoint["service_name"] == "com.amazonaws.us-east-1.ecr.api"
    assert endpoint["subnet_ids"] == ["${aws_subnet.private_0.id}", "${aws_subnet.private_1.id}"]
    assert endpoint["security_group_ids"] == ["${aws_security_group.endpoints.id}"]
    assert endpoint["private_dns_enabled"] is True
    assert made.rules("ingress", "endpoints") == {"endpoints_vpc": ("10.0.0.0/16", 443)}


def test_no_endpoints_at_all_are_made_where_none_is_asked_for(stack: Synth) -> None:
    assert stack("network: {endpoints: []}").names("aws_vpc_endpoint") == []


def test_flow_logs_are_kept_as_long_as_asked_and_written_by_a_role_that_can_do_nothing_else(stack: Synth) -> None:
    made = stack("network: {flow_logs: {retention_days: 7}}")

    assert made["aws_cloudwatch_log_group.flow_logs"]["name"] == "/aws/vpc/shop-prod/flow-logs"
    assert made["aws_cloudwatch_log_group.flow_logs"]["retention_in_days"] == 7
    (statement,) = made.policy("aws_iam_role_policy.flow_logs")
    assert statement["Resource"] == ["${aws_cloudwatch_log_group.flow_logs.arn}:*"]
    assert made["aws_flow_log.main"]["iam_role_arn"] == "${aws_iam_role.flow_logs.arn}"


def test_flow_logs_can_be_left_out(stack: Synth) -> None:
    made = stack("network: {flow_logs: false}")

    for kind in ("aws_flow_log", "aws_cloudwatch_log_group", "aws_iam_role"):
        assert "flow_logs" not in made.names(kind)


def test_nothing_is_made_in_a_vpc_that_exists(small: Synth) -> None:
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
