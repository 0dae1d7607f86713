"""The cluster, and the sessions of ECS Exec in it."""

from __future__ import annotations

import pytest

from tests.stacks.conftest import Synth


@pytest.mark.parametrize("insights", ["enabled", "enhanced", "disabled"])
def test_it_has_insights_as_asked(small: Synth, insights: str) -> None:
    cluster = small(f"cluster: {{insights: {insights}}}")["aws_ecs_cluster.web_cluster"]

    assert cluster["setting"] == [{"name": "containerInsights", "value": insights}]


def test_it_logs_the_sessions_of_exec_where_any_service_allows_it(small: Synth) -> None:
    made = small("services: {web: {exec: true}}")

    sessions = made["aws_ecs_cluster.web_cluster"]["configuration"]["execute_command_configuration"]
    assert sessions["logging"] == "OVERRIDE"
    group = "${aws_cloudwatch_log_group.exec.name}"
    assert sessions["log_configuration"]["cloud_watch_log_group_name"] == group
    assert made["aws_cloudwatch_log_group.exec"]["name"] == "/aws/ecs/shop-prod/exec"


def test_it_has_no_log_group_for_sessions_otherwise(small: Synth) -> None:
    made = small()

    assert "configuration" not in made["aws_ecs_cluster.web_cluster"]
    assert "aws_cloudwatch_log_group.exec" not in made


def test_without_exec_it_leaves_alone_what_ecs_keeps_of_an_earlier_one(small: Synth) -> None:
    """ECS keeps the configuration that an update leaves out, so that the next plan would find it again."""
    assert small()["aws_ecs_cluster.web_cluster"]["lifecycle"] == {"ignore_changes": ["configuration"]}
    assert "lifecycle" not in small("services: {web: {exec: true}}")["aws_ecs_cluster.web_cluster"]
