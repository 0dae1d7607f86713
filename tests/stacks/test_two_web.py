"""Two web services behind one load balancer: an API with host and path conditions, and a site for other requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.app import synthesize
from stacks.project import Selection, load
from tests.stacks.conftest import Synth
from tests.support.synthesized import Stack


@pytest.fixture(scope="module")
def two_web(spec_stack: Synth) -> Stack:
    return spec_stack("two-web.yaml", "prod")


def test_each_service_has_a_target_group_and_a_rule_on_the_https_listener(two_web: Stack) -> None:
    assert two_web.names("aws_lb") == ["main"]
    assert two_web.names("aws_lb_listener_rule") == ["api_https", "site_https"]
    for service in ("api", "site"):
        rule = two_web[f"aws_lb_listener_rule.{service}_https"]
        assert rule["listener_arn"] == "${aws_lb_listener.https.arn}"
        assert rule["action"] == [{"type": "forward", "target_group_arn": f"${{aws_lb_target_group.{service}.arn}}"}]


def test_the_rule_with_a_host_and_paths_is_evaluated_before_the_catch_all(two_web: Stack) -> None:
    api, site = two_web["aws_lb_listener_rule.api_https"], two_web["aws_lb_listener_rule.site_https"]

    assert api["condition"] == [
        {"host_header": {"values": ["api.example.com"]}},
        {"path_pattern": {"values": ["/v1/*", "/v2/*"]}},
    ]
    assert site["condition"] == [{"path_pattern": {"values": ["/*"]}}]
    assert (api["priority"], site["priority"]) == (37325, 49102)


def test_the_load_balancer_reaches_each_service_on_its_own_port(two_web: Stack) -> None:
    assert two_web.rules("egress", "load_balancer") == {
        "load_balancer_api_tasks": ("${aws_security_group.api_tasks.id}", 8000),
        "load_balancer_site_tasks": ("${aws_security_group.site_tasks.id}", 80),
    }
    for service in ("api", "site"):
        ((peer, _),) = two_web.rules("ingress", f"{service}_tasks").values()
        assert peer == "${aws_security_group.load_balancer.id}"


def test_the_output_has_one_url_for_both(two_web: Stack) -> None:
    assert two_web.content["output"]["alb_url"]["value"] == "https://${aws_lb.main.dns_name}"
    assert two_web.content["output"]["service_names"]["value"] == {
        "api": "${aws_ecs_service.api.name}",
        "site": "${aws_ecs_service.site.name}",
    }


def test_text_with_quotes_dollars_and_backslashes_is_escaped_in_hcl(specs: Path, tmp_path: Path) -> None:
    loaded = load(Selection(file=specs / "two-web.yaml", env="prod"))

    (stack,) = synthesize(loaded, tmp_path / "out", format="hcl")

    text = (stack.path / "service_site.tf").read_text("utf-8")
    assert r'value = "say \"hi\" to $${USER} at 100%%{off}, C:\\temp, naïve"' in text
