"""The ECS service: its capacity, its deployments, and the settings that Terraform ignores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.conftest import Synth
from tests.support.synthesized import Json


def service(small: Synth, spec: str = "{}", name: str = "web") -> Json:
    return small(f"services: {{{name}: {spec}}}")[f"aws_ecs_service.{name}"]


def provider(name: str, base: int, weight: int) -> dict[str, Any]:
    return {"capacity_provider": name, "base": base, "weight": weight}


@pytest.mark.parametrize(
    ("capacity", "strategy"),
    [
        ("on_demand", [provider("FARGATE", 0, 1)]),
        ("spot", [provider("FARGATE_SPOT", 0, 1)]),
        (
            "{on_demand_base: 2, on_demand_weight: 1, spot_weight: 3}",
            [provider("FARGATE", 2, 1), provider("FARGATE_SPOT", 0, 3)],
        ),
        ("{on_demand_base: 1, spot_weight: 1}", [provider("FARGATE", 1, 0), provider("FARGATE_SPOT", 0, 1)]),
        ("{spot_weight: 1}", [provider("FARGATE_SPOT", 0, 1)]),
        ("{on_demand_weight: 5}", [provider("FARGATE", 0, 5)]),
    ],
)
def test_it_runs_on_the_configured_capacity(small: Synth, capacity: str, strategy: list[Any]) -> None:
    made = service(small, f"{{capacity: {capacity}}}")

    assert made["capacity_provider_strategy"] == strategy
    assert "launch_type" not in made


def test_a_deploy_decides_whether_a_new_deployment_is_forced(small: Synth) -> None:
    """A constant `true` would restart all tasks with every change, for example of the desired count."""
    made = small("services: {my-api: {}, cleanup: {type: job, schedule: rate(1 day)}}")

    assert made["aws_ecs_service.my_api"]["force_new_deployment"] == "${var.my_api_force_new_deployment}"
    assert made.content["variable"] == {
        "my_api_force_new_deployment": {
            "type": "bool",
            "default": False,
            "description": "Whether the next change restarts all tasks of my-api. If false, Terraform replaces the "
            "service when its capacity changes.",
        }
    }


def test_terraform_manages_a_fixed_count(small: Synth) -> None:
    made = service(small, "{count: 3}")

    assert made["desired_count"] == 3
    assert "lifecycle" not in made


def test_a_service_can_have_no_tasks(small: Synth) -> None:
    assert service(small, "{count: 0}")["desired_count"] == 0


def test_with_autoscaling_terraform_sets_the_count_only_once(small: Synth) -> None:
    made = service(small, "{count: {min: 2, max: 4, cpu_percent: 60}}")

    assert made["desired_count"] == 2
    assert made["lifecycle"] == {"ignore_changes": ["desired_count"]}


def test_with_an_external_image_owner_terraform_only_ignores_the_task_definition(small: Synth) -> None:
    made = service(small, "{deployment: {image_owner: external}}")

    assert made["lifecycle"] == {"ignore_changes": ["task_definition"]}


def test_count_and_task_definition_can_both_be_ignored(small: Synth) -> None:
    made = service(small, "{count: {max: 4, cpu_percent: 60}, deployment: {image_owner: external}}")

    assert made["lifecycle"] == {"ignore_changes": ["desired_count", "task_definition"]}


def test_a_failed_deployment_is_rolled_back(small: Synth) -> None:
    made = service(small)

    assert made["deployment_circuit_breaker"] == {"enable": True, "rollback": True}
    assert (made["deployment_minimum_healthy_percent"], made["deployment_maximum_percent"]) == (100, 200)


def test_without_rollback_a_failed_deployment_only_stops(small: Synth) -> None:
    made = service(small, "{deployment: {rollback: false, min_percent: 50, max_percent: 150}, count: 4}")

    assert made["deployment_circuit_breaker"] == {"enable": True, "rollback": False}
    assert (made["deployment_minimum_healthy_percent"], made["deployment_maximum_percent"]) == (50, 150)


@pytest.mark.parametrize(("most", "rebalancing"), [(200, "ENABLED"), (101, "ENABLED"), (100, "DISABLED")])
def test_zones_are_rebalanced_when_more_than_100_percent_is_allowed(small: Synth, most: int, rebalancing: str) -> None:
    made = service(small, f"{{count: 100, deployment: {{min_percent: 50, max_percent: {most}}}}}")

    assert made["availability_zone_rebalancing"] == rebalancing


def test_alarms_roll_back_a_deployment(small: Synth) -> None:
    spec = "{alarms: {cpu_percent: 80}, deployment: {alarms: [cpu_percent, checkout-errors]}}"

    made = service(small, spec)

    assert made["alarms"] == {
        "alarm_names": ["${aws_cloudwatch_metric_alarm.web_cpu_percent.alarm_name}", "checkout-errors"],
        "enable": True,
        "rollback": True,
    }


def test_alarms_that_do_not_roll_back_are_listed_as_disabled(small: Synth) -> None:
    """The AWS provider can't remove the block: it would send it without the names, which ECS requires."""
    assert service(small, "{alarms: {cpu_percent: 80}}")["alarms"] == {
        "alarm_names": ["${aws_cloudwatch_metric_alarm.web_cpu_percent.alarm_name}"],
        "enable": False,
        "rollback": False,
    }


def test_without_alarms_the_block_is_omitted(small: Synth) -> None:
    assert "alarms" not in service(small)


def test_exec_is_off_by_default(small: Synth) -> None:
    assert service(small)["enable_execute_command"] is False
    assert service(small, "{exec: true}")["enable_execute_command"] is True


def test_tags_reach_the_tasks(small: Synth) -> None:
    made = service(small)

    assert made["propagate_tags"] == "SERVICE"
    assert made["enable_ecs_managed_tags"] is True


def test_it_depends_on_the_requirements_of_its_first_task(stack: Synth) -> None:
    """The circuit breaker counts a task that fails because a route is missing as a failure of the deployment."""
    permissions = "{statements: [{actions: [s3:GetObject], resources: ['arn:aws:s3:::bucket/*']}]}"

    made = service(stack, f"{{permissions: {permissions}}}")

    assert made["depends_on"] == [
        "aws_ecs_cluster_capacity_providers.web_cluster",
        "aws_lb_listener_rule.web_http",
        "aws_iam_role_policy.web_execution",
        "aws_iam_role_policy.web_task",
        "aws_vpc_security_group_egress_rule.web_tasks_open",
        "aws_vpc_security_group_ingress_rule.web_tasks_load_balancer",
        "aws_route.private_0",
        "aws_route.private_1",
        "aws_route_table_association.private_0",
        "aws_route_table_association.private_1",
        "aws_vpc_endpoint.s3",
    ]


def test_a_worker_has_no_ingress(small: Synth) -> None:
    made = small("services: {mailer: {type: worker}}")

    worker = made["aws_ecs_service.mailer"]
    assert "load_balancer" not in worker
    assert "health_check_grace_period_seconds" not in worker
    assert made.rules("ingress", "mailer_tasks") == {}
    assert made.container("mailer")["portMappings"] == []


def test_egress_rules_come_from_the_project_file(small: Synth) -> None:
    egress = "[{port: 443}, {port: 5432, cidr: 10.0.0.0/16}, {port: 6379, security_group: sg-0123456789abcdef0}]"

    made = small(f"services: {{web: {{egress: {egress}}}}}")

    assert list(made.rules("egress", "web_tasks").values()) == [
        ("0.0.0.0/0", 443),
        ("10.0.0.0/16", 5432),
        ("sg-0123456789abcdef0", 6379),
    ]


def test_the_retention_of_the_log_group_is_configurable(small: Synth) -> None:
    group = small("services: {web: {logs: {retention_days: 7}}}")["aws_cloudwatch_log_group.web"]

    assert (group["name"], group["retention_in_days"]) == ("/aws/ecs/shop-prod/web", 7)


@pytest.mark.parametrize(
    ("kind", "groups"),
    [
        ("{type: worker", lambda made: made["aws_ecs_service.w"]["network_configuration"]),
        (
            "{type: job, schedule: rate(1 day)",
            lambda made: made["aws_scheduler_schedule.w"]["target"]["ecs_parameters"]["network_configuration"],
        ),
    ],
)
def test_tasks_can_be_in_existing_security_groups_too(small: Synth, kind: str, groups: Any) -> None:
    made = small(f"services: {{w: {kind}, security_groups: [sg-12345678, sg-0123456789abcdef0]}}}}")

    own = "${aws_security_group.w_tasks.id}"
    assert groups(made)["security_groups"] == [own, "sg-12345678", "sg-0123456789abcdef0"]
