"""The cluster, and the sessions of ECS Exec in it."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth


@pytest.mark.parametrize("insights", ["enabled", "enhanced", "disabled"])
def test_container_insights_are_configurable(small: Synth, insights: str) -> None:
    cluster = small(f"cluster: {{insights: {insights}}}")["aws_ecs_cluster.web_cluster"]

    assert cluster["setting"] == [{"name": "containerInsights", "value": insights}]


def test_it_logs_exec_sessions_when_any_service_enables_exec(small: Synth) -> None:
    made = small("services: {web: {exec: true}}")

    sessions = made["aws_ecs_cluster.web_cluster"]["configuration"]["execute_command_configuration"]
    assert sessions["logging"] == "OVERRIDE"
    group = "${aws_cloudwatch_log_group.exec.name}"
    assert sessions["log_configuration"]["cloud_watch_log_group_name"] == group
    assert made["aws_cloudwatch_log_group.exec"]["name"] == "/aws/ecs/shop-prod/exec"


def test_without_exec_it_has_no_log_group_for_sessions(small: Synth) -> None:
    made = small()

    assert "configuration" not in made["aws_ecs_cluster.web_cluster"]
    assert "aws_cloudwatch_log_group.exec" not in made


def test_without_exec_it_ignores_an_earlier_exec_configuration(small: Synth) -> None:
    """ECS keeps a configuration that an update omits, so every later plan would try to remove it."""
    assert small()["aws_ecs_cluster.web_cluster"]["lifecycle"] == {"ignore_changes": ["configuration"]}
    assert "lifecycle" not in small("services: {web: {exec: true}}")["aws_ecs_cluster.web_cluster"]
