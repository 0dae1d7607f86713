"""Which changes of an ECS service restart its tasks."""

from __future__ import annotations

from typing import Any

import pytest

from operations.plan.restarts import restarts_tasks, runs_another_definition

ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web"
SERVICE: dict[str, Any] = {
    "alarms": [],
    "availability_zone_rebalancing": "ENABLED",
    "capacity_provider_strategy": [{"base": 0, "capacity_provider": "FARGATE", "weight": 1}],
    "deployment_maximum_percent": 200,
    "deployment_minimum_healthy_percent": 100,
    "deployment_circuit_breaker": [{"enable": True, "rollback": True}],
    "desired_count": 1,
    "enable_ecs_managed_tags": True,
    "enable_execute_command": False,
    "force_new_deployment": False,
    "health_check_grace_period_seconds": 60,
    "load_balancer": [{"container_name": "web", "container_port": 80, "target_group_arn": "arn:group"}],
    "network_configuration": [{"assign_public_ip": False, "security_groups": ["sg-1"], "subnets": ["a", "b"]}],
    "platform_version": "LATEST",
    "propagate_tags": "SERVICE",
    "service_connect_configuration": [],
    "service_registries": [],
    "tags": {"Name": "web"},
    "tags_all": {"Name": "web", "team": "a"},
    "task_definition": f"{ARN}:1",
    "triggers": {},
    "volume_configuration": [],
    "vpc_lattice_configurations": [],
}
CONNECT = [{"enabled": True, "namespace": "arn:namespace", "service": []}]
SPOT = [{"base": 0, "capacity_provider": "FARGATE_SPOT", "weight": 1}]
VOLUME = [{"name": "data", "managed_ebs_volume": [{"role_arn": "arn:role"}]}]


def change(unknown: dict[str, Any] | None = None, /, **after: Any) -> dict[str, Any]:
    return {"before": SERVICE, "after": {**SERVICE, **after}, "after_unknown": unknown or {}}


@pytest.mark.parametrize(
    "after",
    [
        {"task_definition": f"{ARN}:2"},
        {"network_configuration": [{**SERVICE["network_configuration"][0], "subnets": ["a", "c"]}]},
        {"network_configuration": [{**SERVICE["network_configuration"][0], "assign_public_ip": True}]},
        {"platform_version": "1.4.0"},
        {"load_balancer": [{**SERVICE["load_balancer"][0], "container_port": 8080}]},
        {"load_balancer": []},
        {"service_registries": [{"registry_arn": "arn:registry"}]},
        {"service_connect_configuration": CONNECT},
        {"volume_configuration": VOLUME},
        {"vpc_lattice_configurations": [{"port_name": "web"}]},
        {"capacity_provider_strategy": SPOT, "force_new_deployment": True},
        {"force_new_deployment": True},
        {"force_new_deployment": True, "triggers": {"endpoints": "api:80"}},
        {"force_new_deployment": True, "desired_count": 4},
    ],
)
def test_it_restarts_all_tasks(after: dict[str, Any]) -> None:
    assert restarts_tasks(change(**after))


@pytest.mark.parametrize(
    "after",
    [
        {},
        {"desired_count": 4},
        {"deployment_maximum_percent": 150, "deployment_minimum_healthy_percent": 50},
        {"deployment_circuit_breaker": [{"enable": True, "rollback": False}]},
        {"alarms": [{"alarm_names": ["a"], "enable": True, "rollback": True}]},
        {"availability_zone_rebalancing": "DISABLED"},
        {"health_check_grace_period_seconds": 5},
        {"enable_execute_command": True},
        {"propagate_tags": "NONE", "enable_ecs_managed_tags": False},
        {"tags": {"Name": "web", "a": "b"}, "tags_all": {"Name": "web", "a": "b"}},
        # The order of sets changes nothing, and neither do empty values.
        {"network_configuration": [{**SERVICE["network_configuration"][0], "subnets": ["b", "a"]}]},
        {"service_connect_configuration": None, "volume_configuration": None},
    ],
)
def test_it_keeps_the_running_tasks(after: dict[str, Any]) -> None:
    assert not restarts_tasks(change(**after))


def test_with_a_forced_deployment_only_a_change_of_tags_keeps_the_tasks() -> None:
    """As it was before with every service: the AWS provider sends ForceNewDeployment with every other change."""
    before = {**SERVICE, "force_new_deployment": True}

    assert restarts_tasks({"before": before, "after": {**before, "desired_count": 4}})
    assert not restarts_tasks({"before": before, "after": {**before, "tags": {}, "tags_all": {"team": "b"}}})
    assert not restarts_tasks({"before": before, "after": {**SERVICE, "desired_count": 4}})


def test_unknown_values_count_as_other_ones() -> None:
    unknown = {"network_configuration": [{"security_groups": True, "subnets": [False, False]}]}
    network = [{"assign_public_ip": False, "subnets": ["a", "b"]}]

    assert restarts_tasks(change(unknown, network_configuration=network))
    assert restarts_tasks(change({"task_definition": True}, task_definition=None))


def test_known_values_beside_unknown_ones_are_compared() -> None:
    """`after_unknown` contains every block as soon as anything of the resource is unknown."""
    skeleton = {"network_configuration": [{"subnets": [False, False]}], "id": False, "alarms": [{}]}

    assert not restarts_tasks(change(skeleton, desired_count=2))
    assert restarts_tasks(change(skeleton, service_connect_configuration=CONNECT))


def test_the_task_definition_of_an_imported_service_is_the_same_without_its_arn() -> None:
    imported = {**SERVICE, "task_definition": "web:1"}

    assert not restarts_tasks({"before": imported, "after": SERVICE})
    assert restarts_tasks({"before": imported, "after": {**SERVICE, "task_definition": f"{ARN}:2"}})


@pytest.mark.parametrize(
    ("change", "another"),
    [
        ({"before": None, "after": SERVICE}, True),
        ({"before": SERVICE, "after": None}, False),
        ({"before": SERVICE, "after": {**SERVICE, "desired_count": 2}}, False),
        ({"before": SERVICE, "after": {**SERVICE, "task_definition": f"{ARN}:2"}}, True),
        ({"before": SERVICE, "after": SERVICE, "after_unknown": {"task_definition": True}}, True),
        ({"before": SERVICE, "after": SERVICE, "after_unknown": {"task_definition": False}}, False),
        ({"before": {**SERVICE, "task_definition": "web:1"}, "after": SERVICE}, False),
    ],
)
def test_a_service_runs_another_definition(change: dict[str, Any], another: bool) -> None:
    """The state of an imported service has family and revision, which is the same definition."""
    assert runs_another_definition(change) is another
