"""An existing load balancer, on whose listener the web services get rules."""

from __future__ import annotations

from tests.stacks.conftest import Synth

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shared/50dc6c495c0c9188"
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2"
EXISTING = f"""
load_balancer: {{arn: "{ARN}", listener_arn: "{LISTENER}", security_group: sg-0123456789abcdef0}}
services:
  web:
    http: {{hosts: ["*.example.com", App.example.com], priority: 100}}
    count: {{max: 3, requests_per_target: 100}}
"""


def test_only_a_rule_is_added_to_its_listener(small: Synth) -> None:
    made = small(EXISTING)

    assert not {"aws_lb", "aws_lb_listener", "aws_s3_bucket"} & {*made.content["resource"]}
    rule = made["aws_lb_listener_rule.web_listener"]
    assert (rule["listener_arn"], rule["priority"]) == (LISTENER, 100)
    assert "aws_lb_listener_rule.web_listener" in made["aws_ecs_service.web"]["depends_on"]


def test_the_tasks_accept_its_security_group_which_gets_no_rules(small: Synth) -> None:
    made = small(EXISTING)

    assert made.rules("ingress", "web_tasks") == {"web_tasks_load_balancer": ("sg-0123456789abcdef0", 3000)}
    groups = [each["security_group_id"] for each in made.all("aws_vpc_security_group_egress_rule").values()]
    assert set(groups) == {"${aws_security_group.web_tasks.id}"}


def test_its_outputs_and_metrics_are_those_of_the_existing_one(small: Synth) -> None:
    made = small(EXISTING)

    outputs = {name: each["value"] for name, each in made.content["output"].items()}
    listener = "data.aws_lb_listener.existing"
    assert outputs["alb_url"] == f"${{lower({listener}.protocol)}}://app.example.com:${{{listener}.port}}"
    assert (outputs["load_balancer_arn"], outputs["listener_arns"]) == (ARN, {"listener": LISTENER})
    policy = made["aws_appautoscaling_policy.web_requests"]["target_tracking_scaling_policy_configuration"]
    label = policy["predefined_metric_specification"]["resource_label"]
    assert label == "app/shared/50dc6c495c0c9188/${aws_lb_target_group.web.arn_suffix}"
