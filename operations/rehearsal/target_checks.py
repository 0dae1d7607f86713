"""Compares target groups, listeners and listener rules with the project file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from operations.rehearsal.check import Check
from operations.rehearsal.deployed import Deployed, first

if TYPE_CHECKING:
    from stacks.project.targets import Target, TcpTarget


def target_group_checks(account: Deployed, target: Target) -> Iterator[Check]:
    """A target group of the application load balancer, and the listener rules that forward to it."""
    subject = f"service `{target.service}`"
    if target.further:
        subject = f"port {target.port} of {subject}"
    elb, routing, health = account.aws("elbv2"), target.routing, target.check
    group = elb.describe_target_groups(Names=[target.name(account.names)])["TargetGroups"][0]
    yield Check(subject, "port of the target group", target.port, group["Port"])
    checked = str(target.checked_port or "traffic-port")
    yield Check(subject, "health check port", checked, group.get("HealthCheckPort"))
    yield Check(subject, "health check path", health.path, group.get("HealthCheckPath"))
    codes = group.get("Matcher", {})
    yield Check(subject, "health check matcher", target.matcher, codes.get("HttpCode") or codes.get("GrpcCode"))
    timing = (group.get("HealthCheckIntervalSeconds"), group.get("HealthCheckTimeoutSeconds"))
    yield Check(subject, "health check interval and timeout", (health.interval, health.timeout), timing)
    rules = list(_rules(account, group["TargetGroupArn"]))
    yield Check(subject, "hosts of the listener rules", set(routing.hosts), condition_values(rules, "host-header"))
    paths = set() if routing.hosts and routing.paths == ("/*",) else set(routing.paths)
    yield Check(subject, "paths of the listener rules", paths, condition_values(rules, "path-pattern"))
    if auth := target.config.http.auth:
        first = f"authenticate-{'cognito' if auth.cognito else 'oidc'}"
        types = {rule["Actions"][0]["Type"] for rule in rules}
        yield Check(subject, "first action of the listener rules", {first}, types)
    if routing.priority:
        priorities = {rule["Priority"] for rule in rules}
        yield Check(subject, "priority of the listener rules", {str(routing.priority)}, priorities)


def tcp_checks(account: Deployed, target: TcpTarget) -> Iterator[Check]:
    """A target group of the network load balancer, and its listener."""
    subject, elb = f"service `{target.service}`", account.aws("elbv2")
    group = elb.describe_target_groups(Names=[target.name(account.names)])["TargetGroups"][0]
    yield Check(subject, "port and protocol of the target group", (target.port, "TCP"), _served(group))
    health = "HTTP" if target.checks_http else "TCP"
    yield Check(subject, "protocol of the health check", health, group.get("HealthCheckProtocol"))
    checked = str(target.checked_port or "traffic-port")
    yield Check(subject, "health check port", checked, group.get("HealthCheckPort"))
    attributes = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    kept = next((each["Value"] for each in attributes if each["Key"] == "preserve_client_ip.enabled"), None)
    yield Check(subject, "client addresses preserved", "true", kept)
    balancer = elb.describe_load_balancers(Names=[account.names.network_load_balancer])["LoadBalancers"][0]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    arn = group["TargetGroupArn"]
    own = [each for each in listeners if any(action.get("TargetGroupArn") == arn for action in each["DefaultActions"])]
    expected = (target.listener, "TLS" if target.tls else "TCP")
    yield Check(subject, "port and protocol of the listener", expected, _served(first(own)))


def _rules(account: Deployed, target_group: str) -> Iterator[dict[str, Any]]:
    """The listener rules that forward to a target group."""
    elb = account.aws("elbv2")
    if account.project.load_balancer.listener_arn:
        for rule in elb.describe_rules(ListenerArn=account.project.load_balancer.listener_arn)["Rules"]:
            if any(action.get("TargetGroupArn") == target_group for action in rule["Actions"]):
                yield rule
        return
    for balancer in elb.describe_load_balancers(Names=[account.names.load_balancer])["LoadBalancers"]:
        for listener in elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
            for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
                if any(action.get("TargetGroupArn") == target_group for action in rule["Actions"]):
                    yield rule


def condition_values(rules: list[dict[str, Any]], field: str) -> set[str]:
    """The values of all conditions of the listener rules on `field`, such as `host-header`."""
    return {
        value
        for rule in rules
        for condition in rule["Conditions"]
        if condition["Field"] == field
        for value in condition.get("Values")
        or condition.get("PathPatternConfig", condition.get("HostHeaderConfig", {})).get("Values", [])
    }


def _served(each: Mapping[str, Any]) -> tuple[Any, Any]:
    return each.get("Port"), each.get("Protocol")
