"""The article's system, from a project file with only the settings of the article."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.app import synthesize
from stacks.project import Selection, load
from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack


@pytest.fixture(scope="module")
def article(spec_stack: Synth) -> Stack:
    return spec_stack("article.yaml", "prod")


class TestTheArticlesSystem:
    """Every resource of the system that the article builds."""

    def test_has_a_network(self, article: Stack) -> None:
        assert article["aws_vpc.main"]["cidr_block"] == "10.0.0.0/16"
        assert {name: subnet["cidr_block"] for name, subnet in article.all("aws_subnet").items()} == {
            "private_0": "10.0.11.0/24",
            "private_1": "10.0.22.0/24",
            "public_0": "10.0.1.0/24",
            "public_1": "10.0.2.0/24",
        }
        for address in (
            "aws_internet_gateway.main",
            "aws_nat_gateway.nat_0",
            "aws_route_table.public",
            "aws_route_table.private_0",
            "aws_route_table.private_1",
            "aws_default_security_group.closed",
            "aws_flow_log.main",
            "aws_vpc_endpoint.s3",
        ):
            assert address in article

    def test_has_one_security_group_each_for_the_load_balancer_and_the_tasks(self, article: Stack) -> None:
        assert article.names("aws_security_group") == ["load_balancer", "web_tasks"]
        assert article.rules("ingress", "web_tasks") == {
            "web_tasks_load_balancer": ("${aws_security_group.load_balancer.id}", 3000)
        }

    def test_has_a_load_balancer_with_a_target_group_and_a_rule(self, article: Stack) -> None:
        assert article["aws_lb.main"]["name"] == "alb-node-app-prod"
        assert article.names("aws_lb_listener") == ["http"]
        assert article["aws_lb_target_group.web"]["port"] == 3000
        assert article["aws_lb_listener_rule.web_http"]["action"] == [
            {"type": "forward", "target_group_arn": "${aws_lb_target_group.web.arn}"}
        ]

    def test_has_the_cluster_with_insights_and_both_capacity_providers(self, article: Stack) -> None:
        cluster = article["aws_ecs_cluster.web_cluster"]

        assert cluster["name"] == "web-cluster-node-app-prod"
        assert cluster["setting"] == [{"name": "containerInsights", "value": "enabled"}]
        providers = article["aws_ecs_cluster_capacity_providers.web_cluster"]["capacity_providers"]
        assert providers == ["FARGATE", "FARGATE_SPOT"]

    def test_renders_the_template_and_writes_it_for_ci(self, article: Stack) -> None:
        rendered = '${templatefile("${path.module}/templates/service.json.tpl", local.web_task)}'

        assert article.content["locals"]["web_task_definition"] == rendered
        assert article["local_file.web_task_definition"] == {
            "content": "${local.web_task_definition}",
            "directory_permission": "0755",
            "file_permission": "0644",
            "filename": "${path.module}/task-definitions/prod/web.latest.json",
        }

    def test_has_the_task_definition(self, article: Stack) -> None:
        definition = article["aws_ecs_task_definition.web"]

        assert definition["family"] == "web-node-app-prod"
        rendered = "${jsonencode(jsondecode(local.web_task_definition).containerDefinitions)}"
        assert definition["container_definitions"] == rendered
        assert (definition["cpu"], definition["memory"]) == ("512", "1024")

    def test_has_the_service(self, article: Stack) -> None:
        service = article["aws_ecs_service.web"]

        assert service["name"] == "web-service-node-app-prod"
        assert service["desired_count"] == 2
        assert service["tags"] == {"Name": "web-service-node-app-prod"}
        assert "aws_lb_listener_rule.web_http" in service["depends_on"]

    def test_has_the_log_group(self, article: Stack) -> None:
        group = article["aws_cloudwatch_log_group.web"]

        assert (group["name"], group["retention_in_days"]) == ("/aws/ecs/node-app-prod/web", 1)

    def test_has_the_roles(self, article: Stack) -> None:
        assert article["aws_iam_role.web_execution"]["name"] == "node-app-prod-web-execution"
        assert article["aws_iam_role.web_task"]["name"] == "node-app-prod-web-task"

    def test_has_the_outputs(self, article: Stack) -> None:
        assert {name: output["value"] for name, output in article.content["output"].items()} == {
            "alb_url": "http://${aws_lb.main.dns_name}",
            "aws_region": "us-east-1",
            "cluster_name": "${aws_ecs_cluster.web_cluster.name}",
            "ecr_urls": {},
            "execution_role_arns": {"web": "${aws_iam_role.web_execution.arn}"},
            "images": {"web": "nginx:latest"},
            "listener_arns": {"http": "${aws_lb_listener.http.arn}"},
            "load_balancer_arn": "${aws_lb.main.arn}",
            "log_group_names": {"web": "${aws_cloudwatch_log_group.web.name}"},
            "private_subnet_ids": ["${aws_subnet.private_0.id}", "${aws_subnet.private_1.id}"],
            "protected": False,
            "public_subnet_ids": ["${aws_subnet.public_0.id}", "${aws_subnet.public_1.id}"],
            "queue_arns": {},
            "queue_urls": {},
            "security_group_ids": {"web": "${aws_security_group.web_tasks.id}"},
            "service_names": {"web": "${aws_ecs_service.web.name}"},
            "task_definition_paths": {"web": "task-definitions/prod/web.latest.json"},
            "task_role_arns": {"web": "${aws_iam_role.web_task.arn}"},
            "vpc_id": "${aws_vpc.main.id}",
        }

    def test_is_the_default_without_a_project_file(
        self, article: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        (bare,) = synthesize(load(Selection(project_id="node-app", env="prod")), tmp_path / "out")

        kinds = {kind: len(made) for kind, made in article.content["resource"].items()}
        assert bare.resources == dict(sorted(kinds.items()))
